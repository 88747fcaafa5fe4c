// conv/winograd
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> w: array<f32>;
fn load_w(i: u32) -> f32 { return w[i]; }
@group(0) @binding(1) var<storage, read_write> filters: array<f32>;
fn load_filters(i: u32) -> f32 { return filters[i]; }
fn store_filters(i: u32, v: f32) { filters[i] = v; }
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * 64u + thread;
  let tall = (p.yh + 3u) / 4u;
  let wide = (p.yw + 3u) / 4u;
  let tiles = p.batch * tall * wide;
  let ci4 = (p.ci + 3u) / 4u;
  let co4 = (p.co + 3u) / 4u;
  let items = 16u * ci4 * co4;
  if (index >= items) { return; }
  let c = index / (4u * co4);
  let at = min(index % (4u * co4), p.co - 1u) * (p.ci * 9u) + min(c, p.ci - 1u) * (9u);
  let g0_0 = select(0.0, load_w(at + 0u * 1u), c < p.ci); let g0_1 = select(0.0, load_w(at + 1u * 1u), c < p.ci); let g0_2 = select(0.0, load_w(at + 2u * 1u), c < p.ci);
  let g1_0 = select(0.0, load_w(at + 3u * 1u), c < p.ci); let g1_1 = select(0.0, load_w(at + 4u * 1u), c < p.ci); let g1_2 = select(0.0, load_w(at + 5u * 1u), c < p.ci);
  let g2_0 = select(0.0, load_w(at + 6u * 1u), c < p.ci); let g2_1 = select(0.0, load_w(at + 7u * 1u), c < p.ci); let g2_2 = select(0.0, load_w(at + 8u * 1u), c < p.ci);
  let h0_0 = 0.25 * g0_0;
  let h0_1 = 0.25 * g0_1;
  let h0_2 = 0.25 * g0_2;
  let h1_0 = -0.16666666666666666 * g0_0 - 0.16666666666666666 * g1_0 - 0.16666666666666666 * g2_0;
  let h1_1 = -0.16666666666666666 * g0_1 - 0.16666666666666666 * g1_1 - 0.16666666666666666 * g2_1;
  let h1_2 = -0.16666666666666666 * g0_2 - 0.16666666666666666 * g1_2 - 0.16666666666666666 * g2_2;
  let h2_0 = -0.16666666666666666 * g0_0 + 0.16666666666666666 * g1_0 - 0.16666666666666666 * g2_0;
  let h2_1 = -0.16666666666666666 * g0_1 + 0.16666666666666666 * g1_1 - 0.16666666666666666 * g2_1;
  let h2_2 = -0.16666666666666666 * g0_2 + 0.16666666666666666 * g1_2 - 0.16666666666666666 * g2_2;
  let h3_0 = 0.041666666666666664 * g0_0 + 0.08333333333333333 * g1_0 + 0.16666666666666666 * g2_0;
  let h3_1 = 0.041666666666666664 * g0_1 + 0.08333333333333333 * g1_1 + 0.16666666666666666 * g2_1;
  let h3_2 = 0.041666666666666664 * g0_2 + 0.08333333333333333 * g1_2 + 0.16666666666666666 * g2_2;
  let h4_0 = 0.041666666666666664 * g0_0 - 0.08333333333333333 * g1_0 + 0.16666666666666666 * g2_0;
  let h4_1 = 0.041666666666666664 * g0_1 - 0.08333333333333333 * g1_1 + 0.16666666666666666 * g2_1;
  let h4_2 = 0.041666666666666664 * g0_2 - 0.08333333333333333 * g1_2 + 0.16666666666666666 * g2_2;
  let h5_0 = g2_0;
  let h5_1 = g2_1;
  let h5_2 = g2_2;
  let u0_0 = 0.25 * h0_0;
  let u0_1 = -0.16666666666666666 * h0_0 - 0.16666666666666666 * h0_1 - 0.16666666666666666 * h0_2;
  let u0_2 = -0.16666666666666666 * h0_0 + 0.16666666666666666 * h0_1 - 0.16666666666666666 * h0_2;
  let u0_3 = 0.041666666666666664 * h0_0 + 0.08333333333333333 * h0_1 + 0.16666666666666666 * h0_2;
  let u0_4 = 0.041666666666666664 * h0_0 - 0.08333333333333333 * h0_1 + 0.16666666666666666 * h0_2;
  let u0_5 = h0_2;
  let u1_0 = 0.25 * h1_0;
  let u1_1 = -0.16666666666666666 * h1_0 - 0.16666666666666666 * h1_1 - 0.16666666666666666 * h1_2;
  let u1_2 = -0.16666666666666666 * h1_0 + 0.16666666666666666 * h1_1 - 0.16666666666666666 * h1_2;
  let u1_3 = 0.041666666666666664 * h1_0 + 0.08333333333333333 * h1_1 + 0.16666666666666666 * h1_2;
  let u1_4 = 0.041666666666666664 * h1_0 - 0.08333333333333333 * h1_1 + 0.16666666666666666 * h1_2;
  let u1_5 = h1_2;
  let u2_0 = 0.25 * h2_0;
  let u2_1 = -0.16666666666666666 * h2_0 - 0.16666666666666666 * h2_1 - 0.16666666666666666 * h2_2;
  let u2_2 = -0.16666666666666666 * h2_0 + 0.16666666666666666 * h2_1 - 0.16666666666666666 * h2_2;
  let u2_3 = 0.041666666666666664 * h2_0 + 0.08333333333333333 * h2_1 + 0.16666666666666666 * h2_2;
  let u2_4 = 0.041666666666666664 * h2_0 - 0.08333333333333333 * h2_1 + 0.16666666666666666 * h2_2;
  let u2_5 = h2_2;
  let u3_0 = 0.25 * h3_0;
  let u3_1 = -0.16666666666666666 * h3_0 - 0.16666666666666666 * h3_1 - 0.16666666666666666 * h3_2;
  let u3_2 = -0.16666666666666666 * h3_0 + 0.16666666666666666 * h3_1 - 0.16666666666666666 * h3_2;
  let u3_3 = 0.041666666666666664 * h3_0 + 0.08333333333333333 * h3_1 + 0.16666666666666666 * h3_2;
  let u3_4 = 0.041666666666666664 * h3_0 - 0.08333333333333333 * h3_1 + 0.16666666666666666 * h3_2;
  let u3_5 = h3_2;
  let u4_0 = 0.25 * h4_0;
  let u4_1 = -0.16666666666666666 * h4_0 - 0.16666666666666666 * h4_1 - 0.16666666666666666 * h4_2;
  let u4_2 = -0.16666666666666666 * h4_0 + 0.16666666666666666 * h4_1 - 0.16666666666666666 * h4_2;
  let u4_3 = 0.041666666666666664 * h4_0 + 0.08333333333333333 * h4_1 + 0.16666666666666666 * h4_2;
  let u4_4 = 0.041666666666666664 * h4_0 - 0.08333333333333333 * h4_1 + 0.16666666666666666 * h4_2;
  let u4_5 = h4_2;
  let u5_0 = 0.25 * h5_0;
  let u5_1 = -0.16666666666666666 * h5_0 - 0.16666666666666666 * h5_1 - 0.16666666666666666 * h5_2;
  let u5_2 = -0.16666666666666666 * h5_0 + 0.16666666666666666 * h5_1 - 0.16666666666666666 * h5_2;
  let u5_3 = 0.041666666666666664 * h5_0 + 0.08333333333333333 * h5_1 + 0.16666666666666666 * h5_2;
  let u5_4 = 0.041666666666666664 * h5_0 - 0.08333333333333333 * h5_1 + 0.16666666666666666 * h5_2;
  let u5_5 = h5_2;
  store_filters(0u * items + index, u0_0); store_filters(1u * items + index, u0_1); store_filters(2u * items + index, u0_2); store_filters(3u * items + index, u0_3); store_filters(4u * items + index, u0_4); store_filters(5u * items + index, u0_5);
  store_filters(6u * items + index, u1_0); store_filters(7u * items + index, u1_1); store_filters(8u * items + index, u1_2); store_filters(9u * items + index, u1_3); store_filters(10u * items + index, u1_4); store_filters(11u * items + index, u1_5);
  store_filters(12u * items + index, u2_0); store_filters(13u * items + index, u2_1); store_filters(14u * items + index, u2_2); store_filters(15u * items + index, u2_3); store_filters(16u * items + index, u2_4); store_filters(17u * items + index, u2_5);
  store_filters(18u * items + index, u3_0); store_filters(19u * items + index, u3_1); store_filters(20u * items + index, u3_2); store_filters(21u * items + index, u3_3); store_filters(22u * items + index, u3_4); store_filters(23u * items + index, u3_5);
  store_filters(24u * items + index, u4_0); store_filters(25u * items + index, u4_1); store_filters(26u * items + index, u4_2); store_filters(27u * items + index, u4_3); store_filters(28u * items + index, u4_4); store_filters(29u * items + index, u4_5);
  store_filters(30u * items + index, u5_0); store_filters(31u * items + index, u5_1); store_filters(32u * items + index, u5_2); store_filters(33u * items + index, u5_3); store_filters(34u * items + index, u5_4); store_filters(35u * items + index, u5_5);
}

