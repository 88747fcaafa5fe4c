// matmulQuantized/quad
enable subgroups;
struct Params { m: u32, n: u32, k: u32, batch: u32, alpha: f32, beta: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
fn load_a(i: u32) -> vec4<f32> { return a[i]; }
@group(0) @binding(1) var<storage, read> weights: array<u32>;
fn load_weights(i: u32) -> u32 { return weights[i]; }
@group(0) @binding(2) var<storage, read> scales: array<f32>;
fn load_scales(i: u32) -> f32 { return scales[i]; }
@group(0) @binding(3) var<storage, read> zeros: array<u32>;
fn load_zeros(i: u32) -> u32 { return zeros[i]; }
@group(0) @binding(4) var<storage, read> bias: array<vec4<f32>>;
fn load_bias(i: u32) -> vec4<f32> { return bias[i]; }
@group(0) @binding(5) var<storage, read_write> c: array<vec4<f32>>;
fn store_c(i: u32, v: vec4<f32>) { c[i] = v; }

const ROWS = 16u; // of a workgroup
const COLUMNS = 32u;
fn matrices(i: u32) -> vec2u { return vec2u(); }
fn bias_at(col: u32) -> vec4<f32> { return load_bias(min(col, p.n - 4u) >> 2u); }
fn activation(x: vec4<f32>) -> vec4<f32> { return select(x, vec4<f32>(0.0), bitcast<vec4<u32>>(x) - vec4<u32>(0x80000000u) <= vec4<u32>(0x7f800000u)); }
fn finish(sum: vec4<f32>, matrix: u32, row: u32, col: u32, bias_here: vec4<f32>) -> vec4<f32> { return activation(p.alpha * sum + bias_here); }
fn put(matrix: u32, row: u32, col: u32, sum: vec4f, bias_here: vec4f) {
  
  let v = finish(sum, matrix, row, col, bias_here);
  let at = (matrix * p.m + row) * p.n + col;
  store_c(at >> 2u, v);
}

const GROUP = 32u;
const BLOCKS = GROUP / 8u; // blocks of eight weights in a group
fn row_groups() -> u32 { return (p.k + GROUP - 1u) / GROUP; } // of a row; the last may reach beyond k
// Four codes from the lowest bits, as the floats they stand for: signed integers convert in one instruction everywhere.
fn codes(word: u32) -> vec4f {
  let shifted = vec4u(word) >> vec4u(0u, 4u, 8u, 12u);
  return vec4f(vec4i(shifted & vec4u(15u)));
}
fn zero_of(row: u32, group: u32) -> f32 { return f32(i32((load_zeros(row * ((row_groups() + 7u) / 8u) + group / 8u) >> (group % 8u * 4u)) & 15u)); }
// Scale and zero of a block's group.
fn scale_of(row: u32, i: u32) -> vec2f {
  let group = i / BLOCKS;
  return vec2f(load_scales(row * row_groups() + group), zero_of(row, group));
}
fn dequantize(row: u32, i: u32, scale: vec2f) -> mat2x4f {
  let word = load_weights(row * row_groups() * BLOCKS + i);
  return mat2x4f(scale.x * (codes(word) - scale.y), scale.x * (codes(word >> 16u) - scale.y));
}
fn start_a(row: u32) -> u32 { return row * (p.k >> 2u); }
fn four_a(start: u32, i: u32) -> vec4f { return load_a(start + i); }

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
  var c0_0 = vec4f();
    var c1_0 = vec4f();
    var c2_0 = vec4f();
    var c3_0 = vec4f();
    var c4_0 = vec4f();
    var c5_0 = vec4f();
    var c6_0 = vec4f();
    var c7_0 = vec4f();
    var c8_0 = vec4f();
    var c9_0 = vec4f();
    var c10_0 = vec4f();
    var c11_0 = vec4f();
    var c12_0 = vec4f();
    var c13_0 = vec4f();
    var c14_0 = vec4f();
    var c15_0 = vec4f();
  let lane = invocation & 3u;
  let as0 = start_a(matrix * p.m + min(row + 0u + lane, p.m - 1u));
  let as1 = start_a(matrix * p.m + min(row + 4u + lane, p.m - 1u));
  let as2 = start_a(matrix * p.m + min(row + 8u + lane, p.m - 1u));
  let as3 = start_a(matrix * p.m + min(row + 12u + lane, p.m - 1u));
  let wr0 = min(col + 0u, p.n - 1u);
  let wr1 = min(col + 1u, p.n - 1u);
  let wr2 = min(col + 2u, p.n - 1u);
  let wr3 = min(col + 3u, p.n - 1u);
  let blocks = (p.k + 7u) / 8u;
  for (var k = 0u; k < 0x40000000u; k++) {
    if (k >= blocks) { break; }
    let a_0_0 = four_a(as0, 2u * k + 0u); let a_0_1 = four_a(as0, 2u * k + 1u);
    let a_1_0 = four_a(as1, 2u * k + 0u); let a_1_1 = four_a(as1, 2u * k + 1u);
    let a_2_0 = four_a(as2, 2u * k + 0u); let a_2_1 = four_a(as2, 2u * k + 1u);
    let a_3_0 = four_a(as3, 2u * k + 0u); let a_3_1 = four_a(as3, 2u * k + 1u);
    let s0 = scale_of(wr0, k); let s1 = scale_of(wr1, k); let s2 = scale_of(wr2, k); let s3 = scale_of(wr3, k);
    let w0_0 = dequantize(wr0, k, s0); let w1_0 = dequantize(wr1, k, s1); let w2_0 = dequantize(wr2, k, s2); let w3_0 = dequantize(wr3, k, s3);
    { let a0 = quadBroadcast(a_0_0, 0u); let a1 = quadBroadcast(a_0_0, 1u); let a2 = quadBroadcast(a_0_0, 2u); let a3 = quadBroadcast(a_0_0, 3u); let a4 = quadBroadcast(a_1_0, 0u); let a5 = quadBroadcast(a_1_0, 1u); let a6 = quadBroadcast(a_1_0, 2u); let a7 = quadBroadcast(a_1_0, 3u); let a8 = quadBroadcast(a_2_0, 0u); let a9 = quadBroadcast(a_2_0, 1u); let a10 = quadBroadcast(a_2_0, 2u); let a11 = quadBroadcast(a_2_0, 3u); let a12 = quadBroadcast(a_3_0, 0u); let a13 = quadBroadcast(a_3_0, 1u); let a14 = quadBroadcast(a_3_0, 2u); let a15 = quadBroadcast(a_3_0, 3u);
    let b0 = transpose(mat4x4f(w0_0[0], w1_0[0], w2_0[0], w3_0[0]));
    c0_0 += b0 * a0;
    c1_0 += b0 * a1;
    c2_0 += b0 * a2;
    c3_0 += b0 * a3;
    c4_0 += b0 * a4;
    c5_0 += b0 * a5;
    c6_0 += b0 * a6;
    c7_0 += b0 * a7;
    c8_0 += b0 * a8;
    c9_0 += b0 * a9;
    c10_0 += b0 * a10;
    c11_0 += b0 * a11;
    c12_0 += b0 * a12;
    c13_0 += b0 * a13;
    c14_0 += b0 * a14;
    c15_0 += b0 * a15; }
    { let a0 = quadBroadcast(a_0_1, 0u); let a1 = quadBroadcast(a_0_1, 1u); let a2 = quadBroadcast(a_0_1, 2u); let a3 = quadBroadcast(a_0_1, 3u); let a4 = quadBroadcast(a_1_1, 0u); let a5 = quadBroadcast(a_1_1, 1u); let a6 = quadBroadcast(a_1_1, 2u); let a7 = quadBroadcast(a_1_1, 3u); let a8 = quadBroadcast(a_2_1, 0u); let a9 = quadBroadcast(a_2_1, 1u); let a10 = quadBroadcast(a_2_1, 2u); let a11 = quadBroadcast(a_2_1, 3u); let a12 = quadBroadcast(a_3_1, 0u); let a13 = quadBroadcast(a_3_1, 1u); let a14 = quadBroadcast(a_3_1, 2u); let a15 = quadBroadcast(a_3_1, 3u);
    let b0 = transpose(mat4x4f(w0_0[1], w1_0[1], w2_0[1], w3_0[1]));
    c0_0 += b0 * a0;
    c1_0 += b0 * a1;
    c2_0 += b0 * a2;
    c3_0 += b0 * a3;
    c4_0 += b0 * a4;
    c5_0 += b0 * a5;
    c6_0 += b0 * a6;
    c7_0 += b0 * a7;
    c8_0 += b0 * a8;
    c9_0 += b0 * a9;
    c10_0 += b0 * a10;
    c11_0 += b0 * a11;
    c12_0 += b0 * a12;
    c13_0 += b0 * a13;
    c14_0 += b0 * a14;
    c15_0 += b0 * a15; }
  }
  if (row >= p.m || col >= p.n) { return; }
  let bias0 = bias_at(col + 0u);
  put(matrix, min(row + 0u, p.m - 1u), col + 0u, c0_0, bias0);
  put(matrix, min(row + 1u, p.m - 1u), col + 0u, c1_0, bias0);
  put(matrix, min(row + 2u, p.m - 1u), col + 0u, c2_0, bias0);
  put(matrix, min(row + 3u, p.m - 1u), col + 0u, c3_0, bias0);
  put(matrix, min(row + 4u, p.m - 1u), col + 0u, c4_0, bias0);
  put(matrix, min(row + 5u, p.m - 1u), col + 0u, c5_0, bias0);
  put(matrix, min(row + 6u, p.m - 1u), col + 0u, c6_0, bias0);
  put(matrix, min(row + 7u, p.m - 1u), col + 0u, c7_0, bias0);
  put(matrix, min(row + 8u, p.m - 1u), col + 0u, c8_0, bias0);
  put(matrix, min(row + 9u, p.m - 1u), col + 0u, c9_0, bias0);
  put(matrix, min(row + 10u, p.m - 1u), col + 0u, c10_0, bias0);
  put(matrix, min(row + 11u, p.m - 1u), col + 0u, c11_0, bias0);
  put(matrix, min(row + 12u, p.m - 1u), col + 0u, c12_0, bias0);
  put(matrix, min(row + 13u, p.m - 1u), col + 0u, c13_0, bias0);
  put(matrix, min(row + 14u, p.m - 1u), col + 0u, c14_0, bias0);
  put(matrix, min(row + 15u, p.m - 1u), col + 0u, c15_0, bias0);
}
