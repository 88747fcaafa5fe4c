// conv/im2col
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32, chunk: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> w: array<f32>;
fn load_w(i: u32) -> f32 { return w[i]; }
@group(0) @binding(1) var<storage, read_write> filters: array<f32>;
fn load_filters(i: u32) -> f32 { return filters[i]; }
fn store_filters(i: u32, v: f32) { filters[i] = v; }
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * 64u + thread;
  let terms = p.ci * 9u;
  let terms4 = (terms + 3u) / 4u;
  let co4 = (p.co + 3u) / 4u;
  let pixels = p.yd * p.yh * p.yw;
  let in_row = (p.yw + 3u) / 4u;
  let positions = p.batch * p.yd * p.yh * in_row;
  let most = max(262144u / (p.groups * terms4 * 4u), 4u);
  let turns = (positions + most - 1u) / most;
  let count = (positions + turns - 1u) / turns;
  if (index >= p.groups * 4u * terms4 * p.co) { return; }
  let term = index % (4u * terms4); let rest = index / (4u * terms4); let col = rest % p.co; let group = rest / p.co;
  let known = min(term, terms - 1u);
  let at = group * ((p.ci * 9u) * p.co) + min(col, p.co - 1u) * (p.ci * 9u) + known / p.ci * 1u + known % p.ci * (9u);
  store_filters(index, select(0.0, load_w(at), term < terms));
}

// conv/im2col
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32, chunk: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<f32>;
fn load_x(i: u32) -> f32 { return x[i]; }
@group(0) @binding(1) var<storage, read_write> patches: array<vec4<f32>>;
fn load_patches(i: u32) -> vec4<f32> { return patches[i]; }
fn store_patches(i: u32, v: vec4<f32>) { patches[i] = v; }
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

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * 64u + thread;
  let terms = p.ci * 9u;
  let terms4 = (terms + 3u) / 4u;
  let co4 = (p.co + 3u) / 4u;
  let pixels = p.yd * p.yh * p.yw;
  let in_row = (p.yw + 3u) / 4u;
  let positions = p.batch * p.yd * p.yh * in_row;
  let most = max(262144u / (p.groups * terms4 * 4u), 4u);
  let turns = (positions + most - 1u) / most;
  let count = (positions + turns - 1u) / turns;
  if (index >= p.groups * 9u * count) { return; }
  let mine = index % count;
  let tap = index / count % 9u;
  let group = index / (9u * count);
  let position = min(p.chunk * count + mine, positions - 1u);
  let image = position / (p.yd * p.yh * in_row);
  let inner = position % (p.yd * p.yh * in_row);
  let start = corner(inner / in_row * p.yw + inner % in_row * 4u);
  let offset = vec3u(tap / 9u * 1u, tap / 3u % 3u * 1u, tap % 3u * 1u);
  let at0 = under(start, offset + vec3u(0u, 0u, 0u));
  let at1 = under(start, offset + vec3u(0u, 0u, 1u));
  let at2 = under(start, offset + vec3u(0u, 0u, 2u));
  let at3 = under(start, offset + vec3u(0u, 0u, 3u));
  let in0 = inside(at0);
  let in1 = inside(at1);
  let in2 = inside(at2);
  let in3 = inside(at3);
  let xs0 = select(0u, x_at(image, group, at0), in0);
  let xs1 = select(0u, x_at(image, group, at1), in1);
  let xs2 = select(0u, x_at(image, group, at2), in2);
  let xs3 = select(0u, x_at(image, group, at3), in3);
  let row = group * 4u * terms4 * count + mine;
  let first = row + tap * p.ci * count;
  for (var c = 0u; c < 0x40000000u; c++) {
    if (c >= p.ci) { break; }
    store_patches(first + c * count, vec4f(select(0.0, load_x((xs0 + c * (p.xd * p.xh * p.xw))), in0), select(0.0, load_x((xs1 + c * (p.xd * p.xh * p.xw))), in1), select(0.0, load_x((xs2 + c * (p.xd * p.xh * p.xw))), in2), select(0.0, load_x((xs3 + c * (p.xd * p.xh * p.xw))), in3)));
  }
  
}

