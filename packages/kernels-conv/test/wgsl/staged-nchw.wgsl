// conv/staged
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

const ROWS = 32u;
const COLUMNS = 32u;
var<workgroup> tile_a: array<vec4f, 128>; // of each row four fours of terms
var<workgroup> tile_b: array<vec4f, 128>; // of each term the fours of columns
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
fn offset_of(tap: u32) -> vec3u {
  return vec3u(tap / 9u * 1u, tap / 3u % 3u * 1u, tap % 3u * 1u);
}
fn term_of_w(first: u32, term: u32, terms: u32) -> f32 {
  let at = select(0u, first + term / p.ci * 1u + term % p.ci * (9u), term < terms);
  return select(f32(), f32(load_w(at)), term < terms);
}
fn row_terms(image: u32, group: u32, row: u32, term: u32, terms: u32) -> vec4f {
  let first = group * ((p.ci * 9u) * p.co) + min(row, p.co - 1u) * (p.ci * 9u);
  
  return vec4f(term_of_w(first, term + 0u, terms), term_of_w(first, term + 1u, terms), term_of_w(first, term + 2u, terms), term_of_w(first, term + 3u, terms));
}
fn element_of_x(at: vec3u, image: u32, group: u32, channel: u32) -> f32 {
  let here = inside(at);
  return select(0.0, load_x(select(0u, x_at(image, group, at) + channel * (p.xd * p.xh * p.xw), here)), here);
}
fn column_four(image: u32, group: u32, col: u32, term: u32, terms: u32) -> vec4f {
  if (term >= terms) { return vec4f(); }
  let in_row = (p.yw + 3u) / 4u;
  let here = min(col / 4u, p.yd * p.yh * in_row - 1u);
  let start = corner(here / in_row * p.yw + here % in_row * 4u);
  let offset = offset_of(term / p.ci);
  let channel = term % p.ci;
  return vec4f(element_of_x(under(start, offset + vec3u(0u, 0u, 0u)), image, group, channel), element_of_x(under(start, offset + vec3u(0u, 0u, 1u)), image, group, channel), element_of_x(under(start, offset + vec3u(0u, 0u, 2u)), image, group, channel), element_of_x(under(start, offset + vec3u(0u, 0u, 3u)), image, group, channel));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = wid.y * groups.x + wid.x;
  let x = thread % 8u;
  let y = thread / 8u;
  let in_row = (p.yw + 3u) / 4u;
  let count = p.yd * p.yh * in_row;
  let across = (4u * count + COLUMNS - 1u) / COLUMNS;
  let down = (p.co + ROWS - 1u) / ROWS;
  let rest = index / (across * down);
  let group = rest % p.groups;
  let image = rest / p.groups;
  if (image >= p.batch) { return; }
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
  let here = col0 / 4u + x;
  if (here >= count) { return; }
  let pixel = here / in_row * p.yw + here % in_row * 4u;
  let last = p.yw - 1u - here % in_row * 4u;
  if (row0 + y + 0u < p.co) { let channel = group * p.co + row0 + y + 0u;let bias_here = bias_at(channel); put(image, channel, pixel, last, c0, bias_here); }
  if (row0 + y + 8u < p.co) { let channel = group * p.co + row0 + y + 8u;let bias_here = bias_at(channel); put(image, channel, pixel, last, c1, bias_here); }
  if (row0 + y + 16u < p.co) { let channel = group * p.co + row0 + y + 16u;let bias_here = bias_at(channel); put(image, channel, pixel, last, c2, bias_here); }
  if (row0 + y + 24u < p.co) { let channel = group * p.co + row0 + y + 24u;let bias_here = bias_at(channel); put(image, channel, pixel, last, c3, bias_here); }
}
