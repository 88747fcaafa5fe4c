// matmulInteger/quad
enable subgroups;
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

const ROWS = 16u; // of a workgroup
const COLUMNS = 32u;
fn matrices(i: u32) -> vec2u { return vec2u(); }
fn a_zero(matrix: u32, i: u32) -> i32 { return i32(load_aZero(0u)); }
fn b_zero(matrix: u32, i: u32) -> i32 { return 0; }
fn get_a(i: u32) -> vec4f { return vec4f(load_a(i)); }
fn get_b(i: u32) -> vec4f { return vec4f(load_b(i)); }
fn finish(sum: vec4<i32>, row: u32, col: u32) -> vec4<u32> { let x = vec4<f32>(sum) * load_scale(col >> 2u); return vec4<u32>(clamp(round(x) + f32(load_zero(0u)), vec4<f32>(0.0), vec4<f32>(255.0))); }
fn put(matrix: u32, row: u32, col: u32, sum: vec4i) {
  if (row >= p.m || col >= p.n) { return; }
  let v = finish(sum, row, col);
  let at = (matrix * p.m + row) * p.n + col;
  store_c(at >> 2u, v);
}

@compute @workgroup_size(8, 1)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) thread: vec3u, @builtin(subgroup_invocation_id) invocation: u32) {
  let group = wid.y * groups.x + wid.x;
  let across = (p.n + COLUMNS - 1u) / COLUMNS;
  let down = (p.m + ROWS - 1u) / ROWS;
  let matrix = group / (across * down);
  if (matrix >= p.batch) { return; }
  let row0 = group / across % down * ROWS;
  let col0 = group % across * COLUMNS;
  let row = row0 + thread.y * 16u;
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
    var c8_0 = vec4i();
    var c9_0 = vec4i();
    var c10_0 = vec4i();
    var c11_0 = vec4i();
    var c12_0 = vec4i();
    var c13_0 = vec4i();
    var c14_0 = vec4i();
    var c15_0 = vec4i();
  let lane = invocation & 3u;
  let which = matrices(matrix);
  let as0 = (base.x + min(row + 0u + lane, p.m - 1u) * p.k) >> 2u;
  let as1 = (base.x + min(row + 4u + lane, p.m - 1u) * p.k) >> 2u;
  let as2 = (base.x + min(row + 8u + lane, p.m - 1u) * p.k) >> 2u;
  let as3 = (base.x + min(row + 12u + lane, p.m - 1u) * p.k) >> 2u;
  let az0 = f32(a_zero(which.x, min(row + 0u + lane, p.m - 1u)));
  let bs0 = (base.y + min(col + 0u, p.n - 1u) * p.k) >> 2u;
  let bs1 = (base.y + min(col + 1u, p.n - 1u) * p.k) >> 2u;
  let bs2 = (base.y + min(col + 2u, p.n - 1u) * p.k) >> 2u;
  let bs3 = (base.y + min(col + 3u, p.n - 1u) * p.k) >> 2u;
  let blocks = p.k / 4u;
  for (var part = 0u; part < 0x40000000u; part++) {
    if (64u * part >= blocks) { break; }
    var f0_0 = vec4f();
    var f1_0 = vec4f();
    var f2_0 = vec4f();
    var f3_0 = vec4f();
    var f4_0 = vec4f();
    var f5_0 = vec4f();
    var f6_0 = vec4f();
    var f7_0 = vec4f();
    var f8_0 = vec4f();
    var f9_0 = vec4f();
    var f10_0 = vec4f();
    var f11_0 = vec4f();
    var f12_0 = vec4f();
    var f13_0 = vec4f();
    var f14_0 = vec4f();
    var f15_0 = vec4f();
    for (var i = 0u; i < 64u; i++) {
      let k = 64u * part + i;
      if (k >= blocks) { break; }
    let q0 = (get_a(as0 + k) - az0); let q1 = (get_a(as1 + k) - az0); let q2 = (get_a(as2 + k) - az0); let q3 = (get_a(as3 + k) - az0);
    let a0 = quadBroadcast(q0, 0u); let a1 = quadBroadcast(q0, 1u); let a2 = quadBroadcast(q0, 2u); let a3 = quadBroadcast(q0, 3u); let a4 = quadBroadcast(q1, 0u); let a5 = quadBroadcast(q1, 1u); let a6 = quadBroadcast(q1, 2u); let a7 = quadBroadcast(q1, 3u); let a8 = quadBroadcast(q2, 0u); let a9 = quadBroadcast(q2, 1u); let a10 = quadBroadcast(q2, 2u); let a11 = quadBroadcast(q2, 3u); let a12 = quadBroadcast(q3, 0u); let a13 = quadBroadcast(q3, 1u); let a14 = quadBroadcast(q3, 2u); let a15 = quadBroadcast(q3, 3u);
    let b0 = transpose(mat4x4f(get_b(bs0 + k), get_b(bs1 + k), get_b(bs2 + k), get_b(bs3 + k)));
    f0_0 += b0 * a0;
    f1_0 += b0 * a1;
    f2_0 += b0 * a2;
    f3_0 += b0 * a3;
    f4_0 += b0 * a4;
    f5_0 += b0 * a5;
    f6_0 += b0 * a6;
    f7_0 += b0 * a7;
    f8_0 += b0 * a8;
    f9_0 += b0 * a9;
    f10_0 += b0 * a10;
    f11_0 += b0 * a11;
    f12_0 += b0 * a12;
    f13_0 += b0 * a13;
    f14_0 += b0 * a14;
    f15_0 += b0 * a15;
    }
    c0_0 += vec4i(f0_0);
    c1_0 += vec4i(f1_0);
    c2_0 += vec4i(f2_0);
    c3_0 += vec4i(f3_0);
    c4_0 += vec4i(f4_0);
    c5_0 += vec4i(f5_0);
    c6_0 += vec4i(f6_0);
    c7_0 += vec4i(f7_0);
    c8_0 += vec4i(f8_0);
    c9_0 += vec4i(f9_0);
    c10_0 += vec4i(f10_0);
    c11_0 += vec4i(f11_0);
    c12_0 += vec4i(f12_0);
    c13_0 += vec4i(f13_0);
    c14_0 += vec4i(f14_0);
    c15_0 += vec4i(f15_0);
  }
  
  
  put(matrix, row + 0u, col + 0u, c0_0);
  put(matrix, row + 1u, col + 0u, c1_0);
  put(matrix, row + 2u, col + 0u, c2_0);
  put(matrix, row + 3u, col + 0u, c3_0);
  put(matrix, row + 4u, col + 0u, c4_0);
  put(matrix, row + 5u, col + 0u, c5_0);
  put(matrix, row + 6u, col + 0u, c6_0);
  put(matrix, row + 7u, col + 0u, c7_0);
  put(matrix, row + 8u, col + 0u, c8_0);
  put(matrix, row + 9u, col + 0u, c9_0);
  put(matrix, row + 10u, col + 0u, c10_0);
  put(matrix, row + 11u, col + 0u, c11_0);
  put(matrix, row + 12u, col + 0u, c12_0);
  put(matrix, row + 13u, col + 0u, c13_0);
  put(matrix, row + 14u, col + 0u, c14_0);
  put(matrix, row + 15u, col + 0u, c15_0);
}
