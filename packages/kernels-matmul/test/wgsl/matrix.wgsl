// matmul/matrix
enable subgroups;
enable chromium_experimental_subgroup_matrix;
diagnostic(off, chromium.subgroup_matrix_uniformity);
struct Params { m: u32, n: u32, k: u32, batch: u32, d1: u32, d2: u32, d3: u32, alpha: f32, beta: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> a: array<f32>;
fn load_a(i: u32) -> f32 { return a[i]; }
@group(0) @binding(1) var<storage, read> b: array<f32>;
fn load_b(i: u32) -> f32 { return b[i]; }
@group(0) @binding(2) var<storage, read> bias: array<f32>;
fn load_bias(i: u32) -> f32 { return bias[i]; }
@group(0) @binding(3) var<storage, read_write> c: array<f32>;
fn store_c(i: u32, v: f32) { c[i] = v; }

alias Left = subgroup_matrix_left<f32, 8, 8>;
alias Right = subgroup_matrix_right<f32, 8, 8>;
alias Sums = subgroup_matrix_result<f32, 8, 8>;
fn matrices(i: u32) -> vec2u { return vec2u(); }
fn bias_at(col: u32) -> f32 { return load_bias(col); }
fn activation(x: f32) -> f32 { return select(x, f32(0.0), bitcast<u32>(x) - u32(0x80000000u) <= u32(0x7f800000u)); }
fn finish(sum: f32, matrix: u32, row: u32, col: u32, bias_here: f32) -> f32 { return activation(p.alpha * sum + bias_here); }
var<workgroup> sums: array<f32, 4096>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32,
        @builtin(subgroup_size) size: u32) {
  let group = wid.y * groups.x + wid.x;
  let across = (p.n + 127u) / 128u;
  let down = (p.m + 31u) / 32u;
  let matrix = group / (across * down);
  if (matrix >= p.batch) { return; }
  let row0 = group / across % down * 32u;
  let col0 = group % across * 128u;
  let base = matrices(matrix) * vec2u(p.m * p.k, p.k * p.n);
  for (var strip = thread / size; strip < 4u; strip += 128u / size) {
    let col = col0 + strip * 32u;
    if (col >= p.n) { break; }
    var c0_0: Sums; var c0_1: Sums; var c0_2: Sums; var c0_3: Sums;
    var c1_0: Sums; var c1_1: Sums; var c1_2: Sums; var c1_3: Sums;
    var c2_0: Sums; var c2_1: Sums; var c2_2: Sums; var c2_3: Sums;
    var c3_0: Sums; var c3_1: Sums; var c3_2: Sums; var c3_3: Sums;
    for (var k = 0u; k < 0x40000000u; k += 8u) {
      if (k >= p.k) { break; }
      let a0 = subgroupMatrixLoad<Left>(&a, base.x + (row0 + 0u) * p.k + k, false, p.k);
      let a1 = subgroupMatrixLoad<Left>(&a, base.x + (row0 + 8u) * p.k + k, false, p.k);
      let a2 = subgroupMatrixLoad<Left>(&a, base.x + (row0 + 16u) * p.k + k, false, p.k);
      let a3 = subgroupMatrixLoad<Left>(&a, base.x + (row0 + 24u) * p.k + k, false, p.k);
      let b0 = subgroupMatrixLoad<Right>(&b, base.y + (col + 0u) * p.k + k, true, p.k);
      let b1 = subgroupMatrixLoad<Right>(&b, base.y + (col + 8u) * p.k + k, true, p.k);
      let b2 = subgroupMatrixLoad<Right>(&b, base.y + (col + 16u) * p.k + k, true, p.k);
      let b3 = subgroupMatrixLoad<Right>(&b, base.y + (col + 24u) * p.k + k, true, p.k);
      c0_0 = subgroupMatrixMultiplyAccumulate(a0, b0, c0_0); c0_1 = subgroupMatrixMultiplyAccumulate(a0, b1, c0_1); c0_2 = subgroupMatrixMultiplyAccumulate(a0, b2, c0_2); c0_3 = subgroupMatrixMultiplyAccumulate(a0, b3, c0_3);
    c1_0 = subgroupMatrixMultiplyAccumulate(a1, b0, c1_0); c1_1 = subgroupMatrixMultiplyAccumulate(a1, b1, c1_1); c1_2 = subgroupMatrixMultiplyAccumulate(a1, b2, c1_2); c1_3 = subgroupMatrixMultiplyAccumulate(a1, b3, c1_3);
    c2_0 = subgroupMatrixMultiplyAccumulate(a2, b0, c2_0); c2_1 = subgroupMatrixMultiplyAccumulate(a2, b1, c2_1); c2_2 = subgroupMatrixMultiplyAccumulate(a2, b2, c2_2); c2_3 = subgroupMatrixMultiplyAccumulate(a2, b3, c2_3);
    c3_0 = subgroupMatrixMultiplyAccumulate(a3, b0, c3_0); c3_1 = subgroupMatrixMultiplyAccumulate(a3, b1, c3_1); c3_2 = subgroupMatrixMultiplyAccumulate(a3, b2, c3_2); c3_3 = subgroupMatrixMultiplyAccumulate(a3, b3, c3_3);
    }
    subgroupMatrixStore(&sums, strip * 1024u + 0u, c0_0, false, 32u); subgroupMatrixStore(&sums, strip * 1024u + 8u, c0_1, false, 32u); subgroupMatrixStore(&sums, strip * 1024u + 16u, c0_2, false, 32u); subgroupMatrixStore(&sums, strip * 1024u + 24u, c0_3, false, 32u);
    subgroupMatrixStore(&sums, strip * 1024u + 256u, c1_0, false, 32u); subgroupMatrixStore(&sums, strip * 1024u + 264u, c1_1, false, 32u); subgroupMatrixStore(&sums, strip * 1024u + 272u, c1_2, false, 32u); subgroupMatrixStore(&sums, strip * 1024u + 280u, c1_3, false, 32u);
    subgroupMatrixStore(&sums, strip * 1024u + 512u, c2_0, false, 32u); subgroupMatrixStore(&sums, strip * 1024u + 520u, c2_1, false, 32u); subgroupMatrixStore(&sums, strip * 1024u + 528u, c2_2, false, 32u); subgroupMatrixStore(&sums, strip * 1024u + 536u, c2_3, false, 32u);
    subgroupMatrixStore(&sums, strip * 1024u + 768u, c3_0, false, 32u); subgroupMatrixStore(&sums, strip * 1024u + 776u, c3_1, false, 32u); subgroupMatrixStore(&sums, strip * 1024u + 784u, c3_2, false, 32u); subgroupMatrixStore(&sums, strip * 1024u + 792u, c3_3, false, 32u);
  }
  workgroupBarrier();
  // All threads finish: neighbours take neighbouring columns.
  let col = col0 + thread;
  for (var i = 0u; i < 32u; i++) {
    let row = row0 + i;
    if (row >= p.m || col >= p.n) { break; }
    let sum = f32(sums[thread / 32u * 1024u + i * 32u + thread % 32u]);
    store_c((matrix * p.m + row) * p.n + col, finish(sum, matrix, row, col, bias_at(col)));
  }
}
