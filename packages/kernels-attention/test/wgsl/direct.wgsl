// attention/direct
struct Params { batch: u32, heads: u32, group: u32, s: u32, t: u32, length: u32, d: u32, dv: u32, scale: f32, softcap: f32, offset: i32, left: i32, right: i32, maskB: u32, maskH: u32, maskS: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> q: array<vec4<f32>>;
fn load_q(i: u32) -> vec4<f32> { return q[i]; }
@group(0) @binding(1) var<storage, read> k: array<vec4<f32>>;
fn load_k(i: u32) -> vec4<f32> { return k[i]; }
@group(0) @binding(2) var<storage, read> v: array<vec4<f32>>;
fn load_v(i: u32) -> vec4<f32> { return v[i]; }
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;
fn store_out(i: u32, v: vec4<f32>) { out[i] = v; }

const COLUMNS = 32u;

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

fn weight(x: vec4f) -> vec4f {
  return select(exp2(x), x, ((bitcast<vec4u>(x) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u)));
}
fn put(row: u32, c: u32, v: vec4f) {
  if (4u * c >= p.dv) { return; }
  store_out(row * (p.dv >> 2u) + c, v);
}


@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let id = (wid.y * groups.x + wid.x) * 64u + thread;
  let rows = p.batch * p.heads * p.s;
  let chunks = (p.dv + COLUMNS - 1u) / COLUMNS;
  // Neighbours have neighbouring queries and read the same keys.
  let row = id % rows;
  let chunk = id / rows % chunks;
  let slice = id / (rows * chunks);
  if (slice >= 1u) { return; }
  let i = row % p.s;
  let h = row / p.s % p.heads;
  let b = row / (p.s * p.heads);
  var top = HIDDEN;
  var sum = 0.0;
  var o0 = vec4f(); var o1 = vec4f(); var o2 = vec4f(); var o3 = vec4f(); var o4 = vec4f(); var o5 = vec4f(); var o6 = vec4f(); var o7 = vec4f();
  let length = length_of(b);
  let position = position(i, length);
  var range = window(position, length);
  
  let query = query_row(b, h, i);
  let blocks = (p.d + 3u) / 4u;
  let c0 = chunk * 8u;
  for (var turn = 0u; turn < 0x40000000u; turn++) {
    let key = range.x + 4u * turn;
    if (key >= range.y) { break; }
    // Four keys; behind the last, the last again.
    let number = min(vec4u(key, key + 1u, key + 2u, key + 3u), vec4u(range.y - 1u));
    let keys = vec4u(key_row(b, h / p.group, number[0]), key_row(b, h / p.group, number[1]), key_row(b, h / p.group, number[2]), key_row(b, h / p.group, number[3]));
    var dots = vec4f();
    for (var c = 0u; c < 0x40000000u; c++) {
      if (c >= blocks) { break; }
      let x = q4(query, c);
      dots += vec4f(dot(x, k4(keys[0], c)), dot(x, k4(keys[1], c)), dot(x, k4(keys[2], c)), dot(x, k4(keys[3], c)));
    }
    var s = vec4f(score(dots[0], b, h, i, number[0], position), score(dots[1], b, h, i, number[1], position), score(dots[2], b, h, i, number[2], position), score(dots[3], b, h, i, number[3], position));
    s = select(vec4f(HIDDEN), s, vec4u(key, key + 1u, key + 2u, key + 3u) < vec4u(range.y));
    let hidden = s == vec4f(HIDDEN);
    let most = max(max(max(s.x, s.y), max(s.z, s.w)), top);
    let old = exp2(top - most);
    let weights = select(weight(s - most), vec4f(), hidden);
    sum = sum * old + ((weights.x + weights.y) + (weights.z + weights.w));
    top = most;
    o0 = o0 * old + mat4x4f(select(v4(keys.x, c0 + 0u), vec4f(), hidden.x), select(v4(keys.y, c0 + 0u), vec4f(), hidden.y), select(v4(keys.z, c0 + 0u), vec4f(), hidden.z), select(v4(keys.w, c0 + 0u), vec4f(), hidden.w)) * weights;
    o1 = o1 * old + mat4x4f(select(v4(keys.x, c0 + 1u), vec4f(), hidden.x), select(v4(keys.y, c0 + 1u), vec4f(), hidden.y), select(v4(keys.z, c0 + 1u), vec4f(), hidden.z), select(v4(keys.w, c0 + 1u), vec4f(), hidden.w)) * weights;
    o2 = o2 * old + mat4x4f(select(v4(keys.x, c0 + 2u), vec4f(), hidden.x), select(v4(keys.y, c0 + 2u), vec4f(), hidden.y), select(v4(keys.z, c0 + 2u), vec4f(), hidden.z), select(v4(keys.w, c0 + 2u), vec4f(), hidden.w)) * weights;
    o3 = o3 * old + mat4x4f(select(v4(keys.x, c0 + 3u), vec4f(), hidden.x), select(v4(keys.y, c0 + 3u), vec4f(), hidden.y), select(v4(keys.z, c0 + 3u), vec4f(), hidden.z), select(v4(keys.w, c0 + 3u), vec4f(), hidden.w)) * weights;
    o4 = o4 * old + mat4x4f(select(v4(keys.x, c0 + 4u), vec4f(), hidden.x), select(v4(keys.y, c0 + 4u), vec4f(), hidden.y), select(v4(keys.z, c0 + 4u), vec4f(), hidden.z), select(v4(keys.w, c0 + 4u), vec4f(), hidden.w)) * weights;
    o5 = o5 * old + mat4x4f(select(v4(keys.x, c0 + 5u), vec4f(), hidden.x), select(v4(keys.y, c0 + 5u), vec4f(), hidden.y), select(v4(keys.z, c0 + 5u), vec4f(), hidden.z), select(v4(keys.w, c0 + 5u), vec4f(), hidden.w)) * weights;
    o6 = o6 * old + mat4x4f(select(v4(keys.x, c0 + 6u), vec4f(), hidden.x), select(v4(keys.y, c0 + 6u), vec4f(), hidden.y), select(v4(keys.z, c0 + 6u), vec4f(), hidden.z), select(v4(keys.w, c0 + 6u), vec4f(), hidden.w)) * weights;
    o7 = o7 * old + mat4x4f(select(v4(keys.x, c0 + 7u), vec4f(), hidden.x), select(v4(keys.y, c0 + 7u), vec4f(), hidden.y), select(v4(keys.z, c0 + 7u), vec4f(), hidden.z), select(v4(keys.w, c0 + 7u), vec4f(), hidden.w)) * weights;
  }
  let inverse = select(1.0 / sum, 0.0, sum == 0.0);
  let at = out_row(b, h, i);
  put(at, chunk * 8u + 0u, o0 * inverse);
  put(at, chunk * 8u + 1u, o1 * inverse);
  put(at, chunk * 8u + 2u, o2 * inverse);
  put(at, chunk * 8u + 3u, o3 * inverse);
  put(at, chunk * 8u + 4u, o4 * inverse);
  put(at, chunk * 8u + 5u, o5 * inverse);
  put(at, chunk * 8u + 6u, o6 * inverse);
  put(at, chunk * 8u + 7u, o7 * inverse);
  
}
