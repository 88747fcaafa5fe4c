// matmul/direct
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
  let col = col0 + thread.x * 8u;
  let base = matrices(matrix) * vec2u(p.m * p.k, p.k * p.n);
  var c0_0 = vec4f(); var c0_1 = vec4f();
    var c1_0 = vec4f(); var c1_1 = vec4f();
    var c2_0 = vec4f(); var c2_1 = vec4f();
    var c3_0 = vec4f(); var c3_1 = vec4f();
    var c4_0 = vec4f(); var c4_1 = vec4f();
    var c5_0 = vec4f(); var c5_1 = vec4f();
    var c6_0 = vec4f(); var c6_1 = vec4f();
    var c7_0 = vec4f(); var c7_1 = vec4f();
  
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
  let bs4 = (base.y + min(col + 4u, p.n - 1u) * p.k) >> 2u;
  let bs5 = (base.y + min(col + 5u, p.n - 1u) * p.k) >> 2u;
  let bs6 = (base.y + min(col + 6u, p.n - 1u) * p.k) >> 2u;
  let bs7 = (base.y + min(col + 7u, p.n - 1u) * p.k) >> 2u;
  let blocks = p.k / 4u;
  for (var k = 0u; k < 0x40000000u; k++) {
    if (k >= blocks) { break; }
    
    let a0 = load_a(as0 + k); let a1 = load_a(as1 + k); let a2 = load_a(as2 + k); let a3 = load_a(as3 + k); let a4 = load_a(as4 + k); let a5 = load_a(as5 + k); let a6 = load_a(as6 + k); let a7 = load_a(as7 + k);
    let b0 = load_b(bs0 + k); let b1 = load_b(bs1 + k); let b2 = load_b(bs2 + k); let b3 = load_b(bs3 + k); let b4 = load_b(bs4 + k); let b5 = load_b(bs5 + k); let b6 = load_b(bs6 + k); let b7 = load_b(bs7 + k);
    let t0 = vec4f(b0[0], b1[0], b2[0], b3[0]); let t1 = vec4f(b0[1], b1[1], b2[1], b3[1]); let t2 = vec4f(b0[2], b1[2], b2[2], b3[2]); let t3 = vec4f(b0[3], b1[3], b2[3], b3[3]); let t4 = vec4f(b4[0], b5[0], b6[0], b7[0]); let t5 = vec4f(b4[1], b5[1], b6[1], b7[1]); let t6 = vec4f(b4[2], b5[2], b6[2], b7[2]); let t7 = vec4f(b4[3], b5[3], b6[3], b7[3]);
    c0_0 = fma(vec4f(a0[0]), t0, c0_0); c0_0 = fma(vec4f(a0[1]), t1, c0_0); c0_0 = fma(vec4f(a0[2]), t2, c0_0); c0_0 = fma(vec4f(a0[3]), t3, c0_0); c0_1 = fma(vec4f(a0[0]), t4, c0_1); c0_1 = fma(vec4f(a0[1]), t5, c0_1); c0_1 = fma(vec4f(a0[2]), t6, c0_1); c0_1 = fma(vec4f(a0[3]), t7, c0_1);
    c1_0 = fma(vec4f(a1[0]), t0, c1_0); c1_0 = fma(vec4f(a1[1]), t1, c1_0); c1_0 = fma(vec4f(a1[2]), t2, c1_0); c1_0 = fma(vec4f(a1[3]), t3, c1_0); c1_1 = fma(vec4f(a1[0]), t4, c1_1); c1_1 = fma(vec4f(a1[1]), t5, c1_1); c1_1 = fma(vec4f(a1[2]), t6, c1_1); c1_1 = fma(vec4f(a1[3]), t7, c1_1);
    c2_0 = fma(vec4f(a2[0]), t0, c2_0); c2_0 = fma(vec4f(a2[1]), t1, c2_0); c2_0 = fma(vec4f(a2[2]), t2, c2_0); c2_0 = fma(vec4f(a2[3]), t3, c2_0); c2_1 = fma(vec4f(a2[0]), t4, c2_1); c2_1 = fma(vec4f(a2[1]), t5, c2_1); c2_1 = fma(vec4f(a2[2]), t6, c2_1); c2_1 = fma(vec4f(a2[3]), t7, c2_1);
    c3_0 = fma(vec4f(a3[0]), t0, c3_0); c3_0 = fma(vec4f(a3[1]), t1, c3_0); c3_0 = fma(vec4f(a3[2]), t2, c3_0); c3_0 = fma(vec4f(a3[3]), t3, c3_0); c3_1 = fma(vec4f(a3[0]), t4, c3_1); c3_1 = fma(vec4f(a3[1]), t5, c3_1); c3_1 = fma(vec4f(a3[2]), t6, c3_1); c3_1 = fma(vec4f(a3[3]), t7, c3_1);
    c4_0 = fma(vec4f(a4[0]), t0, c4_0); c4_0 = fma(vec4f(a4[1]), t1, c4_0); c4_0 = fma(vec4f(a4[2]), t2, c4_0); c4_0 = fma(vec4f(a4[3]), t3, c4_0); c4_1 = fma(vec4f(a4[0]), t4, c4_1); c4_1 = fma(vec4f(a4[1]), t5, c4_1); c4_1 = fma(vec4f(a4[2]), t6, c4_1); c4_1 = fma(vec4f(a4[3]), t7, c4_1);
    c5_0 = fma(vec4f(a5[0]), t0, c5_0); c5_0 = fma(vec4f(a5[1]), t1, c5_0); c5_0 = fma(vec4f(a5[2]), t2, c5_0); c5_0 = fma(vec4f(a5[3]), t3, c5_0); c5_1 = fma(vec4f(a5[0]), t4, c5_1); c5_1 = fma(vec4f(a5[1]), t5, c5_1); c5_1 = fma(vec4f(a5[2]), t6, c5_1); c5_1 = fma(vec4f(a5[3]), t7, c5_1);
    c6_0 = fma(vec4f(a6[0]), t0, c6_0); c6_0 = fma(vec4f(a6[1]), t1, c6_0); c6_0 = fma(vec4f(a6[2]), t2, c6_0); c6_0 = fma(vec4f(a6[3]), t3, c6_0); c6_1 = fma(vec4f(a6[0]), t4, c6_1); c6_1 = fma(vec4f(a6[1]), t5, c6_1); c6_1 = fma(vec4f(a6[2]), t6, c6_1); c6_1 = fma(vec4f(a6[3]), t7, c6_1);
    c7_0 = fma(vec4f(a7[0]), t0, c7_0); c7_0 = fma(vec4f(a7[1]), t1, c7_0); c7_0 = fma(vec4f(a7[2]), t2, c7_0); c7_0 = fma(vec4f(a7[3]), t3, c7_0); c7_1 = fma(vec4f(a7[0]), t4, c7_1); c7_1 = fma(vec4f(a7[1]), t5, c7_1); c7_1 = fma(vec4f(a7[2]), t6, c7_1); c7_1 = fma(vec4f(a7[3]), t7, c7_1);
  }
  
  put(matrix, row + 0u, col + 0u, c0_0); put(matrix, row + 0u, col + 4u, c0_1);
    put(matrix, row + 1u, col + 0u, c1_0); put(matrix, row + 1u, col + 4u, c1_1);
    put(matrix, row + 2u, col + 0u, c2_0); put(matrix, row + 2u, col + 4u, c2_1);
    put(matrix, row + 3u, col + 0u, c3_0); put(matrix, row + 3u, col + 4u, c3_1);
    put(matrix, row + 4u, col + 0u, c4_0); put(matrix, row + 4u, col + 4u, c4_1);
    put(matrix, row + 5u, col + 0u, c5_0); put(matrix, row + 5u, col + 4u, c5_1);
    put(matrix, row + 6u, col + 0u, c6_0); put(matrix, row + 6u, col + 4u, c6_1);
    put(matrix, row + 7u, col + 0u, c7_0); put(matrix, row + 7u, col + 4u, c7_1);
}
