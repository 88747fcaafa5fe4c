// embeddingQuantized/rows
struct Params { count: u32, rows: u32, k: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> indices: array<i32>;
fn load_indices(i: u32) -> i32 { return indices[i]; }
@group(0) @binding(1) var<storage, read> weights: array<u32>;
fn load_weights(i: u32) -> u32 { return weights[i]; }
@group(0) @binding(2) var<storage, read> scales: array<f32>;
fn load_scales(i: u32) -> f32 { return scales[i]; }
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;
fn store_y(i: u32, v: vec4<f32>) { y[i] = v; }


const GROUP = 32u;
const BLOCKS = GROUP / 8u; // blocks of eight weights in a group
fn row_groups() -> u32 { return (p.k + GROUP - 1u) / GROUP; } // of a row; the last may reach beyond k
// Four codes from the lowest bits, as the floats they stand for: signed integers convert in one instruction everywhere.
fn codes(word: u32) -> vec4f {
  let shifted = vec4u(word) >> vec4u(0u, 4u, 8u, 12u);
  return vec4f(vec4i(shifted & vec4u(15u)));
}
fn zero_of(row: u32, group: u32) -> f32 { return 8.0; }
// Scale and zero of a block's group.
fn scale_of(row: u32, i: u32) -> vec2f {
  let group = i / BLOCKS;
  return vec2f(load_scales(row * row_groups() + group), zero_of(row, group));
}
fn dequantize(row: u32, i: u32, scale: vec2f) -> mat2x4f {
  let word = load_weights(row * row_groups() * BLOCKS + i);
  return mat2x4f(scale.x * (codes(word) - scale.y), scale.x * (codes(word >> 16u) - scale.y));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) across: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * across.x + wid.x) * 64u + thread;
  let blocks = p.k / 8u;
  if (i >= p.count * blocks) { return; }
  let row = u32(load_indices(i / blocks)); // what is negative is huge here
  var w = mat2x4f();
  if (row < p.rows) { w = dequantize(row, i % blocks, scale_of(row, i % blocks)); }
  store_y(2u * i, w[0]);
  store_y(2u * i + 1u, w[1]);
}
