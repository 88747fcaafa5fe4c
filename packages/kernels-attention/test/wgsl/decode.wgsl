// attention/decode
enable subgroups;
struct Params { batch: u32, heads: u32, group: u32, s: u32, t: u32, length: u32, d: u32, dv: u32, scale: f32, softcap: f32, offset: i32, left: i32, right: i32, maskB: u32, maskH: u32, maskS: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
fn load_q(i: u32) -> vec4<f32> { return q[i]; }
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
fn load_k(i: u32) -> vec4<f32> { return k[i]; }
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
fn load_v(i: u32) -> vec4<f32> { return v[i]; }
@group(0) @binding(3) var<storage, read_write> partial: array<vec4<f32>>;
fn load_partial(i: u32) -> vec4<f32> { return partial[i]; }
fn store_partial(i: u32, v: vec4<f32>) { partial[i] = v; }
@group(0) @binding(4) var<storage, read_write> stats: array<vec2<f32>>;
fn load_stats(i: u32) -> vec2<f32> { return stats[i]; }
fn store_stats(i: u32, v: vec2<f32>) { stats[i] = v; }

const QUADS = 16u;
const SLICES = 2u; // workgroups for a query

const LOG2E = 1.4426950408889634;
const HIDDEN = -3.4028234e38; // the score of a key that is not seen
const FLOOR = -3.4028232e38; // the least that a seen one can have
fn out_row(b: u32, h: u32, i: u32) -> u32 { return (b * p.heads + h) * p.s + i; }
fn query_row(b: u32, h: u32, i: u32) -> u32 { return out_row(b, h, i); }
fn key_row(b: u32, h: u32, i: u32) -> u32 { return (b * (p.heads / p.group) + h) * p.t + i; }
fn q4(row: u32, c: u32) -> vec4f {
  let last = (p.d >> 2u) - 1u;
  let four = load_q(row * (last + 1u) + c);
  return four;
}
fn k4(row: u32, c: u32) -> vec4f {
  let last = (p.d >> 2u) - 1u;
  let four = load_k(row * (last + 1u) + c);
  return four;
}
fn v4(row: u32, c: u32) -> vec4f {
  let last = (p.dv >> 2u) - 1u;
  let four = load_v(row * (last + 1u) + c);
  return four;
}
fn length_of(b: u32) -> u32 { return p.length; }
fn position(i: u32, length: u32) -> i32 { return i32(i) + i32(length) - i32(p.s); }
fn window(position: i32, length: u32) -> vec2u {
  return vec2u(0u, u32(clamp(position + p.right + 1, 0, i32(length))));
}
fn score(dot: f32, b: u32, h: u32, i: u32, key: u32, position: i32) -> f32 {
  var s = dot * (p.scale * LOG2E);
  
  return s;
}

fn transpose_add(lane: u32, a0: f32, a1: f32, a2: f32, a3: f32) -> f32 {
  let odd = (lane & 1u) == 1u;
  let high = (lane & 2u) == 2u;
  let b0 = select(a0, a1, odd) + quadSwapX(select(a1, a0, odd));
  let b1 = select(a2, a3, odd) + quadSwapX(select(a3, a2, odd));
  return select(b0, b1, high) + quadSwapY(select(b1, b0, high));
}
fn weight(x: f32) -> f32 {
  return select(exp2(x), x, ((bitcast<u32>(x) & u32(0x7fffffffu)) > u32(0x7f800000u)));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation & 3u;
  let group = wid.y * groups.x + wid.x;
  let rows = p.batch * p.heads * p.s;
  let row = group / SLICES;
  if (row >= rows) { return; }
  let i = row % p.s;
  let h = row / p.s % p.heads;
  let b = row / (p.s * p.heads);
  let length = length_of(b);
  let position = position(i, length);
  let range = window(position, length);
  let part = group % SLICES * QUADS + (quadBroadcast(thread, 0u) >> 2u);
  // Keys of a quad, in fours: all quads take the same number of turns.
  let turns = (max(range.y, range.x) - range.x + 4u * SLICES * QUADS - 1u) / (4u * SLICES * QUADS);
  let first = range.x + 4u * turns * part;
  let query = query_row(b, h, i);
  let head = h / p.group;
  let x0 = q4(query, 0u + lane);
  let x1 = q4(query, 4u + lane);
  let x2 = q4(query, 8u + lane);
  let x3 = q4(query, 12u + lane);
  var o0 = vec4f();
  var o1 = vec4f();
  var o2 = vec4f();
  var o3 = vec4f();
  var top = HIDDEN;
  var sum = 0.0; // of this lane's keys
  for (var turn = 0u; turn < 0x40000000u; turn++) {
    if (turn >= turns) { break; }
    let key = first + 4u * turn;
    let at0 = key_row(b, head, min(key + 0u, range.y - 1u));
    let at1 = key_row(b, head, min(key + 1u, range.y - 1u));
    let at2 = key_row(b, head, min(key + 2u, range.y - 1u));
    let at3 = key_row(b, head, min(key + 3u, range.y - 1u));
    let dots = transpose_add(lane, dot(x0, k4(at0, 0u + lane)) + dot(x1, k4(at0, 4u + lane)) + dot(x2, k4(at0, 8u + lane)) + dot(x3, k4(at0, 12u + lane)),
    dot(x0, k4(at1, 0u + lane)) + dot(x1, k4(at1, 4u + lane)) + dot(x2, k4(at1, 8u + lane)) + dot(x3, k4(at1, 12u + lane)),
    dot(x0, k4(at2, 0u + lane)) + dot(x1, k4(at2, 4u + lane)) + dot(x2, k4(at2, 8u + lane)) + dot(x3, k4(at2, 12u + lane)),
    dot(x0, k4(at3, 0u + lane)) + dot(x1, k4(at3, 4u + lane)) + dot(x2, k4(at3, 8u + lane)) + dot(x3, k4(at3, 12u + lane)));
    let mine = key + lane;
    let s = select(HIDDEN, score(dots, b, h, i, min(mine, range.y - 1u), position), mine < range.y);
    var most = max(s, quadSwapX(s));
    most = max(top, max(most, quadSwapY(most)));
    let old = exp2(top - most);
    let own = select(weight(s - most), 0.0, s == HIDDEN);
    sum = sum * old + own;
    top = most;
    let weights = vec4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
    o0 = o0 * old + mat4x4f(select(v4(at0, 0u + lane), vec4f(), weights[0] == 0.0), select(v4(at1, 0u + lane), vec4f(), weights[1] == 0.0), select(v4(at2, 0u + lane), vec4f(), weights[2] == 0.0), select(v4(at3, 0u + lane), vec4f(), weights[3] == 0.0)) * weights;
    o1 = o1 * old + mat4x4f(select(v4(at0, 4u + lane), vec4f(), weights[0] == 0.0), select(v4(at1, 4u + lane), vec4f(), weights[1] == 0.0), select(v4(at2, 4u + lane), vec4f(), weights[2] == 0.0), select(v4(at3, 4u + lane), vec4f(), weights[3] == 0.0)) * weights;
    o2 = o2 * old + mat4x4f(select(v4(at0, 8u + lane), vec4f(), weights[0] == 0.0), select(v4(at1, 8u + lane), vec4f(), weights[1] == 0.0), select(v4(at2, 8u + lane), vec4f(), weights[2] == 0.0), select(v4(at3, 8u + lane), vec4f(), weights[3] == 0.0)) * weights;
    o3 = o3 * old + mat4x4f(select(v4(at0, 12u + lane), vec4f(), weights[0] == 0.0), select(v4(at1, 12u + lane), vec4f(), weights[1] == 0.0), select(v4(at2, 12u + lane), vec4f(), weights[2] == 0.0), select(v4(at3, 12u + lane), vec4f(), weights[3] == 0.0)) * weights;
  }
  sum += quadSwapX(sum);
  sum += quadSwapY(sum);
  let width = (p.dv + 3u) / 4u;
  let at = part * rows + row;
  if (0u + lane < width) { store_partial(at * width + 0u + lane, o0); }
  if (4u + lane < width) { store_partial(at * width + 4u + lane, o1); }
  if (8u + lane < width) { store_partial(at * width + 8u + lane, o2); }
  if (12u + lane < width) { store_partial(at * width + 12u + lane, o3); }
  if (lane == 0u) { store_stats(at, vec2f(top, sum)); }
}

// attention/decode
enable subgroups;
struct Params { batch: u32, heads: u32, group: u32, s: u32, t: u32, length: u32, d: u32, dv: u32, scale: f32, softcap: f32, offset: i32, left: i32, right: i32, maskB: u32, maskH: u32, maskS: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read_write> out: array<vec4<f32>>;
fn store_out(i: u32, v: vec4<f32>) { out[i] = v; }
@group(0) @binding(1) var<storage, read_write> partial: array<vec4<f32>>;
fn load_partial(i: u32) -> vec4<f32> { return partial[i]; }
fn store_partial(i: u32, v: vec4<f32>) { partial[i] = v; }
@group(0) @binding(2) var<storage, read_write> stats: array<vec2<f32>>;
fn load_stats(i: u32) -> vec2<f32> { return stats[i]; }
fn store_stats(i: u32, v: vec2<f32>) { stats[i] = v; }

const LOG2E = 1.4426950408889634;
const HIDDEN = -3.4028234e38;
fn put(row: u32, c: u32, v: vec4f) {
  if (4u * c >= p.dv) { return; }
  store_out(row * (p.dv >> 2u) + c, v);
}


@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let id = (wid.y * groups.x + wid.x) * 64u + thread;
  let blocks = (p.dv + 3u) / 4u;
  let rows = p.batch * p.heads * p.s;
  let row = id / blocks;
  let c = id % blocks;
  if (row >= rows) { return; }
  let i = row % p.s;
  let h = row / p.s % p.heads;
  let b = row / (p.s * p.heads);
  var top = HIDDEN;
  var sum = 0.0;
  var o = vec4f();
  for (var slice = 0u; slice < 32u; slice++) {
    let part = load_stats(slice * rows + row);
    let most = max(top, part.x);
    let old = exp2(top - most);
    let new_part = exp2(part.x - most);
    sum = sum * old + part.y * new_part;
    o = o * old + load_partial((slice * rows + row) * blocks + c) * new_part;
    top = most;
  }
  put(row, c, o * select(1.0 / sum, 0.0, sum == 0.0));
  
}
