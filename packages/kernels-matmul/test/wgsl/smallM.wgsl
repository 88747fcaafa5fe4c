// matmul/smallM
struct Params { m: u32, n: u32, k: u32, batch: u32, d1: u32, d2: u32, d3: u32, alpha: f32, beta: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
fn load_a(i: u32) -> vec4<f32> { return a[i]; }
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
fn load_b(i: u32) -> vec4<f32> { return b[i]; }
@group(0) @binding(2) var<storage, read> bias: array<vec4<f32>>;
fn load_bias(i: u32) -> vec4<f32> { return bias[i]; }
@group(0) @binding(3) var<storage, read_write> c: array<vec4<f32>>;
fn store_c(i: u32, v: vec4<f32>) { c[i] = v; }

const ACROSS = 32u; // outputs of a workgroup
fn matrices(i: u32) -> vec2u { return vec2u(); }
fn bias_at(col: u32) -> vec4<f32> { return load_bias(min(col, p.n - 4u) >> 2u); }
fn activation(x: vec4<f32>) -> vec4<f32> { return select(x, vec4<f32>(0.0), bitcast<vec4<u32>>(x) - vec4<u32>(0x80000000u) <= vec4<u32>(0x7f800000u)); }
fn finish(sum: vec4<f32>, matrix: u32, row: u32, col: u32, bias_here: vec4<f32>) -> vec4<f32> { return activation(p.alpha * sum + bias_here); }
fn put(matrix: u32, row: u32, col: u32, sum: vec4f, bias_here: vec4f) {
  if (row >= p.m || col >= p.n) { return; }
  let v = finish(sum, matrix, row, col, bias_here);
  let at = (matrix * p.m + row) * p.n + col;
  store_c(at >> 2u, v);
}
var<workgroup> partial: array<vec4f, 512>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let group = wid.y * groups.x + wid.x;
  let across = (p.n + ACROSS - 1u) / ACROSS;
  let down = (p.m + 7u) / 8u;
  let matrix = group / (across * down);
  if (matrix >= p.batch) { return; }
  // Neighbouring threads read neighbouring vec4: slices of k where k runs along the rows, else groups of outputs.
  let slice = thread % 8u;
  let first = group % across * ACROSS + 4u * (thread / 8u);
  let row = group / across % down * 8u;
  let col = first;
  let base = matrices(matrix) * vec2u(p.m * p.k, p.k * p.n);
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
  var c0_0 = vec4f(); var c1_0 = vec4f(); var c2_0 = vec4f(); var c3_0 = vec4f(); var c4_0 = vec4f(); var c5_0 = vec4f(); var c6_0 = vec4f(); var c7_0 = vec4f();
  let blocks = p.k / 4u;
  for (var turn = 0u; turn < 0x40000000u; turn++) {
    let k = turn * 8u + slice;
    if (k >= blocks) { break; }
    let a0 = load_a(as0 + k); let a1 = load_a(as1 + k); let a2 = load_a(as2 + k); let a3 = load_a(as3 + k); let a4 = load_a(as4 + k); let a5 = load_a(as5 + k); let a6 = load_a(as6 + k); let a7 = load_a(as7 + k);
    let b0 = transpose(mat4x4f(load_b(bs0 + k), load_b(bs1 + k), load_b(bs2 + k), load_b(bs3 + k)));
    c0_0 += b0 * a0;
    c1_0 += b0 * a1;
    c2_0 += b0 * a2;
    c3_0 += b0 * a3;
    c4_0 += b0 * a4;
    c5_0 += b0 * a5;
    c6_0 += b0 * a6;
    c7_0 += b0 * a7;
  }
  
  
  partial[thread * 8u + 0u] = c0_0; partial[thread * 8u + 1u] = c1_0; partial[thread * 8u + 2u] = c2_0; partial[thread * 8u + 3u] = c3_0; partial[thread * 8u + 4u] = c4_0; partial[thread * 8u + 5u] = c5_0; partial[thread * 8u + 6u] = c6_0; partial[thread * 8u + 7u] = c7_0;
  workgroupBarrier();
  if (slice > 0u) { return; }
  for (var s = 1u; s < 8u; s++) {
    c0_0 += partial[(thread + s * 1u) * 8u + 0u]; c1_0 += partial[(thread + s * 1u) * 8u + 1u]; c2_0 += partial[(thread + s * 1u) * 8u + 2u]; c3_0 += partial[(thread + s * 1u) * 8u + 3u]; c4_0 += partial[(thread + s * 1u) * 8u + 4u]; c5_0 += partial[(thread + s * 1u) * 8u + 5u]; c6_0 += partial[(thread + s * 1u) * 8u + 6u]; c7_0 += partial[(thread + s * 1u) * 8u + 7u];
  }
  let bias0 = bias_at(col);
  put(matrix, row + 0u, col, c0_0, bias0); put(matrix, row + 1u, col, c1_0, bias0); put(matrix, row + 2u, col, c2_0, bias0); put(matrix, row + 3u, col, c3_0, bias0); put(matrix, row + 4u, col, c4_0, bias0); put(matrix, row + 5u, col, c5_0, bias0); put(matrix, row + 6u, col, c6_0, bias0); put(matrix, row + 7u, col, c7_0, bias0);
}
