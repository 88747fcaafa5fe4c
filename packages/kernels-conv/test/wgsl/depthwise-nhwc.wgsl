// conv/depthwise
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32, chunk: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
fn load_x(i: u32) -> vec4<f32> { return x[i]; }
@group(0) @binding(1) var<storage, read> w: array<vec4<f32>>;
fn load_w(i: u32) -> vec4<f32> { return w[i]; }
@group(0) @binding(2) var<storage, read> bias: array<vec4<f32>>;
fn load_bias(i: u32) -> vec4<f32> { return bias[i]; }
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;
fn store_y(i: u32, v: vec4<f32>) { y[i] = v; }

fn activation(x: vec4<f32>) -> vec4<f32> { return select(x, vec4<f32>(0.0), bitcast<vec4<u32>>(x) - vec4<u32>(0x80000000u) <= vec4<u32>(0x7f800000u)); }
fn bias_at(channel: u32) -> vec4<f32> { return load_bias((channel) >> 2u); }
fn finish(sum: vec4<f32>, at: u32, channel: u32, bias_here: vec4<f32>) -> vec4<f32> {
  return activation(sum + bias_here);
}

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * 32u + thread;
  let units = p.groups / 4u;
  let across = (p.yw + 0u) / 1u;
  // Strips are as long as each other.
  let down = (p.yh + 3u) / 4u;
  let long = (p.yh + down - 1u) / down;
  let places = u32((f32(i32(index)) + 0.5) / f32(i32(units))); let unit = index - places * units;
  let lines = u32((f32(i32(places)) + 0.5) / f32(i32(across))); let column = places - lines * across;
  let box = u32((f32(i32(lines)) + 0.5) / f32(i32(down))); let line = lines - box * down;
  
  if (box >= p.batch) { return; }
  
  let v = column * 1u;
  let first = line * long;
  let end = min(first + long, p.yh);
  let channel = 4u * unit;
  let bias_here = bias_at(channel);
  
  let left = v * 1u - p.pw;
  let in0 = left + 0u < p.xw; let c0 = (select(0u, left + 0u, in0)) * units;
  let in1 = left + 1u < p.xw; let c1 = (select(0u, left + 1u, in1)) * units;
  let in2 = left + 2u < p.xw; let c2 = (select(0u, left + 2u, in2)) * units;
  let w0 = vec4f(vec4f(load_w((((0u) * (p.ci * (p.groups * p.co))) >> 2u) + unit)));
  let w1 = vec4f(vec4f(load_w((((1u) * (p.ci * (p.groups * p.co))) >> 2u) + unit)));
  let w2 = vec4f(vec4f(load_w((((2u) * (p.ci * (p.groups * p.co))) >> 2u) + unit)));
  let w3 = vec4f(vec4f(load_w((((3u) * (p.ci * (p.groups * p.co))) >> 2u) + unit)));
  let w4 = vec4f(vec4f(load_w((((4u) * (p.ci * (p.groups * p.co))) >> 2u) + unit)));
  let w5 = vec4f(vec4f(load_w((((5u) * (p.ci * (p.groups * p.co))) >> 2u) + unit)));
  let w6 = vec4f(vec4f(load_w((((6u) * (p.ci * (p.groups * p.co))) >> 2u) + unit)));
  let w7 = vec4f(vec4f(load_w((((7u) * (p.ci * (p.groups * p.co))) >> 2u) + unit)));
  let w8 = vec4f(vec4f(load_w((((8u) * (p.ci * (p.groups * p.co))) >> 2u) + unit)));
  var s0_0 = vec4f();
  var s1_0 = vec4f();
  var s2_0 = vec4f();
  for (var t = 0u; t < 6u; t++) {
    let h = first + t;
    if (h >= end + 2u) { break; }
    let top = h * 1u - p.ph;
    {
    
    
    {
      let y = top + 0u;
      let in_y = y < p.xh;
      let line = (box * p.xh + select(0u, y, in_y)) * p.xw * units + unit;
      let e0 = select(vec4f(), load_x(line + c0), in_y && in0); let e1 = select(vec4f(), load_x(line + c1), in_y && in1); let e2 = select(vec4f(), load_x(line + c2), in_y && in2);
      s0_0 = fma(e0, w0, s0_0); s0_0 = fma(e1, w1, s0_0); s0_0 = fma(e2, w2, s0_0);
      s1_0 = fma(e0, w3, s1_0); s1_0 = fma(e1, w4, s1_0); s1_0 = fma(e2, w5, s1_0);
      s2_0 = fma(e0, w6, s2_0); s2_0 = fma(e1, w7, s2_0); s2_0 = fma(e2, w8, s2_0);
    }
    }
    if (t >= 2u) {
      let start = (box * p.yh + h - 2u) * p.yw;
      { let at = (start + v + 0u) * units + unit; store_y(at, finish(s2_0, 4u * at, channel, bias_here)); }
    }
    s2_0 = s1_0;
    s1_0 = s0_0;
    s0_0 = vec4f();
  }
}
