// lstm/resident
enable subgroups;
struct Params { m: u32, n: u32, k: u32, batch: u32, t: u32, b: u32, h: u32, o: u32, dirs: u32, step: u32, clip: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
fn load_x(i: u32) -> vec4<f32> { return x[i]; }
@group(0) @binding(1) var<storage, read> w: array<vec4<f32>>;
fn load_w(i: u32) -> vec4<f32> { return w[i]; }
@group(0) @binding(2) var<storage, read> bias: array<f32>;
fn load_bias(i: u32) -> f32 { return bias[i]; }
@group(0) @binding(3) var<storage, read_write> xp: array<vec4<f32>>;
fn load_xp(i: u32) -> vec4<f32> { return xp[i]; }
fn store_xp(i: u32, v: vec4<f32>) { xp[i] = v; }

const ROWS = 16u; // of a workgroup
const COLUMNS = 32u;
fn matrices(i: u32) -> vec2u { return vec2u(); }
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
fn load_a(i: u32) -> vec4f { return load_x(i); }
fn load_b(i: u32) -> vec4f { return load_w(i); }
fn bias_one(col: u32) -> f32 { return number(col / (GATES * p.h) * VECTORS * p.h + col % (GATES * p.h)); }
fn bias_at(col: u32) -> vec4f { return vec4f(bias_one(min(col + 0u, p.n - 1u)), bias_one(min(col + 1u, p.n - 1u)), bias_one(min(col + 2u, p.n - 1u)), bias_one(min(col + 3u, p.n - 1u))); }
fn put(matrix: u32, row: u32, col: u32, sum: vec4f, bias: vec4f) {
  let v = sum + bias;
  let at = row * p.n + col;
  store_xp(at >> 2u, v);
}

@compute @workgroup_size(8, 1)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) thread: vec3u, @builtin(subgroup_invocation_id) invocation: u32) {
  let group = wid.y * groups.x + wid.x;
  let across = (p.n + COLUMNS - 1u) / COLUMNS;
  let down = (p.m + ROWS - 1u) / ROWS;
  let matrix = group / (across * down);
  if (matrix >= p.batch) { return; }
  let row0 = group / across % down * ROWS;
  let col0 = group % across * COLUMNS;
  let row = row0 + thread.y * 16u;
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
    var c8_0 = vec4f();
    var c9_0 = vec4f();
    var c10_0 = vec4f();
    var c11_0 = vec4f();
    var c12_0 = vec4f();
    var c13_0 = vec4f();
    var c14_0 = vec4f();
    var c15_0 = vec4f();
  let lane = invocation & 3u;
  let as0 = (base.x + min(row + 0u + lane, p.m - 1u) * p.k) >> 2u;
  let as1 = (base.x + min(row + 4u + lane, p.m - 1u) * p.k) >> 2u;
  let as2 = (base.x + min(row + 8u + lane, p.m - 1u) * p.k) >> 2u;
  let as3 = (base.x + min(row + 12u + lane, p.m - 1u) * p.k) >> 2u;
  let bs0 = (base.y + min(col + 0u, p.n - 1u) * p.k) >> 2u;
  let bs1 = (base.y + min(col + 1u, p.n - 1u) * p.k) >> 2u;
  let bs2 = (base.y + min(col + 2u, p.n - 1u) * p.k) >> 2u;
  let bs3 = (base.y + min(col + 3u, p.n - 1u) * p.k) >> 2u;
  let blocks = p.k / 4u;
  for (var k = 0u; k < 0x40000000u; k++) {
    
    if (k >= blocks) { break; }
    let q0 = load_a(as0 + k); let q1 = load_a(as1 + k); let q2 = load_a(as2 + k); let q3 = load_a(as3 + k);
    let a0 = quadBroadcast(q0, 0u); let a1 = quadBroadcast(q0, 1u); let a2 = quadBroadcast(q0, 2u); let a3 = quadBroadcast(q0, 3u); let a4 = quadBroadcast(q1, 0u); let a5 = quadBroadcast(q1, 1u); let a6 = quadBroadcast(q1, 2u); let a7 = quadBroadcast(q1, 3u); let a8 = quadBroadcast(q2, 0u); let a9 = quadBroadcast(q2, 1u); let a10 = quadBroadcast(q2, 2u); let a11 = quadBroadcast(q2, 3u); let a12 = quadBroadcast(q3, 0u); let a13 = quadBroadcast(q3, 1u); let a14 = quadBroadcast(q3, 2u); let a15 = quadBroadcast(q3, 3u);
    let b0 = transpose(mat4x4f(load_b(bs0 + k), load_b(bs1 + k), load_b(bs2 + k), load_b(bs3 + k)));
    c0_0 += b0 * a0;
    c1_0 += b0 * a1;
    c2_0 += b0 * a2;
    c3_0 += b0 * a3;
    c4_0 += b0 * a4;
    c5_0 += b0 * a5;
    c6_0 += b0 * a6;
    c7_0 += b0 * a7;
    c8_0 += b0 * a8;
    c9_0 += b0 * a9;
    c10_0 += b0 * a10;
    c11_0 += b0 * a11;
    c12_0 += b0 * a12;
    c13_0 += b0 * a13;
    c14_0 += b0 * a14;
    c15_0 += b0 * a15;
  }
  
  if (row >= p.m || col >= p.n) { return; }
  let bias0 = bias_at(col + 0u);
  put(matrix, min(row + 0u, p.m - 1u), col + 0u, c0_0, bias0);
  put(matrix, min(row + 1u, p.m - 1u), col + 0u, c1_0, bias0);
  put(matrix, min(row + 2u, p.m - 1u), col + 0u, c2_0, bias0);
  put(matrix, min(row + 3u, p.m - 1u), col + 0u, c3_0, bias0);
  put(matrix, min(row + 4u, p.m - 1u), col + 0u, c4_0, bias0);
  put(matrix, min(row + 5u, p.m - 1u), col + 0u, c5_0, bias0);
  put(matrix, min(row + 6u, p.m - 1u), col + 0u, c6_0, bias0);
  put(matrix, min(row + 7u, p.m - 1u), col + 0u, c7_0, bias0);
  put(matrix, min(row + 8u, p.m - 1u), col + 0u, c8_0, bias0);
  put(matrix, min(row + 9u, p.m - 1u), col + 0u, c9_0, bias0);
  put(matrix, min(row + 10u, p.m - 1u), col + 0u, c10_0, bias0);
  put(matrix, min(row + 11u, p.m - 1u), col + 0u, c11_0, bias0);
  put(matrix, min(row + 12u, p.m - 1u), col + 0u, c12_0, bias0);
  put(matrix, min(row + 13u, p.m - 1u), col + 0u, c13_0, bias0);
  put(matrix, min(row + 14u, p.m - 1u), col + 0u, c14_0, bias0);
  put(matrix, min(row + 15u, p.m - 1u), col + 0u, c15_0, bias0);
}

