// matmul/naive
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

fn matrices(i: u32) -> vec2u { return vec2u(); }
fn bias_at(col: u32) -> f32 { return load_bias(col); }
fn activation(x: f32) -> f32 { return select(x, f32(0.0), bitcast<u32>(x) - u32(0x80000000u) <= u32(0x7f800000u)); }
fn finish(sum: f32, matrix: u32, row: u32, col: u32, bias_here: f32) -> f32 { return activation(p.alpha * sum + bias_here); }

fn element(i: u32) -> f32 {
  let col = i % p.n;
  let row = i / p.n % p.m;
  let matrix = i / (p.m * p.n);
  var sum = 0.0;
  let base = matrices(matrix) * vec2u(p.m * p.k, p.k * p.n);
  for (var k = 0u; k < 0x40000000u; k++) {
    if (k >= p.k) { break; }
    let x = load_a(base.x + row * p.k + k);
    let y = load_b(base.y + col * p.k + k);
    sum = fma(x, y, sum);
  }
  return finish(sum, matrix, row, col, bias_at(col));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * 64u + thread;
  let count = p.m * p.n * p.batch;
  if (i < count) { store_c(i, element(i)); }
}