// conv/winograd
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<f32>;
fn load_x(i: u32) -> f32 { return x[i]; }
@group(0) @binding(1) var<storage, read_write> inputs: array<f32>;
fn load_inputs(i: u32) -> f32 { return inputs[i]; }
fn store_inputs(i: u32, v: f32) { inputs[i] = v; }
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * 64u + thread;
  let tall = (p.yh + 3u) / 4u;
  let wide = (p.yw + 3u) / 4u;
  let tiles = p.batch * tall * wide;
  let ci4 = (p.ci + 3u) / 4u;
  let co4 = (p.co + 3u) / 4u;
  let items = 4u * tiles * ci4;
  if (index >= items) { return; }
  let tile = index / (4u * ci4);
  let c = min(index - tile * 4u * ci4, p.ci - 1u);
  let image = tile / (tall * wide);
  let y = tile / wide % tall * 4u - p.ph;
  let x0 = tile % wide * 4u - p.pw;
  let plane = (image * p.ci + c) * p.xh * p.xw;
  let in_y0 = y + 0u < p.xh; let line0 = plane + select(0u, y + 0u, in_y0) * p.xw;
  let in_y1 = y + 1u < p.xh; let line1 = plane + select(0u, y + 1u, in_y1) * p.xw;
  let in_y2 = y + 2u < p.xh; let line2 = plane + select(0u, y + 2u, in_y2) * p.xw;
  let in_y3 = y + 3u < p.xh; let line3 = plane + select(0u, y + 3u, in_y3) * p.xw;
  let in_y4 = y + 4u < p.xh; let line4 = plane + select(0u, y + 4u, in_y4) * p.xw;
  let in_y5 = y + 5u < p.xh; let line5 = plane + select(0u, y + 5u, in_y5) * p.xw;
  let in_x0 = x0 + 0u < p.xw; let col0 = select(0u, x0 + 0u, in_x0);
  let in_x1 = x0 + 1u < p.xw; let col1 = select(0u, x0 + 1u, in_x1);
  let in_x2 = x0 + 2u < p.xw; let col2 = select(0u, x0 + 2u, in_x2);
  let in_x3 = x0 + 3u < p.xw; let col3 = select(0u, x0 + 3u, in_x3);
  let in_x4 = x0 + 4u < p.xw; let col4 = select(0u, x0 + 4u, in_x4);
  let in_x5 = x0 + 5u < p.xw; let col5 = select(0u, x0 + 5u, in_x5);
  let d0_0 = select(0.0, load_x(line0 + col0), in_y0 && in_x0); let d0_1 = select(0.0, load_x(line0 + col1), in_y0 && in_x1); let d0_2 = select(0.0, load_x(line0 + col2), in_y0 && in_x2); let d0_3 = select(0.0, load_x(line0 + col3), in_y0 && in_x3); let d0_4 = select(0.0, load_x(line0 + col4), in_y0 && in_x4); let d0_5 = select(0.0, load_x(line0 + col5), in_y0 && in_x5);
  let d1_0 = select(0.0, load_x(line1 + col0), in_y1 && in_x0); let d1_1 = select(0.0, load_x(line1 + col1), in_y1 && in_x1); let d1_2 = select(0.0, load_x(line1 + col2), in_y1 && in_x2); let d1_3 = select(0.0, load_x(line1 + col3), in_y1 && in_x3); let d1_4 = select(0.0, load_x(line1 + col4), in_y1 && in_x4); let d1_5 = select(0.0, load_x(line1 + col5), in_y1 && in_x5);
  let d2_0 = select(0.0, load_x(line2 + col0), in_y2 && in_x0); let d2_1 = select(0.0, load_x(line2 + col1), in_y2 && in_x1); let d2_2 = select(0.0, load_x(line2 + col2), in_y2 && in_x2); let d2_3 = select(0.0, load_x(line2 + col3), in_y2 && in_x3); let d2_4 = select(0.0, load_x(line2 + col4), in_y2 && in_x4); let d2_5 = select(0.0, load_x(line2 + col5), in_y2 && in_x5);
  let d3_0 = select(0.0, load_x(line3 + col0), in_y3 && in_x0); let d3_1 = select(0.0, load_x(line3 + col1), in_y3 && in_x1); let d3_2 = select(0.0, load_x(line3 + col2), in_y3 && in_x2); let d3_3 = select(0.0, load_x(line3 + col3), in_y3 && in_x3); let d3_4 = select(0.0, load_x(line3 + col4), in_y3 && in_x4); let d3_5 = select(0.0, load_x(line3 + col5), in_y3 && in_x5);
  let d4_0 = select(0.0, load_x(line4 + col0), in_y4 && in_x0); let d4_1 = select(0.0, load_x(line4 + col1), in_y4 && in_x1); let d4_2 = select(0.0, load_x(line4 + col2), in_y4 && in_x2); let d4_3 = select(0.0, load_x(line4 + col3), in_y4 && in_x3); let d4_4 = select(0.0, load_x(line4 + col4), in_y4 && in_x4); let d4_5 = select(0.0, load_x(line4 + col5), in_y4 && in_x5);
  let d5_0 = select(0.0, load_x(line5 + col0), in_y5 && in_x0); let d5_1 = select(0.0, load_x(line5 + col1), in_y5 && in_x1); let d5_2 = select(0.0, load_x(line5 + col2), in_y5 && in_x2); let d5_3 = select(0.0, load_x(line5 + col3), in_y5 && in_x3); let d5_4 = select(0.0, load_x(line5 + col4), in_y5 && in_x4); let d5_5 = select(0.0, load_x(line5 + col5), in_y5 && in_x5);
  let h0_0 = 4.0 * d0_0 - 5.0 * d2_0 + d4_0;
  let h0_1 = 4.0 * d0_1 - 5.0 * d2_1 + d4_1;
  let h0_2 = 4.0 * d0_2 - 5.0 * d2_2 + d4_2;
  let h0_3 = 4.0 * d0_3 - 5.0 * d2_3 + d4_3;
  let h0_4 = 4.0 * d0_4 - 5.0 * d2_4 + d4_4;
  let h0_5 = 4.0 * d0_5 - 5.0 * d2_5 + d4_5;
  let h1_0 = -4.0 * d1_0 - 4.0 * d2_0 + d3_0 + d4_0;
  let h1_1 = -4.0 * d1_1 - 4.0 * d2_1 + d3_1 + d4_1;
  let h1_2 = -4.0 * d1_2 - 4.0 * d2_2 + d3_2 + d4_2;
  let h1_3 = -4.0 * d1_3 - 4.0 * d2_3 + d3_3 + d4_3;
  let h1_4 = -4.0 * d1_4 - 4.0 * d2_4 + d3_4 + d4_4;
  let h1_5 = -4.0 * d1_5 - 4.0 * d2_5 + d3_5 + d4_5;
  let h2_0 = 4.0 * d1_0 - 4.0 * d2_0 - d3_0 + d4_0;
  let h2_1 = 4.0 * d1_1 - 4.0 * d2_1 - d3_1 + d4_1;
  let h2_2 = 4.0 * d1_2 - 4.0 * d2_2 - d3_2 + d4_2;
  let h2_3 = 4.0 * d1_3 - 4.0 * d2_3 - d3_3 + d4_3;
  let h2_4 = 4.0 * d1_4 - 4.0 * d2_4 - d3_4 + d4_4;
  let h2_5 = 4.0 * d1_5 - 4.0 * d2_5 - d3_5 + d4_5;
  let h3_0 = -2.0 * d1_0 - d2_0 + 2.0 * d3_0 + d4_0;
  let h3_1 = -2.0 * d1_1 - d2_1 + 2.0 * d3_1 + d4_1;
  let h3_2 = -2.0 * d1_2 - d2_2 + 2.0 * d3_2 + d4_2;
  let h3_3 = -2.0 * d1_3 - d2_3 + 2.0 * d3_3 + d4_3;
  let h3_4 = -2.0 * d1_4 - d2_4 + 2.0 * d3_4 + d4_4;
  let h3_5 = -2.0 * d1_5 - d2_5 + 2.0 * d3_5 + d4_5;
  let h4_0 = 2.0 * d1_0 - d2_0 - 2.0 * d3_0 + d4_0;
  let h4_1 = 2.0 * d1_1 - d2_1 - 2.0 * d3_1 + d4_1;
  let h4_2 = 2.0 * d1_2 - d2_2 - 2.0 * d3_2 + d4_2;
  let h4_3 = 2.0 * d1_3 - d2_3 - 2.0 * d3_3 + d4_3;
  let h4_4 = 2.0 * d1_4 - d2_4 - 2.0 * d3_4 + d4_4;
  let h4_5 = 2.0 * d1_5 - d2_5 - 2.0 * d3_5 + d4_5;
  let h5_0 = 4.0 * d1_0 - 5.0 * d3_0 + d5_0;
  let h5_1 = 4.0 * d1_1 - 5.0 * d3_1 + d5_1;
  let h5_2 = 4.0 * d1_2 - 5.0 * d3_2 + d5_2;
  let h5_3 = 4.0 * d1_3 - 5.0 * d3_3 + d5_3;
  let h5_4 = 4.0 * d1_4 - 5.0 * d3_4 + d5_4;
  let h5_5 = 4.0 * d1_5 - 5.0 * d3_5 + d5_5;
  let v0_0 = 4.0 * h0_0 - 5.0 * h0_2 + h0_4;
  let v0_1 = -4.0 * h0_1 - 4.0 * h0_2 + h0_3 + h0_4;
  let v0_2 = 4.0 * h0_1 - 4.0 * h0_2 - h0_3 + h0_4;
  let v0_3 = -2.0 * h0_1 - h0_2 + 2.0 * h0_3 + h0_4;
  let v0_4 = 2.0 * h0_1 - h0_2 - 2.0 * h0_3 + h0_4;
  let v0_5 = 4.0 * h0_1 - 5.0 * h0_3 + h0_5;
  let v1_0 = 4.0 * h1_0 - 5.0 * h1_2 + h1_4;
  let v1_1 = -4.0 * h1_1 - 4.0 * h1_2 + h1_3 + h1_4;
  let v1_2 = 4.0 * h1_1 - 4.0 * h1_2 - h1_3 + h1_4;
  let v1_3 = -2.0 * h1_1 - h1_2 + 2.0 * h1_3 + h1_4;
  let v1_4 = 2.0 * h1_1 - h1_2 - 2.0 * h1_3 + h1_4;
  let v1_5 = 4.0 * h1_1 - 5.0 * h1_3 + h1_5;
  let v2_0 = 4.0 * h2_0 - 5.0 * h2_2 + h2_4;
  let v2_1 = -4.0 * h2_1 - 4.0 * h2_2 + h2_3 + h2_4;
  let v2_2 = 4.0 * h2_1 - 4.0 * h2_2 - h2_3 + h2_4;
  let v2_3 = -2.0 * h2_1 - h2_2 + 2.0 * h2_3 + h2_4;
  let v2_4 = 2.0 * h2_1 - h2_2 - 2.0 * h2_3 + h2_4;
  let v2_5 = 4.0 * h2_1 - 5.0 * h2_3 + h2_5;
  let v3_0 = 4.0 * h3_0 - 5.0 * h3_2 + h3_4;
  let v3_1 = -4.0 * h3_1 - 4.0 * h3_2 + h3_3 + h3_4;
  let v3_2 = 4.0 * h3_1 - 4.0 * h3_2 - h3_3 + h3_4;
  let v3_3 = -2.0 * h3_1 - h3_2 + 2.0 * h3_3 + h3_4;
  let v3_4 = 2.0 * h3_1 - h3_2 - 2.0 * h3_3 + h3_4;
  let v3_5 = 4.0 * h3_1 - 5.0 * h3_3 + h3_5;
  let v4_0 = 4.0 * h4_0 - 5.0 * h4_2 + h4_4;
  let v4_1 = -4.0 * h4_1 - 4.0 * h4_2 + h4_3 + h4_4;
  let v4_2 = 4.0 * h4_1 - 4.0 * h4_2 - h4_3 + h4_4;
  let v4_3 = -2.0 * h4_1 - h4_2 + 2.0 * h4_3 + h4_4;
  let v4_4 = 2.0 * h4_1 - h4_2 - 2.0 * h4_3 + h4_4;
  let v4_5 = 4.0 * h4_1 - 5.0 * h4_3 + h4_5;
  let v5_0 = 4.0 * h5_0 - 5.0 * h5_2 + h5_4;
  let v5_1 = -4.0 * h5_1 - 4.0 * h5_2 + h5_3 + h5_4;
  let v5_2 = 4.0 * h5_1 - 4.0 * h5_2 - h5_3 + h5_4;
  let v5_3 = -2.0 * h5_1 - h5_2 + 2.0 * h5_3 + h5_4;
  let v5_4 = 2.0 * h5_1 - h5_2 - 2.0 * h5_3 + h5_4;
  let v5_5 = 4.0 * h5_1 - 5.0 * h5_3 + h5_5;
  store_inputs(0u * items + index, v0_0); store_inputs(1u * items + index, v0_1); store_inputs(2u * items + index, v0_2); store_inputs(3u * items + index, v0_3); store_inputs(4u * items + index, v0_4); store_inputs(5u * items + index, v0_5);
  store_inputs(6u * items + index, v1_0); store_inputs(7u * items + index, v1_1); store_inputs(8u * items + index, v1_2); store_inputs(9u * items + index, v1_3); store_inputs(10u * items + index, v1_4); store_inputs(11u * items + index, v1_5);
  store_inputs(12u * items + index, v2_0); store_inputs(13u * items + index, v2_1); store_inputs(14u * items + index, v2_2); store_inputs(15u * items + index, v2_3); store_inputs(16u * items + index, v2_4); store_inputs(17u * items + index, v2_5);
  store_inputs(18u * items + index, v3_0); store_inputs(19u * items + index, v3_1); store_inputs(20u * items + index, v3_2); store_inputs(21u * items + index, v3_3); store_inputs(22u * items + index, v3_4); store_inputs(23u * items + index, v3_5);
  store_inputs(24u * items + index, v4_0); store_inputs(25u * items + index, v4_1); store_inputs(26u * items + index, v4_2); store_inputs(27u * items + index, v4_3); store_inputs(28u * items + index, v4_4); store_inputs(29u * items + index, v4_5);
  store_inputs(30u * items + index, v5_0); store_inputs(31u * items + index, v5_1); store_inputs(32u * items + index, v5_2); store_inputs(33u * items + index, v5_3); store_inputs(34u * items + index, v5_4); store_inputs(35u * items + index, v5_5);
}

