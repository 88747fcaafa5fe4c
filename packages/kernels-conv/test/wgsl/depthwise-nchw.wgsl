// conv/depthwise
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<f32>;
fn load_x(i: u32) -> f32 { return x[i]; }
@group(0) @binding(1) var<storage, read> w: array<f32>;
fn load_w(i: u32) -> f32 { return w[i]; }
@group(0) @binding(2) var<storage, read> bias: array<f32>;
fn load_bias(i: u32) -> f32 { return bias[i]; }
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
fn store_y(i: u32, v: f32) { y[i] = v; }

fn activation(x: f32) -> f32 { return select(x, f32(0.0), bitcast<u32>(x) - u32(0x80000000u) <= u32(0x7f800000u)); }
fn finish(sum: f32, at: u32, channel: u32) -> f32 {
  return activation(sum + f32(load_bias(channel)));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * 64u + thread;
  let units = p.groups;
  let across = (p.yw + 6u) / 7u;
  let down = (p.yh + 1u) / 2u;
  let box = across * down * p.yd;
  let unit = index / box % units;
  let place = index % box;
  let image = index / (units * box);
  if (image >= p.batch) { return; }
  let v = place % across * 7u;
  let h = place / across % down * 2u;
  let d = place / (across * down);
  var s0_0 = f32();
  var s0_1 = f32();
  var s0_2 = f32();
  var s0_3 = f32();
  var s0_4 = f32();
  var s0_5 = f32();
  var s0_6 = f32();
  var s1_0 = f32();
  var s1_1 = f32();
  var s1_2 = f32();
  var s1_3 = f32();
  var s1_4 = f32();
  var s1_5 = f32();
  var s1_6 = f32();
  let start = vec3u(d * 1u, h * 1u, v * 1u) - vec3u(p.pd, p.ph, p.pw);
  let x0 = start.z + 0u; let in0 = x0 < p.xw;
  let x1 = start.z + 1u; let in1 = x1 < p.xw;
  let x2 = start.z + 2u; let in2 = x2 < p.xw;
  let x3 = start.z + 3u; let in3 = x3 < p.xw;
  let x4 = start.z + 4u; let in4 = x4 < p.xw;
  let x5 = start.z + 5u; let in5 = x5 < p.xw;
  let x6 = start.z + 6u; let in6 = x6 < p.xw;
  let x7 = start.z + 7u; let in7 = x7 < p.xw;
  let x8 = start.z + 8u; let in8 = x8 < p.xw;
  for (var kd = 0u; kd < 1u; kd++) {
    let z = start.x + kd * 1u;
    let w0 = load_w((kd * 9u + 0u) * 1u + unit * ((p.ci * 9u) * p.co));
    let w1 = load_w((kd * 9u + 1u) * 1u + unit * ((p.ci * 9u) * p.co));
    let w2 = load_w((kd * 9u + 2u) * 1u + unit * ((p.ci * 9u) * p.co));
    let w3 = load_w((kd * 9u + 3u) * 1u + unit * ((p.ci * 9u) * p.co));
    let w4 = load_w((kd * 9u + 4u) * 1u + unit * ((p.ci * 9u) * p.co));
    let w5 = load_w((kd * 9u + 5u) * 1u + unit * ((p.ci * 9u) * p.co));
    let w6 = load_w((kd * 9u + 6u) * 1u + unit * ((p.ci * 9u) * p.co));
    let w7 = load_w((kd * 9u + 7u) * 1u + unit * ((p.ci * 9u) * p.co));
    let w8 = load_w((kd * 9u + 8u) * 1u + unit * ((p.ci * 9u) * p.co));
    {
      let y = start.y + 0u;
      let line = (((image * units + unit) * p.xd + z) * p.xh + y) * p.xw;
      let iny = z < p.xd && y < p.xh;
      let e0: f32 = select(f32(), load_x(select(0u, line + x0, iny && in0)), iny && in0);
      s0_0 = fma(e0, w0, s0_0);
      let e1: f32 = select(f32(), load_x(select(0u, line + x1, iny && in1)), iny && in1);
      s0_0 = fma(e1, w1, s0_0); s0_1 = fma(e1, w0, s0_1);
      let e2: f32 = select(f32(), load_x(select(0u, line + x2, iny && in2)), iny && in2);
      s0_0 = fma(e2, w2, s0_0); s0_1 = fma(e2, w1, s0_1); s0_2 = fma(e2, w0, s0_2);
      let e3: f32 = select(f32(), load_x(select(0u, line + x3, iny && in3)), iny && in3);
      s0_1 = fma(e3, w2, s0_1); s0_2 = fma(e3, w1, s0_2); s0_3 = fma(e3, w0, s0_3);
      let e4: f32 = select(f32(), load_x(select(0u, line + x4, iny && in4)), iny && in4);
      s0_2 = fma(e4, w2, s0_2); s0_3 = fma(e4, w1, s0_3); s0_4 = fma(e4, w0, s0_4);
      let e5: f32 = select(f32(), load_x(select(0u, line + x5, iny && in5)), iny && in5);
      s0_3 = fma(e5, w2, s0_3); s0_4 = fma(e5, w1, s0_4); s0_5 = fma(e5, w0, s0_5);
      let e6: f32 = select(f32(), load_x(select(0u, line + x6, iny && in6)), iny && in6);
      s0_4 = fma(e6, w2, s0_4); s0_5 = fma(e6, w1, s0_5); s0_6 = fma(e6, w0, s0_6);
      let e7: f32 = select(f32(), load_x(select(0u, line + x7, iny && in7)), iny && in7);
      s0_5 = fma(e7, w2, s0_5); s0_6 = fma(e7, w1, s0_6);
      let e8: f32 = select(f32(), load_x(select(0u, line + x8, iny && in8)), iny && in8);
      s0_6 = fma(e8, w2, s0_6);
    }
    {
      let y = start.y + 1u;
      let line = (((image * units + unit) * p.xd + z) * p.xh + y) * p.xw;
      let iny = z < p.xd && y < p.xh;
      let e0: f32 = select(f32(), load_x(select(0u, line + x0, iny && in0)), iny && in0);
      s0_0 = fma(e0, w3, s0_0); s1_0 = fma(e0, w0, s1_0);
      let e1: f32 = select(f32(), load_x(select(0u, line + x1, iny && in1)), iny && in1);
      s0_0 = fma(e1, w4, s0_0); s0_1 = fma(e1, w3, s0_1); s1_0 = fma(e1, w1, s1_0); s1_1 = fma(e1, w0, s1_1);
      let e2: f32 = select(f32(), load_x(select(0u, line + x2, iny && in2)), iny && in2);
      s0_0 = fma(e2, w5, s0_0); s0_1 = fma(e2, w4, s0_1); s0_2 = fma(e2, w3, s0_2); s1_0 = fma(e2, w2, s1_0); s1_1 = fma(e2, w1, s1_1); s1_2 = fma(e2, w0, s1_2);
      let e3: f32 = select(f32(), load_x(select(0u, line + x3, iny && in3)), iny && in3);
      s0_1 = fma(e3, w5, s0_1); s0_2 = fma(e3, w4, s0_2); s0_3 = fma(e3, w3, s0_3); s1_1 = fma(e3, w2, s1_1); s1_2 = fma(e3, w1, s1_2); s1_3 = fma(e3, w0, s1_3);
      let e4: f32 = select(f32(), load_x(select(0u, line + x4, iny && in4)), iny && in4);
      s0_2 = fma(e4, w5, s0_2); s0_3 = fma(e4, w4, s0_3); s0_4 = fma(e4, w3, s0_4); s1_2 = fma(e4, w2, s1_2); s1_3 = fma(e4, w1, s1_3); s1_4 = fma(e4, w0, s1_4);
      let e5: f32 = select(f32(), load_x(select(0u, line + x5, iny && in5)), iny && in5);
      s0_3 = fma(e5, w5, s0_3); s0_4 = fma(e5, w4, s0_4); s0_5 = fma(e5, w3, s0_5); s1_3 = fma(e5, w2, s1_3); s1_4 = fma(e5, w1, s1_4); s1_5 = fma(e5, w0, s1_5);
      let e6: f32 = select(f32(), load_x(select(0u, line + x6, iny && in6)), iny && in6);
      s0_4 = fma(e6, w5, s0_4); s0_5 = fma(e6, w4, s0_5); s0_6 = fma(e6, w3, s0_6); s1_4 = fma(e6, w2, s1_4); s1_5 = fma(e6, w1, s1_5); s1_6 = fma(e6, w0, s1_6);
      let e7: f32 = select(f32(), load_x(select(0u, line + x7, iny && in7)), iny && in7);
      s0_5 = fma(e7, w5, s0_5); s0_6 = fma(e7, w4, s0_6); s1_5 = fma(e7, w2, s1_5); s1_6 = fma(e7, w1, s1_6);
      let e8: f32 = select(f32(), load_x(select(0u, line + x8, iny && in8)), iny && in8);
      s0_6 = fma(e8, w5, s0_6); s1_6 = fma(e8, w2, s1_6);
    }
    {
      let y = start.y + 2u;
      let line = (((image * units + unit) * p.xd + z) * p.xh + y) * p.xw;
      let iny = z < p.xd && y < p.xh;
      let e0: f32 = select(f32(), load_x(select(0u, line + x0, iny && in0)), iny && in0);
      s0_0 = fma(e0, w6, s0_0); s1_0 = fma(e0, w3, s1_0);
      let e1: f32 = select(f32(), load_x(select(0u, line + x1, iny && in1)), iny && in1);
      s0_0 = fma(e1, w7, s0_0); s0_1 = fma(e1, w6, s0_1); s1_0 = fma(e1, w4, s1_0); s1_1 = fma(e1, w3, s1_1);
      let e2: f32 = select(f32(), load_x(select(0u, line + x2, iny && in2)), iny && in2);
      s0_0 = fma(e2, w8, s0_0); s0_1 = fma(e2, w7, s0_1); s0_2 = fma(e2, w6, s0_2); s1_0 = fma(e2, w5, s1_0); s1_1 = fma(e2, w4, s1_1); s1_2 = fma(e2, w3, s1_2);
      let e3: f32 = select(f32(), load_x(select(0u, line + x3, iny && in3)), iny && in3);
      s0_1 = fma(e3, w8, s0_1); s0_2 = fma(e3, w7, s0_2); s0_3 = fma(e3, w6, s0_3); s1_1 = fma(e3, w5, s1_1); s1_2 = fma(e3, w4, s1_2); s1_3 = fma(e3, w3, s1_3);
      let e4: f32 = select(f32(), load_x(select(0u, line + x4, iny && in4)), iny && in4);
      s0_2 = fma(e4, w8, s0_2); s0_3 = fma(e4, w7, s0_3); s0_4 = fma(e4, w6, s0_4); s1_2 = fma(e4, w5, s1_2); s1_3 = fma(e4, w4, s1_3); s1_4 = fma(e4, w3, s1_4);
      let e5: f32 = select(f32(), load_x(select(0u, line + x5, iny && in5)), iny && in5);
      s0_3 = fma(e5, w8, s0_3); s0_4 = fma(e5, w7, s0_4); s0_5 = fma(e5, w6, s0_5); s1_3 = fma(e5, w5, s1_3); s1_4 = fma(e5, w4, s1_4); s1_5 = fma(e5, w3, s1_5);
      let e6: f32 = select(f32(), load_x(select(0u, line + x6, iny && in6)), iny && in6);
      s0_4 = fma(e6, w8, s0_4); s0_5 = fma(e6, w7, s0_5); s0_6 = fma(e6, w6, s0_6); s1_4 = fma(e6, w5, s1_4); s1_5 = fma(e6, w4, s1_5); s1_6 = fma(e6, w3, s1_6);
      let e7: f32 = select(f32(), load_x(select(0u, line + x7, iny && in7)), iny && in7);
      s0_5 = fma(e7, w8, s0_5); s0_6 = fma(e7, w7, s0_6); s1_5 = fma(e7, w5, s1_5); s1_6 = fma(e7, w4, s1_6);
      let e8: f32 = select(f32(), load_x(select(0u, line + x8, iny && in8)), iny && in8);
      s0_6 = fma(e8, w8, s0_6); s1_6 = fma(e8, w5, s1_6);
    }
    {
      let y = start.y + 3u;
      let line = (((image * units + unit) * p.xd + z) * p.xh + y) * p.xw;
      let iny = z < p.xd && y < p.xh;
      let e0: f32 = select(f32(), load_x(select(0u, line + x0, iny && in0)), iny && in0);
      s1_0 = fma(e0, w6, s1_0);
      let e1: f32 = select(f32(), load_x(select(0u, line + x1, iny && in1)), iny && in1);
      s1_0 = fma(e1, w7, s1_0); s1_1 = fma(e1, w6, s1_1);
      let e2: f32 = select(f32(), load_x(select(0u, line + x2, iny && in2)), iny && in2);
      s1_0 = fma(e2, w8, s1_0); s1_1 = fma(e2, w7, s1_1); s1_2 = fma(e2, w6, s1_2);
      let e3: f32 = select(f32(), load_x(select(0u, line + x3, iny && in3)), iny && in3);
      s1_1 = fma(e3, w8, s1_1); s1_2 = fma(e3, w7, s1_2); s1_3 = fma(e3, w6, s1_3);
      let e4: f32 = select(f32(), load_x(select(0u, line + x4, iny && in4)), iny && in4);
      s1_2 = fma(e4, w8, s1_2); s1_3 = fma(e4, w7, s1_3); s1_4 = fma(e4, w6, s1_4);
      let e5: f32 = select(f32(), load_x(select(0u, line + x5, iny && in5)), iny && in5);
      s1_3 = fma(e5, w8, s1_3); s1_4 = fma(e5, w7, s1_4); s1_5 = fma(e5, w6, s1_5);
      let e6: f32 = select(f32(), load_x(select(0u, line + x6, iny && in6)), iny && in6);
      s1_4 = fma(e6, w8, s1_4); s1_5 = fma(e6, w7, s1_5); s1_6 = fma(e6, w6, s1_6);
      let e7: f32 = select(f32(), load_x(select(0u, line + x7, iny && in7)), iny && in7);
      s1_5 = fma(e7, w8, s1_5); s1_6 = fma(e7, w7, s1_6);
      let e8: f32 = select(f32(), load_x(select(0u, line + x8, iny && in8)), iny && in8);
      s1_6 = fma(e8, w8, s1_6);
    }
  }
  if (h + 0u < p.yh && v + 0u < p.yw) { let at = (image * units + unit) * (p.yd * p.yh * p.yw) + ((d * p.yh + h + 0u) * p.yw + v + 0u); store_y(at, finish(s0_0, at, unit)); }
  if (h + 0u < p.yh && v + 1u < p.yw) { let at = (image * units + unit) * (p.yd * p.yh * p.yw) + ((d * p.yh + h + 0u) * p.yw + v + 1u); store_y(at, finish(s0_1, at, unit)); }
  if (h + 0u < p.yh && v + 2u < p.yw) { let at = (image * units + unit) * (p.yd * p.yh * p.yw) + ((d * p.yh + h + 0u) * p.yw + v + 2u); store_y(at, finish(s0_2, at, unit)); }
  if (h + 0u < p.yh && v + 3u < p.yw) { let at = (image * units + unit) * (p.yd * p.yh * p.yw) + ((d * p.yh + h + 0u) * p.yw + v + 3u); store_y(at, finish(s0_3, at, unit)); }
  if (h + 0u < p.yh && v + 4u < p.yw) { let at = (image * units + unit) * (p.yd * p.yh * p.yw) + ((d * p.yh + h + 0u) * p.yw + v + 4u); store_y(at, finish(s0_4, at, unit)); }
  if (h + 0u < p.yh && v + 5u < p.yw) { let at = (image * units + unit) * (p.yd * p.yh * p.yw) + ((d * p.yh + h + 0u) * p.yw + v + 5u); store_y(at, finish(s0_5, at, unit)); }
  if (h + 0u < p.yh && v + 6u < p.yw) { let at = (image * units + unit) * (p.yd * p.yh * p.yw) + ((d * p.yh + h + 0u) * p.yw + v + 6u); store_y(at, finish(s0_6, at, unit)); }
  if (h + 1u < p.yh && v + 0u < p.yw) { let at = (image * units + unit) * (p.yd * p.yh * p.yw) + ((d * p.yh + h + 1u) * p.yw + v + 0u); store_y(at, finish(s1_0, at, unit)); }
  if (h + 1u < p.yh && v + 1u < p.yw) { let at = (image * units + unit) * (p.yd * p.yh * p.yw) + ((d * p.yh + h + 1u) * p.yw + v + 1u); store_y(at, finish(s1_1, at, unit)); }
  if (h + 1u < p.yh && v + 2u < p.yw) { let at = (image * units + unit) * (p.yd * p.yh * p.yw) + ((d * p.yh + h + 1u) * p.yw + v + 2u); store_y(at, finish(s1_2, at, unit)); }
  if (h + 1u < p.yh && v + 3u < p.yw) { let at = (image * units + unit) * (p.yd * p.yh * p.yw) + ((d * p.yh + h + 1u) * p.yw + v + 3u); store_y(at, finish(s1_3, at, unit)); }
  if (h + 1u < p.yh && v + 4u < p.yw) { let at = (image * units + unit) * (p.yd * p.yh * p.yw) + ((d * p.yh + h + 1u) * p.yw + v + 4u); store_y(at, finish(s1_4, at, unit)); }
  if (h + 1u < p.yh && v + 5u < p.yw) { let at = (image * units + unit) * (p.yd * p.yh * p.yw) + ((d * p.yh + h + 1u) * p.yw + v + 5u); store_y(at, finish(s1_5, at, unit)); }
  if (h + 1u < p.yh && v + 6u < p.yw) { let at = (image * units + unit) * (p.yd * p.yh * p.yw) + ((d * p.yh + h + 1u) * p.yw + v + 6u); store_y(at, finish(s1_6, at, unit)); }
}
