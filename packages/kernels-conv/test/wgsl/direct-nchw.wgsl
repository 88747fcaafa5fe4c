// conv/direct
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32, chunk: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<f32>;
fn load_x(i: u32) -> f32 { return x[i]; }
@group(0) @binding(1) var<storage, read> w: array<f32>;
fn load_w(i: u32) -> f32 { return w[i]; }
@group(0) @binding(2) var<storage, read> bias: array<f32>;
fn load_bias(i: u32) -> f32 { return bias[i]; }
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;
fn store_y(i: u32, v: vec4<f32>) { y[i] = v; }

const ROWS = 64u; // output channels of a workgroup
const COLUMNS = 8u; // fours of pixels
fn x_at(image: u32, group: u32, at: vec3u) -> u32 {
  return (image * (p.groups * p.ci) + group * p.ci) * (p.xd * p.xh * p.xw) + ((at.x * p.xh + at.y) * p.xw + at.z);
}
fn y_at(image: u32, channel: u32, pixel: u32) -> u32 {
  return (image * (p.groups * p.co) + channel) * (p.yd * p.yh * p.yw) + pixel;
}
fn inside(at: vec3u) -> bool { return all(at < vec3u(p.xd, p.xh, p.xw)); }
fn corner(pixel: u32) -> vec3u {
  let place = vec3u(pixel / (p.yh * p.yw), pixel / p.yw % p.yh, pixel % p.yw);
  return place * vec3u(1u, 1u, 1u) - vec3u(p.pd, p.ph, p.pw);
}
fn under(corner: vec3u, offset: vec3u) -> vec3u {
  return corner + offset;
}