// conv/winograd
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read_write> filters: array<vec4<f32>>;
fn load_filters(i: u32) -> vec4<f32> { return filters[i]; }
fn store_filters(i: u32, v: vec4<f32>) { filters[i] = v; }
@group(0) @binding(1) var<storage, read_write> inputs: array<vec4<f32>>;
fn load_inputs(i: u32) -> vec4<f32> { return inputs[i]; }
fn store_inputs(i: u32, v: vec4<f32>) { inputs[i] = v; }
@group(0) @binding(2) var<storage, read_write> products: array<vec4<f32>>;
fn load_products(i: u32) -> vec4<f32> { return products[i]; }
fn store_products(i: u32, v: vec4<f32>) { products[i] = v; }
@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) thread: vec3u) {
  let index = wid.y * groups.x + wid.x;
  let tall = (p.yh + 3u) / 4u;
  let wide = (p.yw + 3u) / 4u;
  let tiles = p.batch * tall * wide;
  let ci4 = (p.ci + 3u) / 4u;
  let co4 = (p.co + 3u) / 4u;
  let across = (co4 + 7u) / 8u;
  let down = (tiles + 63u) / 64u;
  let point = index / (across * down);
  if (point >= 36u) { return; }
  let row = index / across % down * 64u + thread.y * 8u;
  let col = index % across * 8u + thread.x * 1u;
  
  let a_at0 = (point * tiles + min(row + 0u, tiles - 1u)) * ci4;
  let a_at1 = (point * tiles + min(row + 1u, tiles - 1u)) * ci4;
  let a_at2 = (point * tiles + min(row + 2u, tiles - 1u)) * ci4;
  let a_at3 = (point * tiles + min(row + 3u, tiles - 1u)) * ci4;
  let a_at4 = (point * tiles + min(row + 4u, tiles - 1u)) * ci4;
  let a_at5 = (point * tiles + min(row + 5u, tiles - 1u)) * ci4;
  let a_at6 = (point * tiles + min(row + 6u, tiles - 1u)) * ci4;
  let a_at7 = (point * tiles + min(row + 7u, tiles - 1u)) * ci4;
  let b_at0 = point * 4u * ci4 * co4 + min(col + 0u, co4 - 1u);
  var c0_0 = vec4f();
    var c1_0 = vec4f();
    var c2_0 = vec4f();
    var c3_0 = vec4f();
    var c4_0 = vec4f();
    var c5_0 = vec4f();
    var c6_0 = vec4f();
    var c7_0 = vec4f();
  for (var k = 0u; k < 0x40000000u; k++) {
    if (k >= ci4) { break; }
    
    let a0 = load_inputs(a_at0 + k); let a1 = load_inputs(a_at1 + k); let a2 = load_inputs(a_at2 + k); let a3 = load_inputs(a_at3 + k); let a4 = load_inputs(a_at4 + k); let a5 = load_inputs(a_at5 + k); let a6 = load_inputs(a_at6 + k); let a7 = load_inputs(a_at7 + k);
    let b0 = mat4x4f(load_filters(b_at0 + (4u * k + 0u) * co4), load_filters(b_at0 + (4u * k + 1u) * co4), load_filters(b_at0 + (4u * k + 2u) * co4), load_filters(b_at0 + (4u * k + 3u) * co4));
    c0_0 += b0 * a0;
    c1_0 += b0 * a1;
    c2_0 += b0 * a2;
    c3_0 += b0 * a3;
    c4_0 += b0 * a4;
    c5_0 += b0 * a5;
    c6_0 += b0 * a6;
    c7_0 += b0 * a7;
  }
  if (row >= tiles || col >= co4) { return; }
  // Rows past the last are it again, stored over it.
  if (col + 0u < co4) {
  store_products((point * tiles + min(row + 0u, tiles - 1u)) * co4 + col + 0u, c0_0);
  store_products((point * tiles + min(row + 1u, tiles - 1u)) * co4 + col + 0u, c1_0);
  store_products((point * tiles + min(row + 2u, tiles - 1u)) * co4 + col + 0u, c2_0);
  store_products((point * tiles + min(row + 3u, tiles - 1u)) * co4 + col + 0u, c3_0);
  store_products((point * tiles + min(row + 4u, tiles - 1u)) * co4 + col + 0u, c4_0);
  store_products((point * tiles + min(row + 5u, tiles - 1u)) * co4 + col + 0u, c5_0);
  store_products((point * tiles + min(row + 6u, tiles - 1u)) * co4 + col + 0u, c6_0);
  store_products((point * tiles + min(row + 7u, tiles - 1u)) * co4 + col + 0u, c7_0);
  }
}

