// gru/sequence
struct Params { m: u32, n: u32, k: u32, batch: u32, t: u32, b: u32, h: u32, o: u32, dirs: u32, step: u32, clip: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> r: array<f32>;
fn load_r(i: u32) -> f32 { return r[i]; }
@group(0) @binding(1) var<storage, read> bias: array<f32>;
fn load_bias(i: u32) -> f32 { return bias[i]; }
@group(0) @binding(2) var<storage, read_write> packed: array<vec4<f32>>;
fn load_packed(i: u32) -> vec4<f32> { return packed[i]; }
fn store_packed(i: u32, v: vec4<f32>) { packed[i] = v; }

const GATES = 3u;
const VECTORS = 4u;
fn projection_start() -> u32 { return p.dirs * ((p.o + 3u) / 4u) * GATES * p.h; }
fn vectors_start() -> u32 { return projection_start(); }
fn number(i: u32) -> f32 {
  let u = i % p.h;
  let which = i / p.h % VECTORS;
  let dir = i / p.h / VECTORS;
  if (dir >= p.dirs) { return 0.0; }
  
  if (which == GATES) { return 0.0; }
  let row = (dir * GATES + which) * p.h + u;
  return load_bias(row);
}
fn columns_r(at: u32, col: u32, width: u32) -> vec4f {
  return vec4f(select(0.0, load_r(at + min(col + 0u, width - 1u)), col + 0u < width), select(0.0, load_r(at + min(col + 1u, width - 1u)), col + 1u < width), select(0.0, load_r(at + min(col + 2u, width - 1u)), col + 2u < width), select(0.0, load_r(at + min(col + 3u, width - 1u)), col + 3u < width));
}


@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * 64u + thread;
  let first = projection_start();
  let second = vectors_start();
  if (i < first) {
    let row = i % (GATES * p.h);
    let k = i / (GATES * p.h) % ((p.o + 3u) / 4u);
    let dir = i / (GATES * p.h) / ((p.o + 3u) / 4u);
    store_packed(i, columns_r((dir * GATES * p.h + row) * p.o, 4u * k, p.o));
  }
  
  if (i >= second && i < second + (p.dirs * VECTORS * p.h + 3u) / 4u) {
    let j = 4u * (i - second);
    store_packed(i, vec4f(number(j), number(j + 1u), number(j + 2u), number(j + 3u)));
  }
}

