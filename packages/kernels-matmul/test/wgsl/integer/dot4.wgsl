// matmulInteger/dot4
struct Params { m: u32, n: u32, k: u32, batch: u32, d1: u32, d2: u32, d3: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> a: array<u32>;
fn load_a(i: u32) -> vec4<u32> { return (vec4<u32>(a[i]) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u); }
@group(0) @binding(1) var<storage, read> b: array<u32>;
fn load_b(i: u32) -> vec4<i32> { return vec4<i32>(vec4<u32>(b[i]) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u); }
@group(0) @binding(2) var<storage, read> aZero: array<u32>;
fn load_aZero(i: u32) -> u32 { return u32(aZero[i >> 2u] << ((~i & 3u) << 3u)) >> 24u; }
@group(0) @binding(3) var<storage, read> scale: array<vec4<f32>>;
fn load_scale(i: u32) -> vec4<f32> { return scale[i]; }
@group(0) @binding(4) var<storage, read> zero: array<u32>;
fn load_zero(i: u32) -> u32 { return u32(zero[i >> 2u] << ((~i & 3u) << 3u)) >> 24u; }
@group(0) @binding(5) var<storage, read_write> c: array<u32>;
fn store_c(i: u32, v: vec4<u32>) { c[i] = dot(vec4<u32>(v) & vec4<u32>(255u), vec4<u32>(1u, 0x100u, 0x10000u, 0x1000000u)); }

const ROWS = 64u; // of a workgroup
const COLUMNS = 32u;
fn matrices(i: u32) -> vec2u { return vec2u(); }
fn word_a(i: u32) -> u32 { return a[i] ^ 0x80808080u; } // 128 less
fn word_b(i: u32) -> u32 { return b[i]; }
fn dot_bytes(x: u32, y: u32) -> i32 { return dot4I8Packed(x, y); }
fn dots(x: u32, y: vec4u) -> vec4i { return vec4i(dot_bytes(x, y[0]), dot_bytes(x, y[1]), dot_bytes(x, y[2]), dot_bytes(x, y[3])); }
// Four words of four neighbours at k, k + 1, k + 2, k + 3 become four words of four k: a 4 x 4 transpose of bytes.
fn turn(w: vec4u) -> vec4u {
  let even = (w.xz & vec2u(0x00ff00ffu)) | ((w.yw & vec2u(0x00ff00ffu)) << vec2u(8u));
  let odd = ((w.xz >> vec2u(8u)) & vec2u(0x00ff00ffu)) | (w.yw & vec2u(0xff00ff00u));
  return vec4u((even.x & 0xffffu) | (even.y << 16u), (odd.x & 0xffffu) | (odd.y << 16u),
    (even.x >> 16u) | (even.y & 0xffff0000u), (odd.x >> 16u) | (odd.y & 0xffff0000u));
}
fn a_zero(matrix: u32, i: u32) -> i32 { return i32(load_aZero(0u)); }
fn b_zero(matrix: u32, i: u32) -> i32 { return 0; }
fn finish(sum: vec4<i32>, row: u32, col: u32) -> vec4<u32> { let x = vec4<f32>(sum) * load_scale(col >> 2u); return vec4<u32>(clamp(round(x) + f32(load_zero(0u)), vec4<f32>(0.0), vec4<f32>(255.0))); }
fn put(matrix: u32, row: u32, col: u32, sum: vec4i) {
  if (row >= p.m || col >= p.n) { return; }
  let v = finish(sum, row, col);
  let at = (matrix * p.m + row) * p.n + col;
  store_c(at >> 2u, v);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) thread: vec3u) {
  let group = wid.y * groups.x + wid.x;
  let across = (p.n + COLUMNS - 1u) / COLUMNS;
  let down = (p.m + ROWS - 1u) / ROWS;
  let matrix = group / (across * down);
  if (matrix >= p.batch) { return; }
  let row0 = group / across % down * ROWS;
  let col0 = group % across * COLUMNS;
  let row = row0 + thread.y * 8u;
  let col = col0 + thread.x * 4u;
  let base = matrices(matrix) * vec2u(p.m * p.k, p.k * p.n);
  var c0_0 = vec4i();
    var c1_0 = vec4i();
    var c2_0 = vec4i();
    var c3_0 = vec4i();
    var c4_0 = vec4i();
    var c5_0 = vec4i();
    var c6_0 = vec4i();
    var c7_0 = vec4i();
  let which = matrices(matrix);
  let as0 = (base.x + min(row + 0u, p.m - 1u) * p.k) >> 2u;
  let as1 = (base.x + min(row + 1u, p.m - 1u) * p.k) >> 2u;
  let as2 = (base.x + min(row + 2u, p.m - 1u) * p.k) >> 2u;
  let as3 = (base.x + min(row + 3u, p.m - 1u) * p.k) >> 2u;
  let as4 = (base.x + min(row + 4u, p.m - 1u) * p.k) >> 2u;
  let as5 = (base.x + min(row + 5u, p.m - 1u) * p.k) >> 2u;
  let as6 = (base.x + min(row + 6u, p.m - 1u) * p.k) >> 2u;
  let as7 = (base.x + min(row + 7u, p.m - 1u) * p.k) >> 2u;
  let bs0 = (base.y + min(col + 0u, p.n - 1u) * p.k) >> 2u;
  let bs1 = (base.y + min(col + 1u, p.n - 1u) * p.k) >> 2u;
  let bs2 = (base.y + min(col + 2u, p.n - 1u) * p.k) >> 2u;
  let bs3 = (base.y + min(col + 3u, p.n - 1u) * p.k) >> 2u;
  
  var of_b0 = vec4i();
  let blocks = p.k / 4u;
  for (var k = 0u; k < 0x40000000u; k++) {
    if (k >= blocks) { break; }
    let a0 = (vec4u(word_a(as0 + k), word_a(as1 + k), word_a(as2 + k), word_a(as3 + k)));
    let a1 = (vec4u(word_a(as4 + k), word_a(as5 + k), word_a(as6 + k), word_a(as7 + k)));
    let b0 = (vec4u(word_b(bs0 + k), word_b(bs1 + k), word_b(bs2 + k), word_b(bs3 + k)));
    c0_0 += dots(a0[0], b0);
    c1_0 += dots(a0[1], b0);
    c2_0 += dots(a0[2], b0);
    c3_0 += dots(a0[3], b0);
    c4_0 += dots(a1[0], b0);
    c5_0 += dots(a1[1], b0);
    c6_0 += dots(a1[2], b0);
    c7_0 += dots(a1[3], b0);
    
    of_b0 += dots(0x01010101u, b0);
  }
  let az0 = a_zero(which.x, min(row + 0u, p.m - 1u)) - 128;
  let az1 = a_zero(which.x, min(row + 1u, p.m - 1u)) - 128;
  let az2 = a_zero(which.x, min(row + 2u, p.m - 1u)) - 128;
  let az3 = a_zero(which.x, min(row + 3u, p.m - 1u)) - 128;
  let az4 = a_zero(which.x, min(row + 4u, p.m - 1u)) - 128;
  let az5 = a_zero(which.x, min(row + 5u, p.m - 1u)) - 128;
  let az6 = a_zero(which.x, min(row + 6u, p.m - 1u)) - 128;
  let az7 = a_zero(which.x, min(row + 7u, p.m - 1u)) - 128;
  
  c0_0 -= az0 * of_b0;
    c1_0 -= az1 * of_b0;
    c2_0 -= az2 * of_b0;
    c3_0 -= az3 * of_b0;
    c4_0 -= az4 * of_b0;
    c5_0 -= az5 * of_b0;
    c6_0 -= az6 * of_b0;
    c7_0 -= az7 * of_b0;
  
  put(matrix, row + 0u, col + 0u, c0_0);
  put(matrix, row + 1u, col + 0u, c1_0);
  put(matrix, row + 2u, col + 0u, c2_0);
  put(matrix, row + 3u, col + 0u, c3_0);
  put(matrix, row + 4u, col + 0u, c4_0);
  put(matrix, row + 5u, col + 0u, c5_0);
  put(matrix, row + 6u, col + 0u, c6_0);
  put(matrix, row + 7u, col + 0u, c7_0);
}