// conv/winograd
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> bias: array<f32>;
fn load_bias(i: u32) -> f32 { return bias[i]; }
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
fn store_y(i: u32, v: f32) { y[i] = v; }
@group(0) @binding(2) var<storage, read_write> products: array<f32>;
fn load_products(i: u32) -> f32 { return products[i]; }
fn store_products(i: u32, v: f32) { products[i] = v; }
fn activation(x: f32) -> f32 { return select(x, f32(0.0), bitcast<u32>(x) - u32(0x80000000u) <= u32(0x7f800000u)); }
fn bias_at(channel: u32) -> f32 { return f32(load_bias(channel)); }
fn finish(sum: f32, at: u32, channel: u32, bias_here: f32) -> f32 {
  return activation(sum + bias_here);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * 64u + thread;
  let tall = (p.yh + 3u) / 4u;
  let wide = (p.yw + 3u) / 4u;
  let tiles = p.batch * tall * wide;
  let ci4 = (p.ci + 3u) / 4u;
  let co4 = (p.co + 3u) / 4u;
  let items = 4u * tiles * co4;
  if (index >= items) { return; }
  let tile = index / (4u * co4);
  let channel = index - tile * 4u * co4;
  if (channel >= p.co) { return; }
  let image = tile / (tall * wide);
  let y = tile / wide % tall * 4u;
  let x0 = tile % wide * 4u;
  let plane = (image * p.co + channel) * p.yh * p.yw;
  let bias_here = bias_at(channel);
  let m0_0 = load_products(0u * items + index); let m0_1 = load_products(1u * items + index); let m0_2 = load_products(2u * items + index); let m0_3 = load_products(3u * items + index); let m0_4 = load_products(4u * items + index); let m0_5 = load_products(5u * items + index);
  let m1_0 = load_products(6u * items + index); let m1_1 = load_products(7u * items + index); let m1_2 = load_products(8u * items + index); let m1_3 = load_products(9u * items + index); let m1_4 = load_products(10u * items + index); let m1_5 = load_products(11u * items + index);
  let m2_0 = load_products(12u * items + index); let m2_1 = load_products(13u * items + index); let m2_2 = load_products(14u * items + index); let m2_3 = load_products(15u * items + index); let m2_4 = load_products(16u * items + index); let m2_5 = load_products(17u * items + index);
  let m3_0 = load_products(18u * items + index); let m3_1 = load_products(19u * items + index); let m3_2 = load_products(20u * items + index); let m3_3 = load_products(21u * items + index); let m3_4 = load_products(22u * items + index); let m3_5 = load_products(23u * items + index);
  let m4_0 = load_products(24u * items + index); let m4_1 = load_products(25u * items + index); let m4_2 = load_products(26u * items + index); let m4_3 = load_products(27u * items + index); let m4_4 = load_products(28u * items + index); let m4_5 = load_products(29u * items + index);
  let m5_0 = load_products(30u * items + index); let m5_1 = load_products(31u * items + index); let m5_2 = load_products(32u * items + index); let m5_3 = load_products(33u * items + index); let m5_4 = load_products(34u * items + index); let m5_5 = load_products(35u * items + index);
  let h0_0 = m0_0 + m1_0 + m2_0 + m3_0 + m4_0;
  let h0_1 = m0_1 + m1_1 + m2_1 + m3_1 + m4_1;
  let h0_2 = m0_2 + m1_2 + m2_2 + m3_2 + m4_2;
  let h0_3 = m0_3 + m1_3 + m2_3 + m3_3 + m4_3;
  let h0_4 = m0_4 + m1_4 + m2_4 + m3_4 + m4_4;
  let h0_5 = m0_5 + m1_5 + m2_5 + m3_5 + m4_5;
  let h1_0 = m1_0 - m2_0 + 2.0 * m3_0 - 2.0 * m4_0;
  let h1_1 = m1_1 - m2_1 + 2.0 * m3_1 - 2.0 * m4_1;
  let h1_2 = m1_2 - m2_2 + 2.0 * m3_2 - 2.0 * m4_2;
  let h1_3 = m1_3 - m2_3 + 2.0 * m3_3 - 2.0 * m4_3;
  let h1_4 = m1_4 - m2_4 + 2.0 * m3_4 - 2.0 * m4_4;
  let h1_5 = m1_5 - m2_5 + 2.0 * m3_5 - 2.0 * m4_5;
  let h2_0 = m1_0 + m2_0 + 4.0 * m3_0 + 4.0 * m4_0;
  let h2_1 = m1_1 + m2_1 + 4.0 * m3_1 + 4.0 * m4_1;
  let h2_2 = m1_2 + m2_2 + 4.0 * m3_2 + 4.0 * m4_2;
  let h2_3 = m1_3 + m2_3 + 4.0 * m3_3 + 4.0 * m4_3;
  let h2_4 = m1_4 + m2_4 + 4.0 * m3_4 + 4.0 * m4_4;
  let h2_5 = m1_5 + m2_5 + 4.0 * m3_5 + 4.0 * m4_5;
  let h3_0 = m1_0 - m2_0 + 8.0 * m3_0 - 8.0 * m4_0 + m5_0;
  let h3_1 = m1_1 - m2_1 + 8.0 * m3_1 - 8.0 * m4_1 + m5_1;
  let h3_2 = m1_2 - m2_2 + 8.0 * m3_2 - 8.0 * m4_2 + m5_2;
  let h3_3 = m1_3 - m2_3 + 8.0 * m3_3 - 8.0 * m4_3 + m5_3;
  let h3_4 = m1_4 - m2_4 + 8.0 * m3_4 - 8.0 * m4_4 + m5_4;
  let h3_5 = m1_5 - m2_5 + 8.0 * m3_5 - 8.0 * m4_5 + m5_5;
  let y0_0 = h0_0 + h0_1 + h0_2 + h0_3 + h0_4;
  let y0_1 = h0_1 - h0_2 + 2.0 * h0_3 - 2.0 * h0_4;
  let y0_2 = h0_1 + h0_2 + 4.0 * h0_3 + 4.0 * h0_4;
  let y0_3 = h0_1 - h0_2 + 8.0 * h0_3 - 8.0 * h0_4 + h0_5;
  let y1_0 = h1_0 + h1_1 + h1_2 + h1_3 + h1_4;
  let y1_1 = h1_1 - h1_2 + 2.0 * h1_3 - 2.0 * h1_4;
  let y1_2 = h1_1 + h1_2 + 4.0 * h1_3 + 4.0 * h1_4;
  let y1_3 = h1_1 - h1_2 + 8.0 * h1_3 - 8.0 * h1_4 + h1_5;
  let y2_0 = h2_0 + h2_1 + h2_2 + h2_3 + h2_4;
  let y2_1 = h2_1 - h2_2 + 2.0 * h2_3 - 2.0 * h2_4;
  let y2_2 = h2_1 + h2_2 + 4.0 * h2_3 + 4.0 * h2_4;
  let y2_3 = h2_1 - h2_2 + 8.0 * h2_3 - 8.0 * h2_4 + h2_5;
  let y3_0 = h3_0 + h3_1 + h3_2 + h3_3 + h3_4;
  let y3_1 = h3_1 - h3_2 + 2.0 * h3_3 - 2.0 * h3_4;
  let y3_2 = h3_1 + h3_2 + 4.0 * h3_3 + 4.0 * h3_4;
  let y3_3 = h3_1 - h3_2 + 8.0 * h3_3 - 8.0 * h3_4 + h3_5;
  // What lies past the last row or column is the first again, and is stored before it.
  let line0 = plane + select(y, y + 0u, y + 0u < p.yh) * p.yw;
  let line1 = plane + select(y, y + 1u, y + 1u < p.yh) * p.yw;
  let line2 = plane + select(y, y + 2u, y + 2u < p.yh) * p.yw;
  let line3 = plane + select(y, y + 3u, y + 3u < p.yh) * p.yw;
  let col0 = select(x0, x0 + 0u, x0 + 0u < p.yw);
  let col1 = select(x0, x0 + 1u, x0 + 1u < p.yw);
  let col2 = select(x0, x0 + 2u, x0 + 2u < p.yw);
  let col3 = select(x0, x0 + 3u, x0 + 3u < p.yw);
  { let at = line3 + col3; store_y(at, finish(y3_3, at, channel, bias_here)); }
  { let at = line3 + col2; store_y(at, finish(y3_2, at, channel, bias_here)); }
  { let at = line3 + col1; store_y(at, finish(y3_1, at, channel, bias_here)); }
  { let at = line3 + col0; store_y(at, finish(y3_0, at, channel, bias_here)); }
  { let at = line2 + col3; store_y(at, finish(y2_3, at, channel, bias_here)); }
  { let at = line2 + col2; store_y(at, finish(y2_2, at, channel, bias_here)); }
  { let at = line2 + col1; store_y(at, finish(y2_1, at, channel, bias_here)); }
  { let at = line2 + col0; store_y(at, finish(y2_0, at, channel, bias_here)); }
  { let at = line1 + col3; store_y(at, finish(y1_3, at, channel, bias_here)); }
  { let at = line1 + col2; store_y(at, finish(y1_2, at, channel, bias_here)); }
  { let at = line1 + col1; store_y(at, finish(y1_1, at, channel, bias_here)); }
  { let at = line1 + col0; store_y(at, finish(y1_0, at, channel, bias_here)); }
  { let at = line0 + col3; store_y(at, finish(y0_3, at, channel, bias_here)); }
  { let at = line0 + col2; store_y(at, finish(y0_2, at, channel, bias_here)); }
  { let at = line0 + col1; store_y(at, finish(y0_1, at, channel, bias_here)); }
  { let at = line0 + col0; store_y(at, finish(y0_0, at, channel, bias_here)); }
}
