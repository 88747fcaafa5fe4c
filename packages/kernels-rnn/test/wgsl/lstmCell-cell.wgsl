// lstmCell/cell
enable subgroups;
struct Params { m: u32, n: u32, k: u32, batch: u32, t: u32, b: u32, h: u32, o: u32, dirs: u32, step: u32, clip: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
fn load_x(i: u32) -> vec4<f32> { return x[i]; }
@group(0) @binding(1) var<storage, read> w: array<vec4<f32>>;
fn load_w(i: u32) -> vec4<f32> { return w[i]; }
@group(0) @binding(2) var<storage, read> r: array<vec4<f32>>;
fn load_r(i: u32) -> vec4<f32> { return r[i]; }
@group(0) @binding(3) var<storage, read> bias: array<f32>;
fn load_bias(i: u32) -> f32 { return bias[i]; }
@group(0) @binding(4) var<storage, read_write> hn: array<f32>;
fn store_hn(i: u32, v: f32) { hn[i] = v; }
@group(0) @binding(5) var<storage, read_write> cn: array<f32>;
fn store_cn(i: u32, v: f32) { cn[i] = v; }

const GATES = 4u;
const VECTORS = 4u;
fn number(i: u32) -> f32 {
  let u = i % p.h;
  let which = i / p.h % VECTORS;
  let dir = i / p.h / VECTORS;
  if (dir >= p.dirs) { return 0.0; }
  
  
  let row = (dir * GATES + which) * p.h + u;
  return load_bias(row);
}
struct State { h: f32, c: f32 }
fn active0(x: f32, dir: u32) -> f32 {
  let e = exp(-abs(x)); let s = select(f32(1.0), e, x < f32(0.0)) / (1.0 + e); return select(s, x, ((bitcast<u32>(x) & u32(0x7fffffffu)) > u32(0x7f800000u)));
}
fn act0(z: f32, dir: u32) -> f32 {
  return active0(z, dir);
}
fn active1(x: f32, dir: u32) -> f32 {
  let e = exp(-2.0 * abs(x)); let t = (1.0 - e) / (1.0 + e); return select(select(t, -t, x < f32(0.0)), x, ((bitcast<u32>(x) & u32(0x7fffffffu)) > u32(0x7f800000u)));
}
fn act1(z: f32, dir: u32) -> f32 {
  return active1(z, dir);
}
fn active2(x: f32, dir: u32) -> f32 {
  let e = exp(-2.0 * abs(x)); let t = (1.0 - e) / (1.0 + e); return select(select(t, -t, x < f32(0.0)), x, ((bitcast<u32>(x) & u32(0x7fffffffu)) > u32(0x7f800000u)));
}
fn act2(z: f32, dir: u32) -> f32 {
  return active2(z, dir);
}

fn step(z0: f32, z1: f32, z2: f32, z3: f32, x: f32, old: State, dir: u32, unit: u32) -> State {
  let i = act0(z0, dir);
  let f = act0(z1, dir);
  let c = f * old.c + i * act1(z2, dir);
  let o = act0(z3, dir);
  return State(o * act2(c, dir), c);
}
fn out_hn(i: u32, v: f32) { store_hn(i, v); }
fn put_hn(at: u32, unit: u32, v: f32) {
  if (unit + 0u < p.o) { out_hn(at + unit + 0u, v); }
}
fn out_cn(i: u32, v: f32) { store_cn(i, v); }
fn put_cn(at: u32, unit: u32, v: f32) {
  if (unit + 0u < p.h) { out_cn(at + unit + 0u, v); }
}
fn inside(v: f32, unit: u32, count: u32) -> f32 {
  return f32(select(0.0, v, unit + 0u < count));
}
fn columns_x(at: u32, col: u32, width: u32) -> vec4f {
  return select(vec4f(), load_x((at + min(col, width - 4u)) >> 2u), col < width);
}
fn columns_w(at: u32, col: u32, width: u32) -> vec4f {
  return select(vec4f(), load_w((at + min(col, width - 4u)) >> 2u), col < width);
}
fn columns_r(at: u32, col: u32, width: u32) -> vec4f {
  return select(vec4f(), load_r((at + min(col, width - 4u)) >> 2u), col < width);
}


@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation & 3u;
  let group = wid.y * groups.x + wid.x;
  let across = (p.h + 15u) / 16u;
  let row0 = group / across * 4u;
  if (row0 >= p.b) { return; }
  let dir = 0u;
  let first = (group % across * 16u + (thread >> 2u)) * 1u;
  let u0 = min(first + 0u, p.h - 1u);
  let b0 = min(row0 + 0u, p.b - 1u); let b1 = min(row0 + 1u, p.b - 1u); let b2 = min(row0 + 2u, p.b - 1u); let b3 = min(row0 + 3u, p.b - 1u);
  var z0_0 = vec4f();
  var z1_0 = vec4f();
  var z2_0 = vec4f();
  var z3_0 = vec4f();
  for (var k = 0u; k < 0x40000000u; k++) {
    let col = 16u * k + 4u * lane;
    if (16u * k >= p.k) { break; }
    let x0 = columns_x(b0 * p.k, col, p.k);
    let x1 = columns_x(b1 * p.k, col, p.k);
    let x2 = columns_x(b2 * p.k, col, p.k);
    let x3 = columns_x(b3 * p.k, col, p.k);
    let w0 = transpose(mat4x4f(columns_w((0u * p.h + u0) * p.k, col, p.k), columns_w((1u * p.h + u0) * p.k, col, p.k), columns_w((2u * p.h + u0) * p.k, col, p.k), columns_w((3u * p.h + u0) * p.k, col, p.k)));
    z0_0 += w0 * x0; z1_0 += w0 * x1; z2_0 += w0 * x2; z3_0 += w0 * x3;
  }
  
  
  
