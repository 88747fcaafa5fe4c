// conv/staged
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

const ROWS = 32u;
const COLUMNS = 32u;
var<workgroup> tile_a: array<vec4f, 128>; // of each row four fours of terms
var<workgroup> tile_b: array<vec4f, 128>; // of each term the fours of columns
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
fn offset_of(tap: u32) -> vec3u {
  return vec3u(tap / 9u * 1u, tap / 3u % 3u * 1u, tap % 3u * 1u);
}
fn term_of_x(image: u32, group: u32, start: vec3u, term: u32, terms: u32) -> vec4f {
  let at = under(start, offset_of(term / p.ci));
  let here = term < terms && inside(at);
  return select(vec4f(), load_x((select(0u, x_at(image, group, at) + term % p.ci, here)) >> 2u), here);
}
fn row_terms(image: u32, group: u32, row: u32, term: u32, terms: u32) -> vec4f {
  let pixels = p.yd * p.yh * p.yw;
  let pixel = min(row, p.batch * pixels - 1u);
  let start = corner(pixel % pixels);
  let mine = pixel / pixels;
  return term_of_x(mine, group, start, term, terms);
}
fn column_four(image: u32, group: u32, col: u32, term: u32, terms: u32) -> vec4f {
  if (term >= terms) { return vec4f(); }
  let first = group * (1u * p.co) + term / p.ci * (p.ci * (p.groups * p.co)) + term % p.ci * ((p.groups * p.co));
  let w = vec4f(load_w((first + min(col, p.co - 4u)) >> 2u));
  return w;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = wid.y * groups.x + wid.x;
  let x = thread % 8u;
  let y = thread / 8u;
  let pixels = p.yd * p.yh * p.yw;
  let across = (p.co + COLUMNS - 1u) / COLUMNS;
  let down = (p.batch * pixels + ROWS - 1u) / ROWS;
  let group = index / (across * down);
  if (group >= p.groups) { return; }
  let image = 0u; // of each row, its own
  let row0 = index / across % down * ROWS;
  let col0 = index % across * COLUMNS;
  let terms = p.ci * 9u;
  var c0 = vec4f(); var c1 = vec4f(); var c2 = vec4f(); var c3 = vec4f();
  for (var term = 0u; term < 0x40000000u; term += 16u) {
    if (term >= terms) { break; }
    for (var i = 0u; i < 2u; i++) {
      let slot = i * 64u + thread;
      tile_a[slot] = row_terms(image, group, row0 + slot / 4u, term + slot % 4u * 4u, terms);
    }
    for (var i = 0u; i < 2u; i++) {
      let slot = i * 64u + thread;
      tile_b[slot] = column_four(image, group, col0 + slot % 8u * 4u, term + slot / 8u, terms);
    }
    workgroupBarrier();
    for (var k = 0u; k < 4u; k++) {
      let b = mat4x4f(tile_b[(4u * k + 0u) * 8u + x], tile_b[(4u * k + 1u) * 8u + x], tile_b[(4u * k + 2u) * 8u + x], tile_b[(4u * k + 3u) * 8u + x]);
      c0 += b * tile_a[(y + 0u) * 4u + k];
      c1 += b * tile_a[(y + 8u) * 4u + k];
      c2 += b * tile_a[(y + 16u) * 4u + k];
      c3 += b * tile_a[(y + 24u) * 4u + k];
    }
    workgroupBarrier();
  }
  let col = col0 + 4u * x;
  if (col >= p.co) { return; }
  let bias_here = bias_at(group * p.co + col);
  if (row0 + y + 0u < p.batch * pixels) { put(row0 + y + 0u, group, col, c0, bias_here); }
  if (row0 + y + 8u < p.batch * pixels) { put(row0 + y + 8u, group, col, c1, bias_here); }
  if (row0 + y + 16u < p.batch * pixels) { put(row0 + y + 16u, group, col, c2, bias_here); }
  if (row0 + y + 24u < p.batch * pixels) { put(row0 + y + 24u, group, col, c3, bias_here); }
}
