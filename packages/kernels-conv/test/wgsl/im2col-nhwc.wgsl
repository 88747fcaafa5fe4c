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
  let in_row = p.yw;
  let positions = p.batch * p.yd * p.yh * in_row;
  let most = max(262144u / (p.groups * terms4), 4u);
  let turns = (positions + most - 1u) / most;
  let count = (positions + turns - 1u) / turns;
  if (index >= p.groups * 4u * terms4 * 4u * co4) { return; }
  let col = index % (4u * co4); let rest = index / (4u * co4); let term = rest % (4u * terms4); let group = rest / (4u * terms4);
  let known = min(term, terms - 1u);
  let at = group * (1u * p.co) + min(col, p.co - 1u) * 1u + known / p.ci * (p.ci * (p.groups * p.co)) + known % p.ci * ((p.groups * p.co));
  store_filters(index, select(0.0, load_w(at), term < terms));
}

// conv/im2col
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32, chunk: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
fn load_x(i: u32) -> vec4<f32> { return x[i]; }
@group(0) @binding(1) var<storage, read_write> patches: array<vec4<f32>>;
fn load_patches(i: u32) -> vec4<f32> { return patches[i]; }
fn store_patches(i: u32, v: vec4<f32>) { patches[i] = v; }
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

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * 64u + thread;
  let terms = p.ci * 9u;
  let terms4 = (terms + 3u) / 4u;
  let co4 = (p.co + 3u) / 4u;
  let pixels = p.yd * p.yh * p.yw;
  let in_row = p.yw;
  let positions = p.batch * p.yd * p.yh * in_row;
  let most = max(262144u / (p.groups * terms4), 4u);
  let turns = (positions + most - 1u) / most;
  let count = (positions + turns - 1u) / turns;
  if (index >= p.groups * 9u * count) { return; }
  let mine = index % count;
  let tap = index / count % 9u;
  let group = index / (9u * count);
  let position = min(p.chunk * count + mine, positions - 1u);
  let image = position / (p.yd * p.yh * in_row);
  let inner = position % (p.yd * p.yh * in_row);
  let start = corner(inner);
  let offset = vec3u(tap / 9u * 1u, tap / 3u % 3u * 1u, tap % 3u * 1u);
  let at0 = under(start, offset + vec3u(0u, 0u, 0u));
  let in0 = inside(at0);
  let xs0 = select(0u, x_at(image, group, at0), in0);
  let row = (group * count + mine) * 4u * terms4;
  let first = (row + tap * p.ci) >> 2u;
  for (var c = 0u; c < 0x40000000u; c++) {
    if (c >= p.ci / 4u) { break; }
    store_patches(first + c, select(vec4f(), load_x((xs0 >> 2u) + c), in0));
  }
  
}

// conv/im2col
struct Params { batch: u32, groups: u32, ci: u32, co: u32, xd: u32, xh: u32, xw: u32, yd: u32, yh: u32, yw: u32, pd: u32, ph: u32, pw: u32, alpha: f32, beta: f32, chunk: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> bias: array<vec4<f32>>;
fn load_bias(i: u32) -> vec4<f32> { return bias[i]; }
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
fn store_y(i: u32, v: vec4<f32>) { y[i] = v; }
@group(0) @binding(2) var<storage, read_write> filters: array<vec4<f32>>;
fn load_filters(i: u32) -> vec4<f32> { return filters[i]; }
fn store_filters(i: u32, v: vec4<f32>) { filters[i] = v; }
@group(0) @binding(3) var<storage, read_write> patches: array<vec4<f32>>;
fn load_patches(i: u32) -> vec4<f32> { return patches[i]; }
fn store_patches(i: u32, v: vec4<f32>) { patches[i] = v; }
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
fn bias_at(channel: u32) -> vec4<f32> { return load_bias((channel) >> 2u); }
fn finish(sum: vec4<f32>, at: u32, channel: u32, bias_here: vec4<f32>) -> vec4<f32> {
  return activation(sum + bias_here);
}
fn put(pixel: u32, group: u32, col: u32, sum: vec4f, bias_here: vec4f) {
  let channel = group * p.co + col;
  let at = pixel * p.groups * p.co + channel;
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
  let in_row = p.yw;
  let positions = p.batch * p.yd * p.yh * in_row;
  let most = max(262144u / (p.groups * terms4), 4u);
  let turns = (positions + most - 1u) / most;
  let count = (positions + turns - 1u) / turns;
  let across = (co4 + 7u) / 8u;
  let down = (count + 63u) / 64u;
  let matrix = index / (across * down);
  if (matrix >= p.groups) { return; }
  let row = index / across % down * 64u + thread.y * 8u;
  let col = index % across * 8u + thread.x * 1u;
  
  let a_at0 = (matrix * count + min(row + 0u, count - 1u)) * terms4;
  let a_at1 = (matrix * count + min(row + 1u, count - 1u)) * terms4;
  let a_at2 = (matrix * count + min(row + 2u, count - 1u)) * terms4;
  let a_at3 = (matrix * count + min(row + 3u, count - 1u)) * terms4;
  let a_at4 = (matrix * count + min(row + 4u, count - 1u)) * terms4;
  let a_at5 = (matrix * count + min(row + 5u, count - 1u)) * terms4;
  let a_at6 = (matrix * count + min(row + 6u, count - 1u)) * terms4;
  let a_at7 = (matrix * count + min(row + 7u, count - 1u)) * terms4;
  let b_at0 = matrix * 4u * terms4 * co4 + min(col + 0u, co4 - 1u);
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
    
    let a0 = load_patches(a_at0 + k); let a1 = load_patches(a_at1 + k); let a2 = load_patches(a_at2 + k); let a3 = load_patches(a_at3 + k); let a4 = load_patches(a_at4 + k); let a5 = load_patches(a_at5 + k); let a6 = load_patches(a_at6 + k); let a7 = load_patches(a_at7 + k);
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
  if (row >= count || col >= co4) { return; }
  if (col + 0u < co4) {
  let first0 = 4u * (col + 0u);
  let bias0 = bias_at(matrix * p.co + first0);
  put(min(p.chunk * count + min(row + 0u, count - 1u), positions - 1u), matrix, first0, c0_0, bias0);
  put(min(p.chunk * count + min(row + 1u, count - 1u), positions - 1u), matrix, first0, c1_0, bias0);
  put(min(p.chunk * count + min(row + 2u, count - 1u), positions - 1u), matrix, first0, c2_0, bias0);
  put(min(p.chunk * count + min(row + 3u, count - 1u), positions - 1u), matrix, first0, c3_0, bias0);
  put(min(p.chunk * count + min(row + 4u, count - 1u), positions - 1u), matrix, first0, c4_0, bias0);
  put(min(p.chunk * count + min(row + 5u, count - 1u), positions - 1u), matrix, first0, c5_0, bias0);
  put(min(p.chunk * count + min(row + 6u, count - 1u), positions - 1u), matrix, first0, c6_0, bias0);
  put(min(p.chunk * count + min(row + 7u, count - 1u), positions - 1u), matrix, first0, c7_0, bias0);
  }
}
