// matmulInteger/naive
struct Params { m: u32, n: u32, k: u32, batch: u32, d1: u32, d2: u32, d3: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> a: array<u32>;
fn load_a(i: u32) -> u32 { return u32(a[i >> 2u] << ((~i & 3u) << 3u)) >> 24u; }
@group(0) @binding(1) var<storage, read> b: array<u32>;
fn load_b(i: u32) -> i32 { return i32(b[i >> 2u] << ((~i & 3u) << 3u)) >> 24u; }
@group(0) @binding(2) var<storage, read> aZero: array<u32>;
fn load_aZero(i: u32) -> u32 { return u32(aZero[i >> 2u] << ((~i & 3u) << 3u)) >> 24u; }
@group(0) @binding(3) var<storage, read> scale: array<f32>;
fn load_scale(i: u32) -> f32 { return scale[i]; }
@group(0) @binding(4) var<storage, read> zero: array<u32>;
fn load_zero(i: u32) -> u32 { return u32(zero[i >> 2u] << ((~i & 3u) << 3u)) >> 24u; }
@group(0) @binding(5) var<storage, read_write> c: array<u32>;
fn store_c(i: u32, v: vec4<u32>) { c[i] = dot(vec4<u32>(v) & vec4<u32>(255u), vec4<u32>(1u, 0x100u, 0x10000u, 0x1000000u)); }

fn matrices(i: u32) -> vec2u { return vec2u(); }
fn finish(sum: i32, row: u32, col: u32) -> u32 { let x = f32(sum) * load_scale(col); return u32(clamp(round(x) + f32(load_zero(0u)), f32(0.0), f32(255.0))); }
fn a_zero(matrix: u32, i: u32) -> i32 { return i32(load_aZero(0u)); }
fn b_zero(matrix: u32, i: u32) -> i32 { return 0; }

fn element(i: u32) -> u32 {
  let col = i % p.n;
  let row = i / p.n % p.m;
  let matrix = i / (p.m * p.n);
  var sum = 0;
  let which = matrices(matrix);
  let base = which * vec2u(p.m * p.k, p.k * p.n);
  let za = a_zero(which.x, row);
  let zb = b_zero(which.y, col);
  for (var k = 0u; k < 0x40000000u; k++) {
    if (k >= p.k) { break; }
    let x = i32(load_a(base.x + row * p.k + k)) - za;
    let y = i32(load_b(base.y + col * p.k + k)) - zb;
    sum += x * y;
  }
  return finish(sum, row, col);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * 64u + thread;
  let count = p.m * p.n * p.batch;
  if (4u * i >= count) { return; }
  var four = vec4<u32>();
  for (var j = 0u; j < 4u; j++) {
    if (4u * i + j >= count) { break; }
    four[j] = element(4u * i + j);
  }
  store_c(i, four);
}
