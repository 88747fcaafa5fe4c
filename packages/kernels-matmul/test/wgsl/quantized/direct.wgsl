// matmulQuantized/direct
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

const ROWS = 64u; // of a workgroup
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
  var c0_0 = vec4f();
    var c1_0 = vec4f();
    var c2_0 = vec4f();
    var c3_0 = vec4f();
    var c4_0 = vec4f();
    var c5_0 = vec4f();
    var c6_0 = vec4f();
    var c7_0 = vec4f();
  
  let as0 = start_a(matrix * p.m + min(row + 0u, p.m - 1u));
  let as1 = start_a(matrix * p.m + min(row + 1u, p.m - 1u));
  let as2 = start_a(matrix * p.m + min(row + 2u, p.m - 1u));
  let as3 = start_a(matrix * p.m + min(row + 3u, p.m - 1u));
  let as4 = start_a(matrix * p.m + min(row + 4u, p.m - 1u));
  let as5 = start_a(matrix * p.m + min(row + 5u, p.m - 1u));
  let as6 = start_a(matrix * p.m + min(row + 6u, p.m - 1u));
  let as7 = start_a(matrix * p.m + min(row + 7u, p.m - 1u));
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
    let a_4_0 = four_a(as4, 2u * k + 0u); let a_4_1 = four_a(as4, 2u * k + 1u);
    let a_5_0 = four_a(as5, 2u * k + 0u); let a_5_1 = four_a(as5, 2u * k + 1u);
    let a_6_0 = four_a(as6, 2u * k + 0u); let a_6_1 = four_a(as6, 2u * k + 1u);
    let a_7_0 = four_a(as7, 2u * k + 0u); let a_7_1 = four_a(as7, 2u * k + 1u);
    let s0 = scale_of(wr0, k); let s1 = scale_of(wr1, k); let s2 = scale_of(wr2, k); let s3 = scale_of(wr3, k);
    let w0_0 = dequantize(wr0, k, s0); let w1_0 = dequantize(wr1, k, s1); let w2_0 = dequantize(wr2, k, s2); let w3_0 = dequantize(wr3, k, s3);
    { let a0 = a_0_0; let a1 = a_1_0; let a2 = a_2_0; let a3 = a_3_0; let a4 = a_4_0; let a5 = a_5_0; let a6 = a_6_0; let a7 = a_7_0;
    let b0 = transpose(mat4x4f(w0_0[0], w1_0[0], w2_0[0], w3_0[0]));
    c0_0 += b0 * a0;
    c1_0 += b0 * a1;
    c2_0 += b0 * a2;
    c3_0 += b0 * a3;
    c4_0 += b0 * a4;
    c5_0 += b0 * a5;
    c6_0 += b0 * a6;
    c7_0 += b0 * a7; }
    { let a0 = a_0_1; let a1 = a_1_1; let a2 = a_2_1; let a3 = a_3_1; let a4 = a_4_1; let a5 = a_5_1; let a6 = a_6_1; let a7 = a_7_1;
    let b0 = transpose(mat4x4f(w0_0[1], w1_0[1], w2_0[1], w3_0[1]));
    c0_0 += b0 * a0;
    c1_0 += b0 * a1;
    c2_0 += b0 * a2;
    c3_0 += b0 * a3;
    c4_0 += b0 * a4;
    c5_0 += b0 * a5;
    c6_0 += b0 * a6;
    c7_0 += b0 * a7; }
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
}
