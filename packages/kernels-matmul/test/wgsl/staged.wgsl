// matmul/staged
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

const ROWS = 32u; // of a workgroup
const COLUMNS = 32u;
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

var<workgroup> tile_a: array<vec4f, 128>;
// Four neighbours of a row as stored, zero past the edges.
fn fetch_a(base: u32, outer: u32, inner: u32, outers: u32, inners: u32) -> vec4f {
  var v = vec4f();
  if (outer >= outers) { return v; }
  let at = base + outer * inners + inner;
  if (inner < inners) { v = load_a(at >> 2u); }
  return v;
}
var<workgroup> tile_b: array<vec4f, 128>;
// Four neighbours of a row as stored, zero past the edges.
fn fetch_b(base: u32, outer: u32, inner: u32, outers: u32, inners: u32) -> vec4f {
  var v = vec4f();
  if (outer >= outers) { return v; }
  let at = base + outer * inners + inner;
  if (inner < inners) { v = load_b(at >> 2u); }
  return v;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) thread: vec3u, @builtin(local_invocation_index) index: u32) {
  let group = wid.y * groups.x + wid.x;
  let across = (p.n + COLUMNS - 1u) / COLUMNS;
  let down = (p.m + ROWS - 1u) / ROWS;
  let matrix = group / (across * down);
  if (matrix >= p.batch) { return; }
  let row0 = group / across % down * ROWS;
  let col0 = group % across * COLUMNS;
  let row = row0 + thread.y * 4u;
  let col = col0 + thread.x * 4u;
  let base = matrices(matrix) * vec2u(p.m * p.k, p.k * p.n);
  var c0_0 = vec4f();
    var c1_0 = vec4f();
    var c2_0 = vec4f();
    var c3_0 = vec4f();

  for (var k0 = 0u; k0 < 0x40000000u; k0 += 16u) {
    if (k0 >= p.k) { break; }
    for (var i = index; i < 128u; i += 64u) {
      tile_a[i] = fetch_a(base.x, row0 + i / 4u, k0 + i % 4u * 4u, p.m, p.k);
    }
    for (var i = index; i < 128u; i += 64u) {
      tile_b[i] = fetch_b(base.y, col0 + i / 4u, k0 + i % 4u * 4u, p.n, p.k);
    }
    workgroupBarrier();
    for (var k = 0u; k < 4u; k++) {
    let a0 = tile_a[(thread.y * 4u + 0u) * 4u + k]; let a1 = tile_a[(thread.y * 4u + 1u) * 4u + k]; let a2 = tile_a[(thread.y * 4u + 2u) * 4u + k]; let a3 = tile_a[(thread.y * 4u + 3u) * 4u + k];
    let b0 = transpose(mat4x4f(tile_b[(thread.x * 4u + 0u) * 4u + k], tile_b[(thread.x * 4u + 1u) * 4u + k], tile_b[(thread.x * 4u + 2u) * 4u + k], tile_b[(thread.x * 4u + 3u) * 4u + k]));
    c0_0 += b0 * a0;
    c1_0 += b0 * a1;
    c2_0 += b0 * a2;
    c3_0 += b0 * a3;
    }
    workgroupBarrier();
  }
  
  let bias0 = bias_at(col + 0u);
  put(matrix, row + 0u, col + 0u, c0_0, bias0);
  put(matrix, row + 1u, col + 0u, c1_0, bias0);
  put(matrix, row + 2u, col + 0u, c2_0, bias0);
  put(matrix, row + 3u, col + 0u, c3_0, bias0);
}
