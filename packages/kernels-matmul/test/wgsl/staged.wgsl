// matmul/staged
struct Params { m: u32, n: u32, k: u32, batch: u32, d1: u32, d2: u32, d3: u32, alpha: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
fn load_a(i: u32) -> vec4<f32> { return a[i]; }
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
fn load_b(i: u32) -> vec4<f32> { return b[i]; }
@group(0) @binding(2) var<storage, read> bias: array<vec4<f32>>;
fn load_bias(i: u32) -> vec4<f32> { return bias[i]; }
@group(0) @binding(3) var<storage, read_write> c: array<vec4<f32>>;
fn store_c(i: u32, v: vec4<f32>) { c[i] = v; }

const ROWS = 64u; // of a workgroup
const COLUMNS = 64u;
fn matrices(i: u32) -> vec2u {
  var rest = i; var at = vec2u(); var step = vec2u(1u);
  
  return at;
}
fn bias_at(col: u32) -> vec4f { return load_bias(col >> 2u); }
fn activation(x: vec4<f32>) -> vec4<f32> { return select(x, vec4<f32>(0.0), bitcast<vec4<u32>>(x) - vec4<u32>(0x80000000u) <= vec4<u32>(0x7f800000u)); }
fn finish(sum: vec4<f32>, col: u32) -> vec4<f32> { return activation(p.alpha * sum + bias_at(col)); }
fn put(matrix: u32, row: u32, col: u32, sum: vec4f) {
  if (row >= p.m || col >= p.n) { return; }
  let v = finish(sum, col);
  let at = (matrix * p.m + row) * p.n + col;
  store_c(at >> 2u, v);
}

var<workgroup> tile_a: array<vec4f, 256>;
// Four neighbours of a row as stored, zero past the edges.
fn fetch_a(base: u32, outer: u32, inner: u32, outers: u32, inners: u32) -> vec4f {
  var v = vec4f();
  if (outer >= outers) { return v; }
  let at = base + outer * inners + inner;
  if (inner < inners) { v = load_a(at >> 2u); }
  return v;
}
var<workgroup> tile_b: array<vec4f, 256>;
// Four neighbours of a row as stored, zero past the edges.
fn fetch_b(base: u32, outer: u32, inner: u32, outers: u32, inners: u32) -> vec4f {
  var v = vec4f();
  if (outer >= outers) { return v; }
  let at = base + outer * inners + inner;
  if (inner < inners) { v = load_b(at >> 2u); }
  return v;
}

@compute @workgroup_size(16, 8)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) thread: vec3u, @builtin(local_invocation_index) index: u32) {
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

  for (var k0 = 0u; k0 < 0x40000000u; k0 += 16u) {
    if (k0 >= p.k) { break; }
    for (var i = index; i < 256u; i += 128u) {
      tile_a[i] = fetch_a(base.x, row0 + i / 4u, k0 + i % 4u * 4u, p.m, p.k);
    }
    for (var i = index; i < 256u; i += 128u) {
      tile_b[i] = fetch_b(base.y, col0 + i / 4u, k0 + i % 4u * 4u, p.n, p.k);
    }
    workgroupBarrier();
    for (var k = 0u; k < 4u; k++) {
    let a0 = tile_a[(thread.y * 8u + 0u) * 4u + k]; let a1 = tile_a[(thread.y * 8u + 1u) * 4u + k]; let a2 = tile_a[(thread.y * 8u + 2u) * 4u + k]; let a3 = tile_a[(thread.y * 8u + 3u) * 4u + k]; let a4 = tile_a[(thread.y * 8u + 4u) * 4u + k]; let a5 = tile_a[(thread.y * 8u + 5u) * 4u + k]; let a6 = tile_a[(thread.y * 8u + 6u) * 4u + k]; let a7 = tile_a[(thread.y * 8u + 7u) * 4u + k];
    let b0 = tile_b[(thread.x * 4u + 0u) * 4u + k]; let b1 = tile_b[(thread.x * 4u + 1u) * 4u + k]; let b2 = tile_b[(thread.x * 4u + 2u) * 4u + k]; let b3 = tile_b[(thread.x * 4u + 3u) * 4u + k];
    let t0 = vec4f(b0[0], b1[0], b2[0], b3[0]); let t1 = vec4f(b0[1], b1[1], b2[1], b3[1]); let t2 = vec4f(b0[2], b1[2], b2[2], b3[2]); let t3 = vec4f(b0[3], b1[3], b2[3], b3[3]);
    c0_0 = fma(vec4f(a0[0]), t0, c0_0); c0_0 = fma(vec4f(a0[1]), t1, c0_0); c0_0 = fma(vec4f(a0[2]), t2, c0_0); c0_0 = fma(vec4f(a0[3]), t3, c0_0);
    c1_0 = fma(vec4f(a1[0]), t0, c1_0); c1_0 = fma(vec4f(a1[1]), t1, c1_0); c1_0 = fma(vec4f(a1[2]), t2, c1_0); c1_0 = fma(vec4f(a1[3]), t3, c1_0);
    c2_0 = fma(vec4f(a2[0]), t0, c2_0); c2_0 = fma(vec4f(a2[1]), t1, c2_0); c2_0 = fma(vec4f(a2[2]), t2, c2_0); c2_0 = fma(vec4f(a2[3]), t3, c2_0);
    c3_0 = fma(vec4f(a3[0]), t0, c3_0); c3_0 = fma(vec4f(a3[1]), t1, c3_0); c3_0 = fma(vec4f(a3[2]), t2, c3_0); c3_0 = fma(vec4f(a3[3]), t3, c3_0);
    c4_0 = fma(vec4f(a4[0]), t0, c4_0); c4_0 = fma(vec4f(a4[1]), t1, c4_0); c4_0 = fma(vec4f(a4[2]), t2, c4_0); c4_0 = fma(vec4f(a4[3]), t3, c4_0);
    c5_0 = fma(vec4f(a5[0]), t0, c5_0); c5_0 = fma(vec4f(a5[1]), t1, c5_0); c5_0 = fma(vec4f(a5[2]), t2, c5_0); c5_0 = fma(vec4f(a5[3]), t3, c5_0);
    c6_0 = fma(vec4f(a6[0]), t0, c6_0); c6_0 = fma(vec4f(a6[1]), t1, c6_0); c6_0 = fma(vec4f(a6[2]), t2, c6_0); c6_0 = fma(vec4f(a6[3]), t3, c6_0);
    c7_0 = fma(vec4f(a7[0]), t0, c7_0); c7_0 = fma(vec4f(a7[1]), t1, c7_0); c7_0 = fma(vec4f(a7[2]), t2, c7_0); c7_0 = fma(vec4f(a7[3]), t3, c7_0);
    }
    workgroupBarrier();
  }
  put(matrix, row + 0u, col + 0u, c0_0);
    put(matrix, row + 1u, col + 0u, c1_0);
    put(matrix, row + 2u, col + 0u, c2_0);
    put(matrix, row + 3u, col + 0u, c3_0);
    put(matrix, row + 4u, col + 0u, c4_0);
    put(matrix, row + 5u, col + 0u, c5_0);
    put(matrix, row + 6u, col + 0u, c6_0);
    put(matrix, row + 7u, col + 0u, c7_0);
}
