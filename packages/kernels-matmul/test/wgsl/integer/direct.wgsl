// matmulInteger/direct
struct Params { m: u32, n: u32, k: u32, batch: u32, d1: u32, d2: u32, d3: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> a: array<u32>;
fn load_a(i: u32) -> vec4<u32> { return (vec4<u32>(a[i]) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u); }
@group(0) @binding(1) var<storage, read> b: array<u32>;
fn load_b(i: u32) -> vec4<i32> { return vec4<i32>(vec4<u32>(b[i]) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u); }
@group(0) @binding(2) var<storage, read> aZero: array<u32>;
fn load_aZero(i: u32) -> u32 { return u32(aZero[i >> 2u] << ((~i & 3u) << 3u)) >> 24u; }
@group(0) @binding(3) var<storage, read> scale: array<vec4<f32>>;
fn load_scale(i: u32) -> vec4<f32> { return scale[i]; }
@group(0) @binding(4) var<storage, read> zero: array<u32>;
fn load_zero(i: u32) -> u32 { return u32(zero[i >> 2u] << ((~i & 3u) << 3u)) >> 24u; }
@group(0) @binding(5) var<storage, read_write> c: array<u32>;
fn store_c(i: u32, v: vec4<u32>) { c[i] = dot(vec4<u32>(v) & vec4<u32>(255u), vec4<u32>(1u, 0x100u, 0x10000u, 0x1000000u)); }

const ROWS = 64u; // of a workgroup
const COLUMNS = 64u;
fn matrices(i: u32) -> vec2u { return vec2u(); }
fn a_zero(matrix: u32, i: u32) -> i32 { return i32(load_aZero(0u)); }
fn b_zero(matrix: u32, i: u32) -> i32 { return 0; }
fn get_a(i: u32) -> vec4f { return vec4f(load_a(i)); }
fn get_b(i: u32) -> vec4f { return vec4f(load_b(i)); }
fn finish(sum: vec4<i32>, row: u32, col: u32) -> vec4<u32> { let x = vec4<f32>(sum) * load_scale(col >> 2u); return vec4<u32>(clamp(round(x) + f32(load_zero(0u)), vec4<f32>(0.0), vec4<f32>(255.0))); }
fn put(matrix: u32, row: u32, col: u32, sum: vec4i) {
  if (row >= p.m || col >= p.n) { return; }
  let v = finish(sum, row, col);
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
  var c0_0 = vec4i(); var c0_1 = vec4i();
    var c1_0 = vec4i(); var c1_1 = vec4i();
    var c2_0 = vec4i(); var c2_1 = vec4i();
    var c3_0 = vec4i(); var c3_1 = vec4i();
    var c4_0 = vec4i(); var c4_1 = vec4i();
    var c5_0 = vec4i(); var c5_1 = vec4i();
    var c6_0 = vec4i(); var c6_1 = vec4i();
    var c7_0 = vec4i(); var c7_1 = vec4i();
  
  let which = matrices(matrix);
  let as0 = (base.x + min(row + 0u, p.m - 1u) * p.k) >> 2u;
  let as1 = (base.x + min(row + 1u, p.m - 1u) * p.k) >> 2u;
  let as2 = (base.x + min(row + 2u, p.m - 1u) * p.k) >> 2u;
  let as3 = (base.x + min(row + 3u, p.m - 1u) * p.k) >> 2u;
  let as4 = (base.x + min(row + 4u, p.m - 1u) * p.k) >> 2u;
  let as5 = (base.x + min(row + 5u, p.m - 1u) * p.k) >> 2u;
  let as6 = (base.x + min(row + 6u, p.m - 1u) * p.k) >> 2u;
  let as7 = (base.x + min(row + 7u, p.m - 1u) * p.k) >> 2u;
  let az0 = f32(a_zero(which.x, min(row + 0u, p.m - 1u)));
  let bs0 = (base.y + min(col + 0u, p.n - 1u) * p.k) >> 2u;
  let bs1 = (base.y + min(col + 1u, p.n - 1u) * p.k) >> 2u;
  let bs2 = (base.y + min(col + 2u, p.n - 1u) * p.k) >> 2u;
  let bs3 = (base.y + min(col + 3u, p.n - 1u) * p.k) >> 2u;
  let bs4 = (base.y + min(col + 4u, p.n - 1u) * p.k) >> 2u;
  let bs5 = (base.y + min(col + 5u, p.n - 1u) * p.k) >> 2u;
  let bs6 = (base.y + min(col + 6u, p.n - 1u) * p.k) >> 2u;
  let bs7 = (base.y + min(col + 7u, p.n - 1u) * p.k) >> 2u;
  let blocks = p.k / 4u;
  for (var part = 0u; part < 0x40000000u; part++) {
    if (64u * part >= blocks) { break; }
    var f0_0 = vec4f(); var f0_1 = vec4f();
    var f1_0 = vec4f(); var f1_1 = vec4f();
    var f2_0 = vec4f(); var f2_1 = vec4f();
    var f3_0 = vec4f(); var f3_1 = vec4f();
    var f4_0 = vec4f(); var f4_1 = vec4f();
    var f5_0 = vec4f(); var f5_1 = vec4f();
    var f6_0 = vec4f(); var f6_1 = vec4f();
    var f7_0 = vec4f(); var f7_1 = vec4f();
    for (var i = 0u; i < 64u; i++) {
      let k = 64u * part + i;
      if (k >= blocks) { break; }
    
    let a0 = (get_a(as0 + k) - az0); let a1 = (get_a(as1 + k) - az0); let a2 = (get_a(as2 + k) - az0); let a3 = (get_a(as3 + k) - az0); let a4 = (get_a(as4 + k) - az0); let a5 = (get_a(as5 + k) - az0); let a6 = (get_a(as6 + k) - az0); let a7 = (get_a(as7 + k) - az0);
    let b0 = transpose(mat4x4f(get_b(bs0 + k), get_b(bs1 + k), get_b(bs2 + k), get_b(bs3 + k))); let b1 = transpose(mat4x4f(get_b(bs4 + k), get_b(bs5 + k), get_b(bs6 + k), get_b(bs7 + k)));
    f0_0 += b0 * a0; f0_1 += b1 * a0;
    f1_0 += b0 * a1; f1_1 += b1 * a1;
    f2_0 += b0 * a2; f2_1 += b1 * a2;
    f3_0 += b0 * a3; f3_1 += b1 * a3;
    f4_0 += b0 * a4; f4_1 += b1 * a4;
    f5_0 += b0 * a5; f5_1 += b1 * a5;
    f6_0 += b0 * a6; f6_1 += b1 * a6;
    f7_0 += b0 * a7; f7_1 += b1 * a7;
    }
    c0_0 += vec4i(f0_0); c0_1 += vec4i(f0_1);
    c1_0 += vec4i(f1_0); c1_1 += vec4i(f1_1);
    c2_0 += vec4i(f2_0); c2_1 += vec4i(f2_1);
    c3_0 += vec4i(f3_0); c3_1 += vec4i(f3_1);
    c4_0 += vec4i(f4_0); c4_1 += vec4i(f4_1);
    c5_0 += vec4i(f5_0); c5_1 += vec4i(f5_1);
    c6_0 += vec4i(f6_0); c6_1 += vec4i(f6_1);
    c7_0 += vec4i(f7_0); c7_1 += vec4i(f7_1);
  }
  
  
  put(matrix, row + 0u, col + 0u, c0_0);
  put(matrix, row + 1u, col + 0u, c1_0);
  put(matrix, row + 2u, col + 0u, c2_0);
  put(matrix, row + 3u, col + 0u, c3_0);
  put(matrix, row + 4u, col + 0u, c4_0);
  put(matrix, row + 5u, col + 0u, c5_0);
  put(matrix, row + 6u, col + 0u, c6_0);
  put(matrix, row + 7u, col + 0u, c7_0);
  put(matrix, row + 0u, col + 4u, c0_1);
  put(matrix, row + 1u, col + 4u, c1_1);
  put(matrix, row + 2u, col + 4u, c2_1);
  put(matrix, row + 3u, col + 4u, c3_1);
  put(matrix, row + 4u, col + 4u, c4_1);
  put(matrix, row + 5u, col + 4u, c5_1);
  put(matrix, row + 6u, col + 4u, c6_1);
  put(matrix, row + 7u, col + 4u, c7_1);
}