// gru/sequence
struct Params { m: u32, n: u32, k: u32, batch: u32, t: u32, b: u32, h: u32, o: u32, dirs: u32, step: u32, clip: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
fn load_x(i: u32) -> vec4<f32> { return x[i]; }
@group(0) @binding(1) var<storage, read> w: array<vec4<f32>>;
fn load_w(i: u32) -> vec4<f32> { return w[i]; }
@group(0) @binding(2) var<storage, read_write> packed: array<f32>;
fn load_packed(i: u32) -> f32 { return packed[i]; }
fn store_packed(i: u32, v: f32) { packed[i] = v; }
@group(0) @binding(3) var<storage, read_write> xp: array<vec4<f32>>;
fn load_xp(i: u32) -> vec4<f32> { return xp[i]; }
fn store_xp(i: u32, v: vec4<f32>) { xp[i] = v; }

const ROWS = 64u; // of a workgroup
const COLUMNS = 32u;
fn matrices(i: u32) -> vec2u { return vec2u(); }
const GATES = 3u;
const VECTORS = 4u;
fn projection_start() -> u32 { return p.dirs * ((p.o + 3u) / 4u) * GATES * p.h; }
fn vectors_start() -> u32 { return projection_start(); }
fn number(i: u32) -> f32 { return load_packed(4u * vectors_start() + i); }
fn load_a(i: u32) -> vec4f { return load_x(i); }
fn load_b(i: u32) -> vec4f { return load_w(i); }
fn bias_one(col: u32) -> f32 { return number(col / (GATES * p.h) * VECTORS * p.h + col % (GATES * p.h)); }
fn bias_at(col: u32) -> vec4f { return vec4f(bias_one(min(col + 0u, p.n - 1u)), bias_one(min(col + 1u, p.n - 1u)), bias_one(min(col + 2u, p.n - 1u)), bias_one(min(col + 3u, p.n - 1u))); }
fn put(matrix: u32, row: u32, col: u32, sum: vec4f, bias: vec4f) {
  let v = sum + bias;
  let at = row * p.n + col;
  store_xp(at >> 2u, v);
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
  let blocks = p.k / 4u;
  for (var k = 0u; k < 0x40000000u; k++) {
    
    if (k >= blocks) { break; }
    
    let a0 = load_a(as0 + k); let a1 = load_a(as1 + k); let a2 = load_a(as2 + k); let a3 = load_a(as3 + k); let a4 = load_a(as4 + k); let a5 = load_a(as5 + k); let a6 = load_a(as6 + k); let a7 = load_a(as7 + k);
    let b0 = transpose(mat4x4f(load_b(bs0 + k), load_b(bs1 + k), load_b(bs2 + k), load_b(bs3 + k)));
    c0_0 += b0 * a0;
    c1_0 += b0 * a1;
    c2_0 += b0 * a2;
    c3_0 += b0 * a3;
    c4_0 += b0 * a4;
    c5_0 += b0 * a5;
    c6_0 += b0 * a6;
    c7_0 += b0 * a7;
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
}

// gru/sequence
struct Params { m: u32, n: u32, k: u32, batch: u32, t: u32, b: u32, h: u32, o: u32, dirs: u32, step: u32, clip: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
fn store_y(i: u32, v: f32) { y[i] = v; }
@group(0) @binding(1) var<storage, read_write> hn: array<f32>;
fn store_hn(i: u32, v: f32) { hn[i] = v; }
@group(0) @binding(2) var<storage, read_write> packed: array<vec4<f32>>;
fn load_packed(i: u32) -> vec4<f32> { return packed[i]; }
fn store_packed(i: u32, v: vec4<f32>) { packed[i] = v; }
@group(0) @binding(3) var<storage, read_write> xp: array<f32>;
fn load_xp(i: u32) -> f32 { return xp[i]; }
fn store_xp(i: u32, v: f32) { xp[i] = v; }

const W = 64u; // pieces of a state
const SPAN = 128u; // units of all threads
const HALF = 4u * W; // of h, which is there twice
const GATES = 3u;
const VECTORS = 4u;
fn projection_start() -> u32 { return p.dirs * ((p.o + 3u) / 4u) * GATES * p.h; }
fn vectors_start() -> u32 { return projection_start(); }
fn number(i: u32) -> f32 { return load_packed(vectors_start() + (i >> 2u))[i & 3u]; }
struct State { h: vec2f, c: vec2f }
fn active0(x: vec2f, dir: u32) -> vec2f {
  let e = exp(-abs(x)); let s = select(vec2f(1.0), e, x < vec2f(0.0)) / (1.0 + e); return select(s, x, ((bitcast<vec2u>(x) & vec2u(0x7fffffffu)) > vec2u(0x7f800000u)));
}
fn act0(z: vec2f, dir: u32) -> vec2f {
  return active0(z, dir);
}
fn active1(x: vec2f, dir: u32) -> vec2f {
  let e = exp(-2.0 * abs(x)); let t = (1.0 - e) / (1.0 + e); return select(select(t, -t, x < vec2f(0.0)), x, ((bitcast<vec2u>(x) & vec2u(0x7fffffffu)) > vec2u(0x7f800000u)));
}
fn act1(z: vec2f, dir: u32) -> vec2f {
  return active1(z, dir);
}

fn mixed(n: vec2f, keep: vec2f, h: vec2f) -> vec2f { return (vec2f(1.0) - keep) * n + keep * h; }
fn step(z0: vec2f, z1: vec2f, z2: vec2f, x: vec2f, old: State, dir: u32, unit: u32) -> State {
  let reset = act0(z0, dir); let keep = act0(z1, dir);
  return State(mixed(act1(x + reset * z2, dir), keep, old.h), old.c);
}
fn out_y(i: u32, v: f32) { store_y(i, v); }
fn put_y(at: u32, unit: u32, v: vec2f) {
  if (unit + 0u < p.o) { out_y(at + unit + 0u, v.x); }
  if (unit + 1u < p.o) { out_y(at + unit + 1u, v.y); }
}
fn out_hn(i: u32, v: f32) { store_hn(i, v); }
fn put_hn(at: u32, unit: u32, v: vec2f) {
  if (unit + 0u < p.o) { out_hn(at + unit + 0u, v.x); }
  if (unit + 1u < p.o) { out_hn(at + unit + 1u, v.y); }
}
fn inside(v: vec2f, unit: u32, count: u32) -> vec2f {
  return vec2f(select(0.0, v.x, unit + 0u < count), select(0.0, v.y, unit + 1u < count));
}
fn length_of(b: u32) -> u32 { return p.t; }
var<workgroup> sh: array<vec2f, 512>;
fn get_h(i: u32) -> vec2f { return sh[i]; }
fn set_h(i: u32, v: vec2f) { sh[i] = v; }



@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  
  let group = wid.y * groups.x + wid.x;
  let parts = (p.b + 3u) / 4u;
  let dir = group / parts;
  if (dir >= p.dirs) { return; }
  let row0 = group % parts * 4u;
  let back = false;
  let b0 = min(row0 + 0u, p.b - 1u); let length0 = length_of(b0);
  let b1 = min(row0 + 1u, p.b - 1u); let length1 = length_of(b1);
  let b2 = min(row0 + 2u, p.b - 1u); let length2 = length_of(b2);
  let b3 = min(row0 + 3u, p.b - 1u); let length3 = length_of(b3);
  
  workgroupBarrier();
  for (var s = 0u; s < 0x40000000u; s++) {
    if (s >= p.t) { break; }
    let old_half = (s & 1u) * HALF;
    let new_half = HALF - old_half;
    let on0 = s < length0; let t0 = select(s, length0 - 1u - s, back && on0);
    let on1 = s < length1; let t1 = select(s, length1 - 1u - s, back && on1);
    let on2 = s < length2; let t2 = select(s, length2 - 1u - s, back && on2);
    let on3 = s < length3; let t3 = select(s, length3 - 1u - s, back && on3);
    let x0 = ((t0 * p.b + b0) * p.dirs + dir) * GATES * p.h; let y0 = ((t0 * p.b + b0) * p.dirs + dir) * p.o;
    let x1 = ((t1 * p.b + b1) * p.dirs + dir) * GATES * p.h; let y1 = ((t1 * p.b + b1) * p.dirs + dir) * p.o;
    let x2 = ((t2 * p.b + b2) * p.dirs + dir) * GATES * p.h; let y2 = ((t2 * p.b + b2) * p.dirs + dir) * p.o;
    let x3 = ((t3 * p.b + b3) * p.dirs + dir) * GATES * p.h; let y3 = ((t3 * p.b + b3) * p.dirs + dir) * p.o;
    for (var turn = 0u; turn < 0x40000000u; turn++) {
    if (turn * SPAN >= p.h) { break; }
    let piece = turn * 64u + thread;
    let unit = piece * 2u;
    let u0 = min(unit + 0u, p.h - 1u); let u1 = min(unit + 1u, p.h - 1u);
    var a0_0_0 = load_xp(x0 + 0u * p.h + u0); var a0_1_0 = load_xp(x0 + 0u * p.h + u1); var a0_0_1 = load_xp(x0 + 1u * p.h + u0); var a0_1_1 = load_xp(x0 + 1u * p.h + u1); var a0_0_2 = number((dir * VECTORS + GATES) * p.h + u0); var a0_1_2 = number((dir * VECTORS + GATES) * p.h + u1);
    var a1_0_0 = load_xp(x1 + 0u * p.h + u0); var a1_1_0 = load_xp(x1 + 0u * p.h + u1); var a1_0_1 = load_xp(x1 + 1u * p.h + u0); var a1_1_1 = load_xp(x1 + 1u * p.h + u1); var a1_0_2 = number((dir * VECTORS + GATES) * p.h + u0); var a1_1_2 = number((dir * VECTORS + GATES) * p.h + u1);
    var a2_0_0 = load_xp(x2 + 0u * p.h + u0); var a2_1_0 = load_xp(x2 + 0u * p.h + u1); var a2_0_1 = load_xp(x2 + 1u * p.h + u0); var a2_1_1 = load_xp(x2 + 1u * p.h + u1); var a2_0_2 = number((dir * VECTORS + GATES) * p.h + u0); var a2_1_2 = number((dir * VECTORS + GATES) * p.h + u1);
    var a3_0_0 = load_xp(x3 + 0u * p.h + u0); var a3_1_0 = load_xp(x3 + 0u * p.h + u1); var a3_0_1 = load_xp(x3 + 1u * p.h + u0); var a3_1_1 = load_xp(x3 + 1u * p.h + u1); var a3_0_2 = number((dir * VECTORS + GATES) * p.h + u0); var a3_1_2 = number((dir * VECTORS + GATES) * p.h + u1);
    let at0_0 = dir * ((p.o + 3u) / 4u) * GATES * p.h + 0u * p.h + u0; let at1_0 = dir * ((p.o + 3u) / 4u) * GATES * p.h + 0u * p.h + u1; let at0_1 = dir * ((p.o + 3u) / 4u) * GATES * p.h + 1u * p.h + u0; let at1_1 = dir * ((p.o + 3u) / 4u) * GATES * p.h + 1u * p.h + u1; let at0_2 = dir * ((p.o + 3u) / 4u) * GATES * p.h + 2u * p.h + u0; let at1_2 = dir * ((p.o + 3u) / 4u) * GATES * p.h + 2u * p.h + u1;
    let base0 = old_half + 0u * W; let base1 = old_half + 1u * W; let base2 = old_half + 2u * W; let base3 = old_half + 3u * W;
    let count = (p.o + 3u) / 4u;
    let stride = GATES * p.h;
    for (var k = 0u; k < 0x40000000u; k++) {
      if (k >= count) { break; }
      let next = k * stride;
      let h0 = vec4f(get_h(base0 + 2u * k + 0u), get_h(base0 + 2u * k + 1u)); let h1 = vec4f(get_h(base1 + 2u * k + 0u), get_h(base1 + 2u * k + 1u)); let h2 = vec4f(get_h(base2 + 2u * k + 0u), get_h(base2 + 2u * k + 1u)); let h3 = vec4f(get_h(base3 + 2u * k + 0u), get_h(base3 + 2u * k + 1u));
      let w0_0 = load_packed(at0_0 + next); a0_0_0 += dot(h0, w0_0); a1_0_0 += dot(h1, w0_0); a2_0_0 += dot(h2, w0_0); a3_0_0 += dot(h3, w0_0);
      let w1_0 = load_packed(at1_0 + next); a0_1_0 += dot(h0, w1_0); a1_1_0 += dot(h1, w1_0); a2_1_0 += dot(h2, w1_0); a3_1_0 += dot(h3, w1_0);
      let w0_1 = load_packed(at0_1 + next); a0_0_1 += dot(h0, w0_1); a1_0_1 += dot(h1, w0_1); a2_0_1 += dot(h2, w0_1); a3_0_1 += dot(h3, w0_1);
      let w1_1 = load_packed(at1_1 + next); a0_1_1 += dot(h0, w1_1); a1_1_1 += dot(h1, w1_1); a2_1_1 += dot(h2, w1_1); a3_1_1 += dot(h3, w1_1);
      let w0_2 = load_packed(at0_2 + next); a0_0_2 += dot(h0, w0_2); a1_0_2 += dot(h1, w0_2); a2_0_2 += dot(h2, w0_2); a3_0_2 += dot(h3, w0_2);
      let w1_2 = load_packed(at1_2 + next); a0_1_2 += dot(h0, w1_2); a1_1_2 += dot(h1, w1_2); a2_1_2 += dot(h2, w1_2); a3_1_2 += dot(h3, w1_2);
    }
    let old0 = State(get_h(old_half + 0u * W + min(piece, W - 1u)), vec2f());
    let old1 = State(get_h(old_half + 1u * W + min(piece, W - 1u)), vec2f());
    let old2 = State(get_h(old_half + 2u * W + min(piece, W - 1u)), vec2f());
    let old3 = State(get_h(old_half + 3u * W + min(piece, W - 1u)), vec2f());
    let new0 = step(vec2f(a0_0_0, a0_1_0), vec2f(a0_0_1, a0_1_1), vec2f(a0_0_2, a0_1_2), vec2f(load_xp(x0 + 2u * p.h + u0), load_xp(x0 + 2u * p.h + u1)), old0, dir, unit);
    let new1 = step(vec2f(a1_0_0, a1_1_0), vec2f(a1_0_1, a1_1_1), vec2f(a1_0_2, a1_1_2), vec2f(load_xp(x1 + 2u * p.h + u0), load_xp(x1 + 2u * p.h + u1)), old1, dir, unit);
    let new2 = step(vec2f(a2_0_0, a2_1_0), vec2f(a2_0_1, a2_1_1), vec2f(a2_0_2, a2_1_2), vec2f(load_xp(x2 + 2u * p.h + u0), load_xp(x2 + 2u * p.h + u1)), old2, dir, unit);
    let new3 = step(vec2f(a3_0_0, a3_1_0), vec2f(a3_0_1, a3_1_1), vec2f(a3_0_2, a3_1_2), vec2f(load_xp(x3 + 2u * p.h + u0), load_xp(x3 + 2u * p.h + u1)), old3, dir, unit);
    
    let h0_new = new0.h;
    let h1_new = new1.h;
    let h2_new = new2.h;
    let h3_new = new3.h;
    let kept_h0 = select(old0.h, inside(h0_new, unit, p.o), on0);
    let kept_h1 = select(old1.h, inside(h1_new, unit, p.o), on1);
    let kept_h2 = select(old2.h, inside(h2_new, unit, p.o), on2);
    let kept_h3 = select(old3.h, inside(h3_new, unit, p.o), on3);
    if (piece < W) {
      set_h(new_half + 0u * W + piece, kept_h0);
      set_h(new_half + 1u * W + piece, kept_h1);
      set_h(new_half + 2u * W + piece, kept_h2);
      set_h(new_half + 3u * W + piece, kept_h3);
    }
    
    if (unit + 0u < p.o) {
      out_y(y0 + unit + 0u, select(0.0, h0_new[0], on0));
      out_y(y1 + unit + 0u, select(0.0, h1_new[0], on1));
      out_y(y2 + unit + 0u, select(0.0, h2_new[0], on2));
      out_y(y3 + unit + 0u, select(0.0, h3_new[0], on3));
    }
    if (unit + 1u < p.o) {
      out_y(y0 + unit + 1u, select(0.0, h0_new[1], on0));
      out_y(y1 + unit + 1u, select(0.0, h1_new[1], on1));
      out_y(y2 + unit + 1u, select(0.0, h2_new[1], on2));
      out_y(y3 + unit + 1u, select(0.0, h3_new[1], on3));
    }
    }
    workgroupBarrier();
    
  }
  let last_half = (p.t & 1u) * HALF;
  for (var i = 0u; i < 0x40000000u; i++) {
    let piece = i * 64u + thread;
    if (piece >= W) { break; }
    let unit = piece * 2u;
    for (var r = 0u; r < 0x40000000u; r++) {
      if (r >= 4u) { break; }
      let b = min(row0 + r, p.b - 1u);
      put_hn((dir * p.b + b) * p.o, unit, get_h(last_half + r * W + piece));
    }
  }
}
