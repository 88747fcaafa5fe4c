// conv/narrow
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32, chunk: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
fn load_x(i: u32) -> vec4<f32> { return x[i]; }
@group(0) @binding(1) var<storage, read> w: array<f32>;
fn load_w(i: u32) -> f32 { return w[i]; }
@group(0) @binding(2) var<storage, read> bias: array<f32>;
fn load_bias(i: u32) -> f32 { return bias[i]; }
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
fn store_y(i: u32, v: f32) { y[i] = v; }

const PIXELS = 8u;
const COLUMNS = 4u;
fn x_at(image: u32, group: u32, at: vec3u) -> u32 {
  return (image * p.xd * p.xh * p.xw + ((at.x * p.xh + at.y) * p.xw + at.z)) * (p.groups * p.ci) + group * p.ci;
}
fn y_at(image: u32, channel: u32, pixel: u32) -> u32 {
  return (image * (p.yd * p.yh * p.yw) + pixel) * (p.groups * p.co) + channel;
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
fn bias_at(channel: u32) -> vec4<f32> { return vec4f(load_bias(min(channel + 0u, p.groups * p.co - 1u)), load_bias(min(channel + 1u, p.groups * p.co - 1u)), load_bias(min(channel + 2u, p.groups * p.co - 1u)), load_bias(min(channel + 3u, p.groups * p.co - 1u))); }
fn finish(sum: vec4<f32>, at: u32, channel: u32, bias_here: vec4<f32>) -> vec4<f32> {
  return activation(sum + bias_here);
}
fn put(pixel: u32, group: u32, col: u32, sum: vec4f, bias_here: vec4f) {
  let channel = group * p.co + col;
  let at = pixel * p.groups * p.co + channel;
  let v = finish(sum, at, channel, bias_here);
  let last_here = p.co - 1u - col;
  let v0 = v.x;
  store_y(at, v0);
  let v1 = select(v0, v[1], last_here >= 1u); store_y(at + min(1u, last_here), v1);
  let v2 = select(v1, v[2], last_here >= 2u); store_y(at + min(2u, last_here), v2);
  let v3 = select(v2, v[3], last_here >= 3u); store_y(at + min(3u, last_here), v3);
}

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = wid.y * groups.x + wid.x;
  let in_row = (p.yw + PIXELS - 1u) / PIXELS;
  let count = p.batch * p.yd * p.yh * in_row;
  let down = (count + 31u) / 32u;
  let across = (p.co + COLUMNS - 1u) / COLUMNS;
  let group = index / (down * across);
  if (group >= p.groups) { return; }
  let col = index / down % across * COLUMNS;
  let mine = index % down * 32u + thread;
  
  // Threads past the last run do it again, and store nothing.
  let here = min(mine, count - 1u);
  let line = here / in_row;
  let v = (here - line * in_row) * PIXELS;
  let image = line / (p.yd * p.yh);
  let start = corner((line - image * p.yd * p.yh) * p.yw + v);
  var s0_0 = vec4f();
    var s1_0 = vec4f();
    var s2_0 = vec4f();
    var s3_0 = vec4f();
    var s4_0 = vec4f();
    var s5_0 = vec4f();
    var s6_0 = vec4f();
    var s7_0 = vec4f();
  let blocks = p.ci / 4u;
  {  for (var kh = 0u; kh < 3u; kh++) {  { 
    let tap = (0u * 3u + kh) * 1u + 0u;
    let offset = vec3u(0u, kh * 1u, 0u);
  let at = under(start, offset);
  let known = at.x < p.xd && at.y < p.xh;
  let row = x_at(image, group, vec3u(select(vec2u(), at.xy, known), 0u));
  let in0 = known && at.z + 0u < p.xw; let xs0 = (row + select(0u, at.z + 0u, in0) * p.groups * p.ci) >> 2u;
  let in1 = known && at.z + 1u < p.xw; let xs1 = (row + select(0u, at.z + 1u, in1) * p.groups * p.ci) >> 2u;
  let in2 = known && at.z + 2u < p.xw; let xs2 = (row + select(0u, at.z + 2u, in2) * p.groups * p.ci) >> 2u;
  let in3 = known && at.z + 3u < p.xw; let xs3 = (row + select(0u, at.z + 3u, in3) * p.groups * p.ci) >> 2u;
  let in4 = known && at.z + 4u < p.xw; let xs4 = (row + select(0u, at.z + 4u, in4) * p.groups * p.ci) >> 2u;
  let in5 = known && at.z + 5u < p.xw; let xs5 = (row + select(0u, at.z + 5u, in5) * p.groups * p.ci) >> 2u;
  let in6 = known && at.z + 6u < p.xw; let xs6 = (row + select(0u, at.z + 6u, in6) * p.groups * p.ci) >> 2u;
  let in7 = known && at.z + 7u < p.xw; let xs7 = (row + select(0u, at.z + 7u, in7) * p.groups * p.ci) >> 2u;
  let in8 = known && at.z + 8u < p.xw; let xs8 = (row + select(0u, at.z + 8u, in8) * p.groups * p.ci) >> 2u;
  let in9 = known && at.z + 9u < p.xw; let xs9 = (row + select(0u, at.z + 9u, in9) * p.groups * p.ci) >> 2u;
  let wb = group * (1u * p.co) + tap * 3u * (p.ci * (p.groups * p.co));
  for (var k = 0u; k < 0x40000000u; k++) {
    if (k >= blocks) { break; }
    
    let e0 = select(vec4f(), load_x(xs0 + k), in0); let e1 = select(vec4f(), load_x(xs1 + k), in1); let e2 = select(vec4f(), load_x(xs2 + k), in2); let e3 = select(vec4f(), load_x(xs3 + k), in3); let e4 = select(vec4f(), load_x(xs4 + k), in4); let e5 = select(vec4f(), load_x(xs5 + k), in5); let e6 = select(vec4f(), load_x(xs6 + k), in6); let e7 = select(vec4f(), load_x(xs7 + k), in7); let e8 = select(vec4f(), load_x(xs8 + k), in8); let e9 = select(vec4f(), load_x(xs9 + k), in9);
    let b0_0 = mat4x4f(vec4f(load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 0u) * ((p.groups * p.co)) + min(col + 0u, p.co - 1u) * 1u), load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 0u) * ((p.groups * p.co)) + min(col + 1u, p.co - 1u) * 1u), load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 0u) * ((p.groups * p.co)) + min(col + 2u, p.co - 1u) * 1u), load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 0u) * ((p.groups * p.co)) + min(col + 3u, p.co - 1u) * 1u)), vec4f(load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 1u) * ((p.groups * p.co)) + min(col + 0u, p.co - 1u) * 1u), load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 1u) * ((p.groups * p.co)) + min(col + 1u, p.co - 1u) * 1u), load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 1u) * ((p.groups * p.co)) + min(col + 2u, p.co - 1u) * 1u), load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 1u) * ((p.groups * p.co)) + min(col + 3u, p.co - 1u) * 1u)), vec4f(load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 2u) * ((p.groups * p.co)) + min(col + 0u, p.co - 1u) * 1u), load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 2u) * ((p.groups * p.co)) + min(col + 1u, p.co - 1u) * 1u), load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 2u) * ((p.groups * p.co)) + min(col + 2u, p.co - 1u) * 1u), load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 2u) * ((p.groups * p.co)) + min(col + 3u, p.co - 1u) * 1u)), vec4f(load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 3u) * ((p.groups * p.co)) + min(col + 0u, p.co - 1u) * 1u), load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 3u) * ((p.groups * p.co)) + min(col + 1u, p.co - 1u) * 1u), load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 3u) * ((p.groups * p.co)) + min(col + 2u, p.co - 1u) * 1u), load_w(wb + 0u * (p.ci * (p.groups * p.co)) + (4u * k + 3u) * ((p.groups * p.co)) + min(col + 3u, p.co - 1u) * 1u)));
    s0_0 += b0_0 * e0;
    s1_0 += b0_0 * e1;
    s2_0 += b0_0 * e2;
    s3_0 += b0_0 * e3;
    s4_0 += b0_0 * e4;
    s5_0 += b0_0 * e5;
    s6_0 += b0_0 * e6;
    s7_0 += b0_0 * e7;
    let b1_0 = mat4x4f(vec4f(load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 0u) * ((p.groups * p.co)) + min(col + 0u, p.co - 1u) * 1u), load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 0u) * ((p.groups * p.co)) + min(col + 1u, p.co - 1u) * 1u), load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 0u) * ((p.groups * p.co)) + min(col + 2u, p.co - 1u) * 1u), load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 0u) * ((p.groups * p.co)) + min(col + 3u, p.co - 1u) * 1u)), vec4f(load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 1u) * ((p.groups * p.co)) + min(col + 0u, p.co - 1u) * 1u), load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 1u) * ((p.groups * p.co)) + min(col + 1u, p.co - 1u) * 1u), load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 1u) * ((p.groups * p.co)) + min(col + 2u, p.co - 1u) * 1u), load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 1u) * ((p.groups * p.co)) + min(col + 3u, p.co - 1u) * 1u)), vec4f(load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 2u) * ((p.groups * p.co)) + min(col + 0u, p.co - 1u) * 1u), load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 2u) * ((p.groups * p.co)) + min(col + 1u, p.co - 1u) * 1u), load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 2u) * ((p.groups * p.co)) + min(col + 2u, p.co - 1u) * 1u), load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 2u) * ((p.groups * p.co)) + min(col + 3u, p.co - 1u) * 1u)), vec4f(load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 3u) * ((p.groups * p.co)) + min(col + 0u, p.co - 1u) * 1u), load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 3u) * ((p.groups * p.co)) + min(col + 1u, p.co - 1u) * 1u), load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 3u) * ((p.groups * p.co)) + min(col + 2u, p.co - 1u) * 1u), load_w(wb + 1u * (p.ci * (p.groups * p.co)) + (4u * k + 3u) * ((p.groups * p.co)) + min(col + 3u, p.co - 1u) * 1u)));
    s0_0 += b1_0 * e1;
    s1_0 += b1_0 * e2;
    s2_0 += b1_0 * e3;
    s3_0 += b1_0 * e4;
    s4_0 += b1_0 * e5;
    s5_0 += b1_0 * e6;
    s6_0 += b1_0 * e7;
    s7_0 += b1_0 * e8;
    let b2_0 = mat4x4f(vec4f(load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 0u) * ((p.groups * p.co)) + min(col + 0u, p.co - 1u) * 1u), load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 0u) * ((p.groups * p.co)) + min(col + 1u, p.co - 1u) * 1u), load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 0u) * ((p.groups * p.co)) + min(col + 2u, p.co - 1u) * 1u), load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 0u) * ((p.groups * p.co)) + min(col + 3u, p.co - 1u) * 1u)), vec4f(load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 1u) * ((p.groups * p.co)) + min(col + 0u, p.co - 1u) * 1u), load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 1u) * ((p.groups * p.co)) + min(col + 1u, p.co - 1u) * 1u), load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 1u) * ((p.groups * p.co)) + min(col + 2u, p.co - 1u) * 1u), load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 1u) * ((p.groups * p.co)) + min(col + 3u, p.co - 1u) * 1u)), vec4f(load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 2u) * ((p.groups * p.co)) + min(col + 0u, p.co - 1u) * 1u), load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 2u) * ((p.groups * p.co)) + min(col + 1u, p.co - 1u) * 1u), load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 2u) * ((p.groups * p.co)) + min(col + 2u, p.co - 1u) * 1u), load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 2u) * ((p.groups * p.co)) + min(col + 3u, p.co - 1u) * 1u)), vec4f(load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 3u) * ((p.groups * p.co)) + min(col + 0u, p.co - 1u) * 1u), load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 3u) * ((p.groups * p.co)) + min(col + 1u, p.co - 1u) * 1u), load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 3u) * ((p.groups * p.co)) + min(col + 2u, p.co - 1u) * 1u), load_w(wb + 2u * (p.ci * (p.groups * p.co)) + (4u * k + 3u) * ((p.groups * p.co)) + min(col + 3u, p.co - 1u) * 1u)));
    s0_0 += b2_0 * e2;
    s1_0 += b2_0 * e3;
    s2_0 += b2_0 * e4;
    s3_0 += b2_0 * e5;
    s4_0 += b2_0 * e6;
    s5_0 += b2_0 * e7;
    s6_0 += b2_0 * e8;
    s7_0 += b2_0 * e9;
  }
  
  } } }
  if (mine >= count) { return; }
  // What lies past the row's last pixel is that again, stored over it: CPU drivers compile branches slowly.
  let first = line * p.yw + v;
  let last = p.yw - 1u - v;
  let has_v1 = 1u <= last; s1_0 = select(s0_0, s1_0, has_v1);
  let has_v2 = 2u <= last; s2_0 = select(s1_0, s2_0, has_v2);
  let has_v3 = 3u <= last; s3_0 = select(s2_0, s3_0, has_v3);
  let has_v4 = 4u <= last; s4_0 = select(s3_0, s4_0, has_v4);
  let has_v5 = 5u <= last; s5_0 = select(s4_0, s5_0, has_v5);
  let has_v6 = 6u <= last; s6_0 = select(s5_0, s6_0, has_v6);
  let has_v7 = 7u <= last; s7_0 = select(s6_0, s7_0, has_v7);
  if (col + 0u < p.co) {
  let bias0 = bias_at(group * p.co + col + 0u);
  put(first + min(0u, last), group, col + 0u, s0_0, bias0);
  put(first + min(1u, last), group, col + 0u, s1_0, bias0);
  put(first + min(2u, last), group, col + 0u, s2_0, bias0);
  put(first + min(3u, last), group, col + 0u, s3_0, bias0);
  put(first + min(4u, last), group, col + 0u, s4_0, bias0);
  put(first + min(5u, last), group, col + 0u, s5_0, bias0);
  put(first + min(6u, last), group, col + 0u, s6_0, bias0);
  put(first + min(7u, last), group, col + 0u, s7_0, bias0);
  }
}