// conv/im2col
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32, chunk: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> bias: array<f32>;
fn load_bias(i: u32) -> f32 { return bias[i]; }
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
fn store_y(i: u32, v: vec4<f32>) { y[i] = v; }
@group(0) @binding(2) var<storage, read_write> filters: array<vec4<f32>>;
fn load_filters(i: u32) -> vec4<f32> { return filters[i]; }
fn store_filters(i: u32, v: vec4<f32>) { filters[i] = v; }
@group(0) @binding(3) var<storage, read_write> patches: array<vec4<f32>>;
fn load_patches(i: u32) -> vec4<f32> { return patches[i]; }
fn store_patches(i: u32, v: vec4<f32>) { patches[i] = v; }
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
  let terms = p.ci * 9u;
  let terms4 = (terms + 3u) / 4u;
  let co4 = (p.co + 3u) / 4u;
  let pixels = p.yd * p.yh * p.yw;
  let in_row = (p.yw + 3u) / 4u;
  let positions = p.batch * p.yd * p.yh * in_row;
  let most = max(262144u / (p.groups * terms4 * 4u), 4u);
  let turns = (positions + most - 1u) / most;
  let count = (positions + turns - 1u) / turns;
  let across = (count + 7u) / 8u;
  let down = (p.co + 63u) / 64u;
  let matrix = index / (across * down);
  if (matrix >= p.groups) { return; }
  let row = index / across % down * 64u + thread.y * 8u;
  let col = index % across * 8u + thread.x * 1u;
  
  let a_at0 = (matrix * p.co + min(row + 0u, p.co - 1u)) * terms4;
  let a_at1 = (matrix * p.co + min(row + 1u, p.co - 1u)) * terms4;
  let a_at2 = (matrix * p.co + min(row + 2u, p.co - 1u)) * terms4;
  let a_at3 = (matrix * p.co + min(row + 3u, p.co - 1u)) * terms4;
  let a_at4 = (matrix * p.co + min(row + 4u, p.co - 1u)) * terms4;
  let a_at5 = (matrix * p.co + min(row + 5u, p.co - 1u)) * terms4;
  let a_at6 = (matrix * p.co + min(row + 6u, p.co - 1u)) * terms4;
  let a_at7 = (matrix * p.co + min(row + 7u, p.co - 1u)) * terms4;
  let b_at0 = matrix * 4u * terms4 * count + min(col + 0u, count - 1u);
  var c0_0 = vec4f();
    var c1_0 = vec4f();
    var c2_0 = vec4f();
    var c3_0 = vec4f();
    var c4_0 = vec4f();
    var c5_0 = vec4f();
    var c6_0 = vec4f();
    var c7_0 = vec4f();
  for (var k = 0u; k < 0x40000000u; k++) {
    if (k >= terms4) { break; }
    
    let a0 = load_filters(a_at0 + k); let a1 = load_filters(a_at1 + k); let a2 = load_filters(a_at2 + k); let a3 = load_filters(a_at3 + k); let a4 = load_filters(a_at4 + k); let a5 = load_filters(a_at5 + k); let a6 = load_filters(a_at6 + k); let a7 = load_filters(a_at7 + k);
    let b0 = mat4x4f(load_patches(b_at0 + (4u * k + 0u) * count), load_patches(b_at0 + (4u * k + 1u) * count), load_patches(b_at0 + (4u * k + 2u) * count), load_patches(b_at0 + (4u * k + 3u) * count));
    c0_0 += b0 * a0;
    c1_0 += b0 * a1;
    c2_0 += b0 * a2;
    c3_0 += b0 * a3;
    c4_0 += b0 * a4;
    c5_0 += b0 * a5;
    c6_0 += b0 * a6;
    c7_0 += b0 * a7;
  }
  if (row >= p.co || col >= count) { return; }
  if (col + 0u < count) {
  let position0 = min(p.chunk * count + col + 0u, positions - 1u);
  let image0 = position0 / (p.yd * p.yh * in_row);
  let inner0 = position0 % (p.yd * p.yh * in_row);
  let pixel0 = inner0 / in_row * p.yw + inner0 % in_row * 4u;
  let last0 = p.yw - 1u - inner0 % in_row * 4u;
  let channel0 = matrix * p.co + min(row + 0u, p.co - 1u); put(image0, channel0, pixel0, last0, c0_0, bias_at(channel0));
  let channel1 = matrix * p.co + min(row + 1u, p.co - 1u); put(image0, channel1, pixel0, last0, c1_0, bias_at(channel1));
  let channel2 = matrix * p.co + min(row + 2u, p.co - 1u); put(image0, channel2, pixel0, last0, c2_0, bias_at(channel2));
  let channel3 = matrix * p.co + min(row + 3u, p.co - 1u); put(image0, channel3, pixel0, last0, c3_0, bias_at(channel3));
  let channel4 = matrix * p.co + min(row + 4u, p.co - 1u); put(image0, channel4, pixel0, last0, c4_0, bias_at(channel4));
  let channel5 = matrix * p.co + min(row + 5u, p.co - 1u); put(image0, channel5, pixel0, last0, c5_0, bias_at(channel5));
  let channel6 = matrix * p.co + min(row + 6u, p.co - 1u); put(image0, channel6, pixel0, last0, c6_0, bias_at(channel6));
  let channel7 = matrix * p.co + min(row + 7u, p.co - 1u); put(image0, channel7, pixel0, last0, c7_0, bias_at(channel7));
  }
}
