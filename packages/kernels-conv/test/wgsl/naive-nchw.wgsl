// conv/naive
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32, chunk: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<f32>;
fn load_x(i: u32) -> f32 { return x[i]; }
@group(0) @binding(1) var<storage, read> w: array<f32>;
fn load_w(i: u32) -> f32 { return w[i]; }
@group(0) @binding(2) var<storage, read> bias: array<f32>;
fn load_bias(i: u32) -> f32 { return bias[i]; }
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
fn store_y(i: u32, v: f32) { y[i] = v; }

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
fn activation(x: f32) -> f32 { return select(x, f32(0.0), bitcast<u32>(x) - u32(0x80000000u) <= u32(0x7f800000u)); }
fn bias_at(channel: u32) -> f32 { return f32(load_bias(channel)); }
fn finish(sum: f32, at: u32, channel: u32, bias_here: f32) -> f32 {
  return activation(sum + bias_here);
}

fn element(i: u32) -> f32 {
  let pixels = p.yd * p.yh * p.yw;
  let channels = p.groups * p.co;
  let channel = i / pixels % channels; let pixel = i % pixels; let image = i / (channels * pixels);
  var sum = 0.0;
  let start = corner(pixel);
  
  {  for (var kh = 0u; kh < 3u; kh++) {  for (var kv = 0u; kv < 3u; kv++) { 
    let tap = (0u * 3u + kh) * 3u + kv;
    let offset = vec3u(0u, kh * 1u, kv * 1u);
    let at = under(start, offset);
    if (inside(at)) {
      let first = x_at(image, channel / p.co, at);
      let filter_at = tap * 1u + channel / p.co * ((p.ci * 9u) * p.co) + channel % p.co * (p.ci * 9u);
      for (var k = 0u; k < 0x40000000u; k++) {
        if (k >= p.ci) { break; }
        sum = fma(load_x(first + k * (p.xd * p.xh * p.xw)), f32(load_w(filter_at + k * (9u))), sum);
      }
    }
  } } }
  return finish(sum, i, channel, bias_at(channel));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * 64u + thread;
  let count = p.batch * p.groups * p.co * p.yd * p.yh * p.yw;
  if (i < count) { store_y(i, element(i)); }
}
