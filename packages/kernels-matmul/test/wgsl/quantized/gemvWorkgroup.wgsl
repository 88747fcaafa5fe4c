// matmulQuantized/gemvWorkgroup
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

fn bias_at(col: u32) -> vec4<f32> { return load_bias(min(col, p.n - 4u) >> 2u); }
fn activation(x: vec4<f32>) -> vec4<f32> { return select(x, vec4<f32>(0.0), bitcast<vec4<u32>>(x) - vec4<u32>(0x80000000u) <= vec4<u32>(0x7f800000u)); }
fn finish(sum: vec4<f32>, matrix: u32, row: u32, col: u32, bias_here: vec4<f32>) -> vec4<f32> { return activation(p.alpha * sum + bias_here); }
fn put(matrix: u32, row: u32, col: u32, sum: vec4f, bias_here: vec4f) {
  if (row >= p.m || col >= p.n) { return; }
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
var<workgroup> partial: array<vec4f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) across: vec3u, @builtin(local_invocation_index) index: u32) {
  let group = wid.y * across.x + wid.x;
  let fours = (p.n + 3u) / 4u;
  let row = group / fours; // of all of a's
  let col = group % fours * 4u;
  if (row >= p.m * p.batch) { return; }
  let start = start_a(row);
  let wr0 = min(col + 0u, p.n - 1u); let wr1 = min(col + 1u, p.n - 1u); let wr2 = min(col + 2u, p.n - 1u); let wr3 = min(col + 3u, p.n - 1u);
  var c0_0 = vec4f();
  // Neighbouring threads read neighbouring words, eight k each.
  let blocks = (p.k + 7u) / 8u;
  for (var i = 0u; i < 0x40000000u; i++) {
    let k = i * 64u + index;
    if (k >= blocks) { break; }
    let w0 = dequantize(wr0, k, scale_of(wr0, k)); let w1 = dequantize(wr1, k, scale_of(wr1, k)); let w2 = dequantize(wr2, k, scale_of(wr2, k)); let w3 = dequantize(wr3, k, scale_of(wr3, k));
    { let a0 = four_a(start, 2u * k + 0u);
    let b0 = transpose(mat4x4f(w0[0], w1[0], w2[0], w3[0]));
    c0_0 += b0 * a0; }
    { let a0 = four_a(start, 2u * k + 1u);
    let b0 = transpose(mat4x4f(w0[1], w1[1], w2[1], w3[1]));
    c0_0 += b0 * a0; }
  }
  partial[index] = c0_0;
  workgroupBarrier();
  var total = partial[0];
  for (var i = 1u; i < 64u; i++) { total += partial[i]; }
  if (index == 0u) { put(row / p.m, row % p.m, col, total, bias_at(col)); }
}