  let half0 = z0_0 + quadSwapX(z0_0);
    let z0 = half0 + quadSwapY(half0);
  let half1 = z1_0 + quadSwapX(z1_0);
    let z1 = half1 + quadSwapY(half1);
  let half2 = z2_0 + quadSwapX(z2_0);
    let z2 = half2 + quadSwapY(half2);
  let half3 = z3_0 + quadSwapX(z3_0);
    let z3 = half3 + quadSwapY(half3);
  let unit = first + (lane & 0u);
  let u = min(unit, p.h - 1u);
  let bias0 = number(0u * p.h + u); let bias1 = number(1u * p.h + u); let bias2 = number(2u * p.h + u); let bias3 = number(3u * p.h + u);
  let old0 = State(f32(), f32());
  let old1 = State(f32(), f32());
  let old2 = State(f32(), f32());
  let old3 = State(f32(), f32());
  let new0 = step(z0[0] + bias0, z0[1] + bias1, z0[2] + bias2, z0[3] + bias3, 0.0, old0, dir, u);
  let new1 = step(z1[0] + bias0, z1[1] + bias1, z1[2] + bias2, z1[3] + bias3, 0.0, old1, dir, u);
  let new2 = step(z2[0] + bias0, z2[1] + bias1, z2[2] + bias2, z2[3] + bias3, 0.0, old2, dir, u);
  let new3 = step(z3[0] + bias0, z3[1] + bias1, z3[2] + bias2, z3[3] + bias3, 0.0, old3, dir, u);
  if (lane < 1u) {
    if (unit < p.h) {
    out_hn(b0 * p.h + unit, new0.h); out_cn(b0 * p.h + unit, new0.c);
    out_hn(b1 * p.h + unit, new1.h); out_cn(b1 * p.h + unit, new1.c);
    out_hn(b2 * p.h + unit, new2.h); out_cn(b2 * p.h + unit, new2.c);
    out_hn(b3 * p.h + unit, new3.h); out_cn(b3 * p.h + unit, new3.c);
  }
    }
}
