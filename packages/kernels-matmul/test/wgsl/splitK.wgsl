// matmul/splitK
struct Params { m: u32, n: u32, k: u32, batch: u32, d1: u32, d2: u32, d3: u32, alpha: f32, beta: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
fn load_a(i: u32) -> vec4<f32> { return a[i]; }
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
fn load_b(i: u32) -> vec4<f32> { return b[i]; }
@group(0) @binding(2) var<storage, read_write> partial: array<vec4<f32>>;
fn load_partial(i: u32) -> vec4<f32> { return partial[i]; }
fn store_partial(i: u32, v: vec4<f32>) { partial[i] = v; }

const ROWS = 32u; // of a workgroup
const COLUMNS = 32u;
fn matrices(i: u32) -> vec2u { return vec2u(); }

fn put(matrix: u32, row: u32, col: u32, sum: vec4f) {
  
  let v = sum;
  let at = (matrix * p.m + row) * p.n + col;
  store_partial(at >> 2u, v);
}


@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) thread: vec3u) {
  let group = (wid.y * groups.x + wid.x) / 8u;
  let slice = (wid.y * groups.x + wid.x) % 8u;
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
  
  let as0 = (base.x + min(row + 0u, p.m - 1u) * p.k) >> 2u;
  let as1 = (base.x + min(row + 1u, p.m - 1u) * p.k) >> 2u;
  let as2 = (base.x + min(row + 2u, p.m - 1u) * p.k) >> 2u;
  let as3 = (base.x + min(row + 3u, p.m - 1u) * p.k) >> 2u;
  let bs0 = (base.y + min(col + 0u, p.n - 1u) * p.k) >> 2u;
  let bs1 = (base.y + min(col + 1u, p.n - 1u) * p.k) >> 2u;
  let bs2 = (base.y + min(col + 2u, p.n - 1u) * p.k) >> 2u;
  let bs3 = (base.y + min(col + 3u, p.n - 1u) * p.k) >> 2u;
  let share = (p.k / 4u + 7u) / 8u;
  let first = slice * share;
  let blocks = min(first + share, p.k / 4u);
  for (var turn = 0u; turn < 0x40000000u; turn++) {
    let k = first + turn;
    if (k >= blocks) { break; }
    
    let a0 = load_a(as0 + k); let a1 = load_a(as1 + k); let a2 = load_a(as2 + k); let a3 = load_a(as3 + k);
    let b0 = transpose(mat4x4f(load_b(bs0 + k), load_b(bs1 + k), load_b(bs2 + k), load_b(bs3 + k)));
    c0_0 += b0 * a0;
    c1_0 += b0 * a1;
    c2_0 += b0 * a2;
    c3_0 += b0 * a3;
  }
  
  if (row >= p.m || col >= p.n) { return; }
  put(slice * p.batch + matrix, min(row + 0u, p.m - 1u), col + 0u, c0_0);
  put(slice * p.batch + matrix, min(row + 1u, p.m - 1u), col + 0u, c1_0);
  put(slice * p.batch + matrix, min(row + 2u, p.m - 1u), col + 0u, c2_0);
  put(slice * p.batch + matrix, min(row + 3u, p.m - 1u), col + 0u, c3_0);
}

// matmul/splitK
struct Params { m: u32, n: u32, k: u32, batch: u32, d1: u32, d2: u32, d3: u32, alpha: f32, beta: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> bias: array<vec4<f32>>;
fn load_bias(i: u32) -> vec4<f32> { return bias[i]; }
@group(0) @binding(1) var<storage, read_write> c: array<vec4<f32>>;
fn store_c(i: u32, v: vec4<f32>) { c[i] = v; }
@group(0) @binding(2) var<storage, read_write> partial: array<vec4<f32>>;
fn load_partial(i: u32) -> vec4<f32> { return partial[i]; }
fn store_partial(i: u32, v: vec4<f32>) { partial[i] = v; }

fn bias_at(col: u32) -> vec4<f32> { return load_bias(min(col, p.n - 4u) >> 2u); }
fn activation(x: vec4<f32>) -> vec4<f32> { return select(x, vec4<f32>(0.0), bitcast<vec4<u32>>(x) - vec4<u32>(0x80000000u) <= vec4<u32>(0x7f800000u)); }
fn finish(sum: vec4<f32>, matrix: u32, row: u32, col: u32, bias_here: vec4<f32>) -> vec4<f32> { return activation(p.alpha * sum + bias_here); }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * 64u + thread;
  let count = p.m * p.n * p.batch / 4u;
  if (i >= count) { return; }
  var sum = load_partial(i);
  for (var s = 1u; s < 8u; s++) { sum += load_partial(s * count + i); }
  let at = i * 4u;
  store_c(i, finish(sum, at / (p.m * p.n), at / p.n % p.m, at % p.n, bias_at(at % p.n)));
}