// lstm/resident
enable subgroups;
struct Params { m: u32, n: u32, k: u32, batch: u32, t: u32, b: u32, h: u32, o: u32, dirs: u32, step: u32, clip: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> r: array<vec4<f32>>;
fn load_r(i: u32) -> vec4<f32> { return r[i]; }
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
fn store_y(i: u32, v: f32) { y[i] = v; }
@group(0) @binding(2) var<storage, read_write> hn: array<f32>;
fn store_hn(i: u32, v: f32) { hn[i] = v; }
@group(0) @binding(3) var<storage, read_write> cn: array<f32>;
fn store_cn(i: u32, v: f32) { cn[i] = v; }
@group(0) @binding(4) var<storage, read_write> xp: array<f32>;
fn load_xp(i: u32) -> f32 { return xp[i]; }
fn store_xp(i: u32, v: f32) { xp[i] = v; }

const W = 128u; // pieces of a state
const HALF = 1u * W; // of h, which is there twice
const GATES = 4u;
var<workgroup> sh: array<f32, 256>;
var<private> w: array<mat4x4f, 8>;
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
fn out_y(i: u32, v: f32) { store_y(i, v); }
fn put_y(at: u32, unit: u32, v: f32) {
  if (unit + 0u < p.o) { out_y(at + unit + 0u, v); }
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
fn length_of(b: u32) -> u32 { return p.t; }
fn columns_r(at: u32, col: u32, width: u32) -> vec4f {
  return select(vec4f(), load_r((at + min(col, width - 4u)) >> 2u), col < width);
}

@compute @workgroup_size(512)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation & 3u;
  let group = wid.y * groups.x + wid.x;
  let parts = (p.b + 0u) / 1u;
  let dir = group / parts;
  if (dir >= p.dirs) { return; }
  let row0 = group % parts * 1u;
  let back = false;
  let b0 = min(row0 + 0u, p.b - 1u); let length0 = length_of(b0);
  let quad = thread >> 2u;
  let unit = quad * 1u + (lane & 0u);
  let u = min(unit, p.h - 1u);
  for (var j = 0u; j < 8u; j++) {
    let of_unit = min(quad * 1u + j / 8u, p.h - 1u);
    let col = 16u * (j % 8u) + 4u * lane;
    let r0 = columns_r(((dir * GATES + 0u) * p.h + of_unit) * p.o, col, p.o);
    let r1 = columns_r(((dir * GATES + 1u) * p.h + of_unit) * p.o, col, p.o);
    let r2 = columns_r(((dir * GATES + 2u) * p.h + of_unit) * p.o, col, p.o);
    let r3 = columns_r(((dir * GATES + 3u) * p.h + of_unit) * p.o, col, p.o);
    w[j] = transpose(mat4x4f(r0, r1, r2, r3));
  }
  var state_h0 = f32();
  var state_c0 = f32();
  
  {
    let whole0 = state_h0;
    if (lane == 0u) { sh[0u + 0u + quad] = whole0; }
  }
  workgroupBarrier();
  for (var s = 0u; s < 0x40000000u; s++) {
    if (s >= p.t) { break; }
    let old_half = (s & 1u) * HALF;
    let new_half = HALF - old_half;
    let on0 = s < length0; let t0 = select(s, length0 - 1u - s, back && on0);
    let x0 = ((t0 * p.b + b0) * p.dirs + dir) * GATES * p.h; let y0 = ((t0 * p.b + b0) * p.dirs + dir) * p.o;
    let h0_0 = vec4f(sh[old_half + 4u * (0u + lane) + 0u + 0u], sh[old_half + 4u * (0u + lane) + 0u + 1u], sh[old_half + 4u * (0u + lane) + 0u + 2u], sh[old_half + 4u * (0u + lane) + 0u + 3u]); let h0_1 = vec4f(sh[old_half + 4u * (4u + lane) + 0u + 0u], sh[old_half + 4u * (4u + lane) + 0u + 1u], sh[old_half + 4u * (4u + lane) + 0u + 2u], sh[old_half + 4u * (4u + lane) + 0u + 3u]); let h0_2 = vec4f(sh[old_half + 4u * (8u + lane) + 0u + 0u], sh[old_half + 4u * (8u + lane) + 0u + 1u], sh[old_half + 4u * (8u + lane) + 0u + 2u], sh[old_half + 4u * (8u + lane) + 0u + 3u]); let h0_3 = vec4f(sh[old_half + 4u * (12u + lane) + 0u + 0u], sh[old_half + 4u * (12u + lane) + 0u + 1u], sh[old_half + 4u * (12u + lane) + 0u + 2u], sh[old_half + 4u * (12u + lane) + 0u + 3u]); let h0_4 = vec4f(sh[old_half + 4u * (16u + lane) + 0u + 0u], sh[old_half + 4u * (16u + lane) + 0u + 1u], sh[old_half + 4u * (16u + lane) + 0u + 2u], sh[old_half + 4u * (16u + lane) + 0u + 3u]); let h0_5 = vec4f(sh[old_half + 4u * (20u + lane) + 0u + 0u], sh[old_half + 4u * (20u + lane) + 0u + 1u], sh[old_half + 4u * (20u + lane) + 0u + 2u], sh[old_half + 4u * (20u + lane) + 0u + 3u]); let h0_6 = vec4f(sh[old_half + 4u * (24u + lane) + 0u + 0u], sh[old_half + 4u * (24u + lane) + 0u + 1u], sh[old_half + 4u * (24u + lane) + 0u + 2u], sh[old_half + 4u * (24u + lane) + 0u + 3u]); let h0_7 = vec4f(sh[old_half + 4u * (28u + lane) + 0u + 0u], sh[old_half + 4u * (28u + lane) + 0u + 1u], sh[old_half + 4u * (28u + lane) + 0u + 2u], sh[old_half + 4u * (28u + lane) + 0u + 3u]);
    var z0_0 = w[0u] * h0_0; z0_0 += w[1u] * h0_1; z0_0 += w[2u] * h0_2; z0_0 += w[3u] * h0_3; z0_0 += w[4u] * h0_4; z0_0 += w[5u] * h0_5; z0_0 += w[6u] * h0_6; z0_0 += w[7u] * h0_7;
    let half0 = z0_0 + quadSwapX(z0_0);
    let z0 = half0 + quadSwapY(half0);
    let old0 = State(state_h0, state_c0);
    let new0 = step(z0[0] + load_xp(x0 + 0u * p.h + u), z0[1] + load_xp(x0 + 1u * p.h + u), z0[2] + load_xp(x0 + 2u * p.h + u), z0[3] + load_xp(x0 + 3u * p.h + u), 0.0, old0, dir, u);
    state_h0 = select(old0.h, inside(new0.h, unit, p.o), on0);
    state_c0 = select(old0.c, new0.c, on0);
    let whole0 = state_h0;
    if (lane == 0u) { sh[new_half + 0u + quad] = whole0; }
    if (lane < 1u) {
    if (unit < p.o) { out_y(y0 + unit, select(0.0, new0.h, on0)); }
    }
    workgroupBarrier();
  }
  if (lane < 1u) {
    put_hn((dir * p.b + b0) * p.o, unit, state_h0); put_cn((dir * p.b + b0) * p.h, unit, state_c0);
    }
}