fn activation(x: vec4<f32>) -> vec4<f32> { return select(x, vec4<f32>(0.0), bitcast<vec4<u32>>(x) - vec4<u32>(0x80000000u) <= vec4<u32>(0x7f800000u)); }
fn bias_at(channel: u32) -> vec4<f32> { return vec4<f32>(load_bias(channel)); }
fn finish(sum: vec4<f32>, at: u32, channel: u32, bias_here: vec4<f32>) -> vec4<f32> {
  return activation(sum + bias_here);
}
fn put(image: u32, channel: u32, pixel: u32, last: u32, sum: vec4f, bias_here: vec4f) {
  let at = y_at(image, channel, pixel);
  let v = finish(sum, at, channel, bias_here);
  store_y(at >> 2u, v);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) thread: vec3u) {
  let index = wid.y * groups.x + wid.x;
  let in_row = (p.yw + 3u) / 4u;
  let count = p.yd * p.yh * in_row;
  let across = (count + COLUMNS - 1u) / COLUMNS;
  let down = (p.co + ROWS - 1u) / ROWS;
  let rest = index / (across * down);
  let group = rest % p.groups;
  let image = rest / p.groups;
  if (image >= p.batch) { return; }
  let row = index / across % down * ROWS + thread.y * 8u;
  let col = index % across * COLUMNS + thread.x * 1u;
  // Where the windows of this thread's pixels begin, and the filters that it loads.
  
  let four0 = min(col + 0u, count - 1u);
  
  let corner0 = corner(four0 / in_row * p.yw + four0 % in_row * 4u);
  let wr0 = group * ((p.ci * 9u) * p.co) + min(row + 0u, p.co - 1u) * (p.ci * 9u);
  let wr1 = group * ((p.ci * 9u) * p.co) + min(row + 1u, p.co - 1u) * (p.ci * 9u);
  let wr2 = group * ((p.ci * 9u) * p.co) + min(row + 2u, p.co - 1u) * (p.ci * 9u);
  let wr3 = group * ((p.ci * 9u) * p.co) + min(row + 3u, p.co - 1u) * (p.ci * 9u);
  let wr4 = group * ((p.ci * 9u) * p.co) + min(row + 4u, p.co - 1u) * (p.ci * 9u);
  let wr5 = group * ((p.ci * 9u) * p.co) + min(row + 5u, p.co - 1u) * (p.ci * 9u);
  let wr6 = group * ((p.ci * 9u) * p.co) + min(row + 6u, p.co - 1u) * (p.ci * 9u);
  let wr7 = group * ((p.ci * 9u) * p.co) + min(row + 7u, p.co - 1u) * (p.ci * 9u);
  
  var c0_0 = vec4f();
    var c1_0 = vec4f();
    var c2_0 = vec4f();
    var c3_0 = vec4f();
    var c4_0 = vec4f();
    var c5_0 = vec4f();
    var c6_0 = vec4f();
    var c7_0 = vec4f();
  {  for (var kh = 0u; kh < 3u; kh++) {  { 
    let tap = (0u * 3u + kh) * 1u + 0u;
    let offset = vec3u(0u, kh * 1u, 0u);
  let at0_0 = under(corner0, offset + vec3u(0u, 0u, 0u)); let at0_1 = under(corner0, offset + vec3u(0u, 0u, 1u)); let at0_2 = under(corner0, offset + vec3u(0u, 0u, 2u)); let at0_3 = under(corner0, offset + vec3u(0u, 0u, 3u)); let at0_4 = under(corner0, offset + vec3u(0u, 0u, 4u)); let at0_5 = under(corner0, offset + vec3u(0u, 0u, 5u));
  let in0_0 = inside(at0_0); let in0_1 = inside(at0_1); let in0_2 = inside(at0_2); let in0_3 = inside(at0_3); let in0_4 = inside(at0_4); let in0_5 = inside(at0_5);
  let xs0_0 = select(0u, x_at(image, group, at0_0), in0_0); let xs0_1 = select(0u, x_at(image, group, at0_1), in0_1); let xs0_2 = select(0u, x_at(image, group, at0_2), in0_2); let xs0_3 = select(0u, x_at(image, group, at0_3), in0_3); let xs0_4 = select(0u, x_at(image, group, at0_4), in0_4); let xs0_5 = select(0u, x_at(image, group, at0_5), in0_5);
  let wb0 = wr0 + tap * 3u * 1u;
  let wb1 = wr1 + tap * 3u * 1u;
  let wb2 = wr2 + tap * 3u * 1u;
  let wb3 = wr3 + tap * 3u * 1u;
  let wb4 = wr4 + tap * 3u * 1u;
  let wb5 = wr5 + tap * 3u * 1u;
  let wb6 = wr6 + tap * 3u * 1u;
  let wb7 = wr7 + tap * 3u * 1u;
  
  for (var k = 0u; k < 0x40000000u; k++) {
    if (k >= p.ci) { break; }
    let e0_0 = select(0.0, load_x(xs0_0 + k * (p.xd * p.xh * p.xw)), in0_0); let e0_1 = select(0.0, load_x(xs0_1 + k * (p.xd * p.xh * p.xw)), in0_1); let e0_2 = select(0.0, load_x(xs0_2 + k * (p.xd * p.xh * p.xw)), in0_2); let e0_3 = select(0.0, load_x(xs0_3 + k * (p.xd * p.xh * p.xw)), in0_3); let e0_4 = select(0.0, load_x(xs0_4 + k * (p.xd * p.xh * p.xw)), in0_4); let e0_5 = select(0.0, load_x(xs0_5 + k * (p.xd * p.xh * p.xw)), in0_5);
    let a0_0 = vec3f(f32(load_w(wb0 + k * (9u) + 0u * 1u)), f32(load_w(wb0 + k * (9u) + 1u * 1u)), f32(load_w(wb0 + k * (9u) + 2u * 1u)));
    let a1_0 = vec3f(f32(load_w(wb1 + k * (9u) + 0u * 1u)), f32(load_w(wb1 + k * (9u) + 1u * 1u)), f32(load_w(wb1 + k * (9u) + 2u * 1u)));
    let a2_0 = vec3f(f32(load_w(wb2 + k * (9u) + 0u * 1u)), f32(load_w(wb2 + k * (9u) + 1u * 1u)), f32(load_w(wb2 + k * (9u) + 2u * 1u)));
    let a3_0 = vec3f(f32(load_w(wb3 + k * (9u) + 0u * 1u)), f32(load_w(wb3 + k * (9u) + 1u * 1u)), f32(load_w(wb3 + k * (9u) + 2u * 1u)));
    let a4_0 = vec3f(f32(load_w(wb4 + k * (9u) + 0u * 1u)), f32(load_w(wb4 + k * (9u) + 1u * 1u)), f32(load_w(wb4 + k * (9u) + 2u * 1u)));
    let a5_0 = vec3f(f32(load_w(wb5 + k * (9u) + 0u * 1u)), f32(load_w(wb5 + k * (9u) + 1u * 1u)), f32(load_w(wb5 + k * (9u) + 2u * 1u)));
    let a6_0 = vec3f(f32(load_w(wb6 + k * (9u) + 0u * 1u)), f32(load_w(wb6 + k * (9u) + 1u * 1u)), f32(load_w(wb6 + k * (9u) + 2u * 1u)));
    let a7_0 = vec3f(f32(load_w(wb7 + k * (9u) + 0u * 1u)), f32(load_w(wb7 + k * (9u) + 1u * 1u)), f32(load_w(wb7 + k * (9u) + 2u * 1u)));
    
    let b0_0 = mat3x4f(vec4f(e0_0, e0_1, e0_2, e0_3), vec4f(e0_1, e0_2, e0_3, e0_4), vec4f(e0_2, e0_3, e0_4, e0_5));
    c0_0 += b0_0 * a0_0;
    c1_0 += b0_0 * a1_0;
    c2_0 += b0_0 * a2_0;
    c3_0 += b0_0 * a3_0;
    c4_0 += b0_0 * a4_0;
    c5_0 += b0_0 * a5_0;
    c6_0 += b0_0 * a6_0;
    c7_0 += b0_0 * a7_0;
  }
  
  } } }
  if (row >= p.co || col >= count) { return; }
  // What lies past the last filter, or the last four, is the last again, stored over it, and a filter's bias is loaded once: CPU drivers compile
  // branches, and every load and store, slowly.
  let pixel0 = four0 / in_row * p.yw + four0 % in_row * 4u;
  let last0 = p.yw - 1u - four0 % in_row * 4u;
  let channel0 = group * p.co + min(row + 0u, p.co - 1u); let bias0 = bias_at(channel0);
  put(image, channel0, pixel0, last0, c0_0, bias0);
  let channel1 = group * p.co + min(row + 1u, p.co - 1u); let bias1 = bias_at(channel1);
  put(image, channel1, pixel0, last0, c1_0, bias1);
  let channel2 = group * p.co + min(row + 2u, p.co - 1u); let bias2 = bias_at(channel2);
  put(image, channel2, pixel0, last0, c2_0, bias2);
  let channel3 = group * p.co + min(row + 3u, p.co - 1u); let bias3 = bias_at(channel3);
  put(image, channel3, pixel0, last0, c3_0, bias3);
  let channel4 = group * p.co + min(row + 4u, p.co - 1u); let bias4 = bias_at(channel4);
  put(image, channel4, pixel0, last0, c4_0, bias4);
  let channel5 = group * p.co + min(row + 5u, p.co - 1u); let bias5 = bias_at(channel5);
  put(image, channel5, pixel0, last0, c5_0, bias5);
  let channel6 = group * p.co + min(row + 6u, p.co - 1u); let bias6 = bias_at(channel6);
  put(image, channel6, pixel0, last0, c6_0, bias6);
  let channel7 = group * p.co + min(row + 7u, p.co - 1u); let bias7 = bias_at(channel7);
  put(image, channel7, pixel0, last0, c7_0, bias7);
}
