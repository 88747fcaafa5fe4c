// matmulQuantized/naive
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
@group(0) @binding(4) var<storage, read> bias: array<f32>;
fn load_bias(i: u32) -> f32 { return bias[i]; }
@group(0) @binding(5) var<storage, read_write> c: array<f32>;
fn store_c(i: u32, v: f32) { c[i] = v; }

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
fn matrices(i: u32) -> vec2u { return vec2u(); }
fn bias_at(col: u32) -> f32 { return load_bias(col); }
fn activation(x: f32) -> f32 { return select(x, f32(0.0), bitcast<u32>(x) - u32(0x80000000u) <= u32(0x7f800000u)); }
fn finish(sum: f32, matrix: u32, row: u32, col: u32, bias_here: f32) -> f32 { return activation(p.alpha * sum + bias_here); }

fn element(i: u32) -> f32 {
  let col = i % p.n;
  let row = i / p.n % p.m;
  let matrix = i / (p.m * p.n);
  var sum = 0.0;
  let start = start_a(matrix * p.m + row);
  let blocks = (p.k + 7u) / 8u;
  for (var k = 0u; k < 0x40000000u; k++) {
    if (k >= blocks) { break; }
    let w = dequantize(col, k, scale_of(col, k));
    sum += dot(w[0], four_a(start, 2u * k)) + dot(w[1], four_a(start, 2u * k + 1u));
  }
  return finish(sum, matrix, row, col, bias_at(col));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * 64u + thread;
  let count = p.m * p.n * p.batch;
  if (i < count) { store_c(i, element(i)); }
}
