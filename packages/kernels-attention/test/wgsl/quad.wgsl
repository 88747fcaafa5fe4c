// attention/quad
enable subgroups;
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

const ROWS = 12u; // of a quad
const TILE = 24u; // of a workgroup
const CHUNK = 32u;

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

fn put(row: u32, c: u32, v: vec4f) {
  
  store_out(row * (p.dv >> 2u) + c, v);
}

fn transpose_add(lane: u32, a0: vec3f, a1: vec3f, a2: vec3f, a3: vec3f) -> vec3f {
  let odd = (lane & 1u) == 1u;
  let high = (lane & 2u) == 2u;
  let b0 = select(a0, a1, odd) + quadSwapX(select(a1, a0, odd));
  let b1 = select(a2, a3, odd) + quadSwapX(select(a3, a2, odd));
  return select(b0, b1, high) + quadSwapY(select(b1, b0, high));
}
fn weight(x: vec3f) -> vec3f {
  return select(exp2(x), x, ((bitcast<vec3u>(x) & vec3u(0x7fffffffu)) > vec3u(0x7f800000u)));
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation & 3u;
  let rows = p.group * p.s;
  let tiles = (rows + TILE - 1u) / TILE;
  let group = wid.y * groups.x + wid.x;
  let shared_heads = p.heads / p.group;
  let b = group / (tiles * shared_heads);
  if (b >= p.batch) { return; }
  let head = group / tiles % shared_heads;
  let row0 = (tiles - 1u - group % tiles) * TILE;
  let row = row0 + (quadBroadcast(thread, 0u) >> 2u) * ROWS;
  let count = min(ROWS, max(rows, row) - row);
  // This lane's rows.
  let length = length_of(b);
  let own0 = min(row + lane + 0u, rows - 1u); let own_i0 = own0 / p.group; let own_h0 = head * p.group + own0 % p.group;
  let own1 = min(row + lane + 4u, rows - 1u); let own_i1 = own1 / p.group; let own_h1 = head * p.group + own1 % p.group;
  let own2 = min(row + lane + 8u, rows - 1u); let own_i2 = own2 / p.group; let own_h2 = head * p.group + own2 % p.group;
  let position0 = position(own_i0, length); let window0 = window(position0, length);
  let position1 = position(own_i1, length); let window1 = window(position1, length);
  let position2 = position(own_i2, length); let window2 = window(position2, length);
  // A quarter of every row, of q and in the end of out: filled and emptied by loops, but read where the index is plain.
  var held: array<vec4f, 48>;
  for (var i = 0u; i < 0x40000000u; i++) {
    if (i >= count * 4u) { break; }
    let n = row + i / 4u;
    held[i] = q4(query_row(b, head * p.group + n % p.group, n / p.group), i % 4u * 4u + lane);
  }
  var o0_0 = vec4f(); var o0_1 = vec4f(); var o0_2 = vec4f(); var o0_3 = vec4f();
  var o1_0 = vec4f(); var o1_1 = vec4f(); var o1_2 = vec4f(); var o1_3 = vec4f();
  var o2_0 = vec4f(); var o2_1 = vec4f(); var o2_2 = vec4f(); var o2_3 = vec4f();
  var o3_0 = vec4f(); var o3_1 = vec4f(); var o3_2 = vec4f(); var o3_3 = vec4f();
  var o4_0 = vec4f(); var o4_1 = vec4f(); var o4_2 = vec4f(); var o4_3 = vec4f();
  var o5_0 = vec4f(); var o5_1 = vec4f(); var o5_2 = vec4f(); var o5_3 = vec4f();
  var o6_0 = vec4f(); var o6_1 = vec4f(); var o6_2 = vec4f(); var o6_3 = vec4f();
  var o7_0 = vec4f(); var o7_1 = vec4f(); var o7_2 = vec4f(); var o7_3 = vec4f();
  var o8_0 = vec4f(); var o8_1 = vec4f(); var o8_2 = vec4f(); var o8_3 = vec4f();
  var o9_0 = vec4f(); var o9_1 = vec4f(); var o9_2 = vec4f(); var o9_3 = vec4f();
  var o10_0 = vec4f(); var o10_1 = vec4f(); var o10_2 = vec4f(); var o10_3 = vec4f();
  var o11_0 = vec4f(); var o11_1 = vec4f(); var o11_2 = vec4f(); var o11_3 = vec4f();
  var top = vec3f(HIDDEN, HIDDEN, HIDDEN);
  var sum = vec3f(0.0, 0.0, 0.0);
  // The keys that some row of the workgroup sees; of those, those that all rows see come first.
  let low = window(position(row0 / p.group, length), length);
  let high = window(position((min(row0 + TILE, rows) - 1u) / p.group, length), length);
  let seen = max(low.x, high.y) - low.x;
  let inner = max(high.x, low.y) - high.x;
  for (var turn = 0u; turn < 0x40000000u; turn++) {
    let first = turn * CHUNK;
    let last = min(first + CHUNK, seen);
    if (first >= last) { break; }
    let split = clamp(inner, first, last);
    var scores: array<vec3f, 32>;
    var most = top;
    for (var u = 0u; u < 0x40000000u; u++) {
      let j = first + u;
      if (j >= last) { break; }
      let key = j;
      let at = key_row(b, head, key);
      let k_0 = k4(at, 0u + lane); let k_1 = k4(at, 4u + lane); let k_2 = k4(at, 8u + lane); let k_3 = k4(at, 12u + lane);
      let dots = transpose_add(lane, vec3f(dot(held[0], k_0) + dot(held[1], k_1) + dot(held[2], k_2) + dot(held[3], k_3), dot(held[16], k_0) + dot(held[17], k_1) + dot(held[18], k_2) + dot(held[19], k_3), dot(held[32], k_0) + dot(held[33], k_1) + dot(held[34], k_2) + dot(held[35], k_3)),
        vec3f(dot(held[4], k_0) + dot(held[5], k_1) + dot(held[6], k_2) + dot(held[7], k_3), dot(held[20], k_0) + dot(held[21], k_1) + dot(held[22], k_2) + dot(held[23], k_3), dot(held[36], k_0) + dot(held[37], k_1) + dot(held[38], k_2) + dot(held[39], k_3)),
        vec3f(dot(held[8], k_0) + dot(held[9], k_1) + dot(held[10], k_2) + dot(held[11], k_3), dot(held[24], k_0) + dot(held[25], k_1) + dot(held[26], k_2) + dot(held[27], k_3), dot(held[40], k_0) + dot(held[41], k_1) + dot(held[42], k_2) + dot(held[43], k_3)),
        vec3f(dot(held[12], k_0) + dot(held[13], k_1) + dot(held[14], k_2) + dot(held[15], k_3), dot(held[28], k_0) + dot(held[29], k_1) + dot(held[30], k_2) + dot(held[31], k_3), dot(held[44], k_0) + dot(held[45], k_1) + dot(held[46], k_2) + dot(held[47], k_3)));
      let s = vec3f(score(dots[0], b, own_h0, own_i0, key, position0), score(dots[1], b, own_h1, own_i1, key, position1), score(dots[2], b, own_h2, own_i2, key, position2));
      scores[j - first] = s;
      most = select(most, max(most, s), j < split);
    }
    for (var u = 0u; u < 0x40000000u; u++) {
      let j = split + u;
      if (j >= last) { break; }
      let key = j;
      let s = select(vec3f(HIDDEN, HIDDEN, HIDDEN), scores[j - first], vec3<bool>((key < window0.y), (key < window1.y), (key < window2.y)));
      scores[j - first] = s;
      most = max(most, s);
    }
    let old = exp2(top - most);
    sum *= old;
    top = most;
    // Where no key was seen yet, what is hidden is still far below.
    let base = select(most, vec3f(), most == vec3f(HIDDEN, HIDDEN, HIDDEN));
    { let part = quadBroadcast(old[0], 0u); o0_0 *= part; o0_1 *= part; o0_2 *= part; o0_3 *= part; }
    { let part = quadBroadcast(old[0], 1u); o1_0 *= part; o1_1 *= part; o1_2 *= part; o1_3 *= part; }
    { let part = quadBroadcast(old[0], 2u); o2_0 *= part; o2_1 *= part; o2_2 *= part; o2_3 *= part; }
    { let part = quadBroadcast(old[0], 3u); o3_0 *= part; o3_1 *= part; o3_2 *= part; o3_3 *= part; }
    { let part = quadBroadcast(old[1], 0u); o4_0 *= part; o4_1 *= part; o4_2 *= part; o4_3 *= part; }
    { let part = quadBroadcast(old[1], 1u); o5_0 *= part; o5_1 *= part; o5_2 *= part; o5_3 *= part; }
    { let part = quadBroadcast(old[1], 2u); o6_0 *= part; o6_1 *= part; o6_2 *= part; o6_3 *= part; }
    { let part = quadBroadcast(old[1], 3u); o7_0 *= part; o7_1 *= part; o7_2 *= part; o7_3 *= part; }
    { let part = quadBroadcast(old[2], 0u); o8_0 *= part; o8_1 *= part; o8_2 *= part; o8_3 *= part; }
    { let part = quadBroadcast(old[2], 1u); o9_0 *= part; o9_1 *= part; o9_2 *= part; o9_3 *= part; }
    { let part = quadBroadcast(old[2], 2u); o10_0 *= part; o10_1 *= part; o10_2 *= part; o10_3 *= part; }
    { let part = quadBroadcast(old[2], 3u); o11_0 *= part; o11_1 *= part; o11_2 *= part; o11_3 *= part; }
    for (var u = 0u; u < 0x40000000u; u++) {
      let j = first + u;
      if (j >= split) { break; }
      let at = key_row(b, head, j);
      let weights = weight(scores[j - first] - base);
      sum += weights;
      let v_0 = v4(at, 0u + lane); let v_1 = v4(at, 4u + lane); let v_2 = v4(at, 8u + lane); let v_3 = v4(at, 12u + lane);
      { let part = quadBroadcast(weights[0], 0u); o0_0 += v_0 * part; o0_1 += v_1 * part; o0_2 += v_2 * part; o0_3 += v_3 * part; }
      { let part = quadBroadcast(weights[0], 1u); o1_0 += v_0 * part; o1_1 += v_1 * part; o1_2 += v_2 * part; o1_3 += v_3 * part; }
      { let part = quadBroadcast(weights[0], 2u); o2_0 += v_0 * part; o2_1 += v_1 * part; o2_2 += v_2 * part; o2_3 += v_3 * part; }
      { let part = quadBroadcast(weights[0], 3u); o3_0 += v_0 * part; o3_1 += v_1 * part; o3_2 += v_2 * part; o3_3 += v_3 * part; }
      { let part = quadBroadcast(weights[1], 0u); o4_0 += v_0 * part; o4_1 += v_1 * part; o4_2 += v_2 * part; o4_3 += v_3 * part; }
      { let part = quadBroadcast(weights[1], 1u); o5_0 += v_0 * part; o5_1 += v_1 * part; o5_2 += v_2 * part; o5_3 += v_3 * part; }
      { let part = quadBroadcast(weights[1], 2u); o6_0 += v_0 * part; o6_1 += v_1 * part; o6_2 += v_2 * part; o6_3 += v_3 * part; }
      { let part = quadBroadcast(weights[1], 3u); o7_0 += v_0 * part; o7_1 += v_1 * part; o7_2 += v_2 * part; o7_3 += v_3 * part; }
      { let part = quadBroadcast(weights[2], 0u); o8_0 += v_0 * part; o8_1 += v_1 * part; o8_2 += v_2 * part; o8_3 += v_3 * part; }
      { let part = quadBroadcast(weights[2], 1u); o9_0 += v_0 * part; o9_1 += v_1 * part; o9_2 += v_2 * part; o9_3 += v_3 * part; }
      { let part = quadBroadcast(weights[2], 2u); o10_0 += v_0 * part; o10_1 += v_1 * part; o10_2 += v_2 * part; o10_3 += v_3 * part; }
      { let part = quadBroadcast(weights[2], 3u); o11_0 += v_0 * part; o11_1 += v_1 * part; o11_2 += v_2 * part; o11_3 += v_3 * part; }
    }
    for (var u = 0u; u < 0x40000000u; u++) {
      let j = split + u;
      if (j >= last) { break; }
      let at = key_row(b, head, j);
      let weights = weight(scores[j - first] - base);
      sum += weights;
      let v_0 = v4(at, 0u + lane); let v_1 = v4(at, 4u + lane); let v_2 = v4(at, 8u + lane); let v_3 = v4(at, 12u + lane);
      { let part = quadBroadcast(weights[0], 0u); let bits = select(vec4u(0xffffffffu), vec4u(), part == 0.0); o0_0 += bitcast<vec4f>(bitcast<vec4u>(v_0) & bits) * part; o0_1 += bitcast<vec4f>(bitcast<vec4u>(v_1) & bits) * part; o0_2 += bitcast<vec4f>(bitcast<vec4u>(v_2) & bits) * part; o0_3 += bitcast<vec4f>(bitcast<vec4u>(v_3) & bits) * part; }
      { let part = quadBroadcast(weights[0], 1u); let bits = select(vec4u(0xffffffffu), vec4u(), part == 0.0); o1_0 += bitcast<vec4f>(bitcast<vec4u>(v_0) & bits) * part; o1_1 += bitcast<vec4f>(bitcast<vec4u>(v_1) & bits) * part; o1_2 += bitcast<vec4f>(bitcast<vec4u>(v_2) & bits) * part; o1_3 += bitcast<vec4f>(bitcast<vec4u>(v_3) & bits) * part; }
      { let part = quadBroadcast(weights[0], 2u); let bits = select(vec4u(0xffffffffu), vec4u(), part == 0.0); o2_0 += bitcast<vec4f>(bitcast<vec4u>(v_0) & bits) * part; o2_1 += bitcast<vec4f>(bitcast<vec4u>(v_1) & bits) * part; o2_2 += bitcast<vec4f>(bitcast<vec4u>(v_2) & bits) * part; o2_3 += bitcast<vec4f>(bitcast<vec4u>(v_3) & bits) * part; }
      { let part = quadBroadcast(weights[0], 3u); let bits = select(vec4u(0xffffffffu), vec4u(), part == 0.0); o3_0 += bitcast<vec4f>(bitcast<vec4u>(v_0) & bits) * part; o3_1 += bitcast<vec4f>(bitcast<vec4u>(v_1) & bits) * part; o3_2 += bitcast<vec4f>(bitcast<vec4u>(v_2) & bits) * part; o3_3 += bitcast<vec4f>(bitcast<vec4u>(v_3) & bits) * part; }
      { let part = quadBroadcast(weights[1], 0u); let bits = select(vec4u(0xffffffffu), vec4u(), part == 0.0); o4_0 += bitcast<vec4f>(bitcast<vec4u>(v_0) & bits) * part; o4_1 += bitcast<vec4f>(bitcast<vec4u>(v_1) & bits) * part; o4_2 += bitcast<vec4f>(bitcast<vec4u>(v_2) & bits) * part; o4_3 += bitcast<vec4f>(bitcast<vec4u>(v_3) & bits) * part; }
      { let part = quadBroadcast(weights[1], 1u); let bits = select(vec4u(0xffffffffu), vec4u(), part == 0.0); o5_0 += bitcast<vec4f>(bitcast<vec4u>(v_0) & bits) * part; o5_1 += bitcast<vec4f>(bitcast<vec4u>(v_1) & bits) * part; o5_2 += bitcast<vec4f>(bitcast<vec4u>(v_2) & bits) * part; o5_3 += bitcast<vec4f>(bitcast<vec4u>(v_3) & bits) * part; }
      { let part = quadBroadcast(weights[1], 2u); let bits = select(vec4u(0xffffffffu), vec4u(), part == 0.0); o6_0 += bitcast<vec4f>(bitcast<vec4u>(v_0) & bits) * part; o6_1 += bitcast<vec4f>(bitcast<vec4u>(v_1) & bits) * part; o6_2 += bitcast<vec4f>(bitcast<vec4u>(v_2) & bits) * part; o6_3 += bitcast<vec4f>(bitcast<vec4u>(v_3) & bits) * part; }
      { let part = quadBroadcast(weights[1], 3u); let bits = select(vec4u(0xffffffffu), vec4u(), part == 0.0); o7_0 += bitcast<vec4f>(bitcast<vec4u>(v_0) & bits) * part; o7_1 += bitcast<vec4f>(bitcast<vec4u>(v_1) & bits) * part; o7_2 += bitcast<vec4f>(bitcast<vec4u>(v_2) & bits) * part; o7_3 += bitcast<vec4f>(bitcast<vec4u>(v_3) & bits) * part; }
      { let part = quadBroadcast(weights[2], 0u); let bits = select(vec4u(0xffffffffu), vec4u(), part == 0.0); o8_0 += bitcast<vec4f>(bitcast<vec4u>(v_0) & bits) * part; o8_1 += bitcast<vec4f>(bitcast<vec4u>(v_1) & bits) * part; o8_2 += bitcast<vec4f>(bitcast<vec4u>(v_2) & bits) * part; o8_3 += bitcast<vec4f>(bitcast<vec4u>(v_3) & bits) * part; }
      { let part = quadBroadcast(weights[2], 1u); let bits = select(vec4u(0xffffffffu), vec4u(), part == 0.0); o9_0 += bitcast<vec4f>(bitcast<vec4u>(v_0) & bits) * part; o9_1 += bitcast<vec4f>(bitcast<vec4u>(v_1) & bits) * part; o9_2 += bitcast<vec4f>(bitcast<vec4u>(v_2) & bits) * part; o9_3 += bitcast<vec4f>(bitcast<vec4u>(v_3) & bits) * part; }
      { let part = quadBroadcast(weights[2], 2u); let bits = select(vec4u(0xffffffffu), vec4u(), part == 0.0); o10_0 += bitcast<vec4f>(bitcast<vec4u>(v_0) & bits) * part; o10_1 += bitcast<vec4f>(bitcast<vec4u>(v_1) & bits) * part; o10_2 += bitcast<vec4f>(bitcast<vec4u>(v_2) & bits) * part; o10_3 += bitcast<vec4f>(bitcast<vec4u>(v_3) & bits) * part; }
      { let part = quadBroadcast(weights[2], 3u); let bits = select(vec4u(0xffffffffu), vec4u(), part == 0.0); o11_0 += bitcast<vec4f>(bitcast<vec4u>(v_0) & bits) * part; o11_1 += bitcast<vec4f>(bitcast<vec4u>(v_1) & bits) * part; o11_2 += bitcast<vec4f>(bitcast<vec4u>(v_2) & bits) * part; o11_3 += bitcast<vec4f>(bitcast<vec4u>(v_3) & bits) * part; }
    }
  }
  let inverse = select(1.0 / sum, vec3f(), sum == vec3f());
  { let part = quadBroadcast(inverse[0], 0u); held[0] = o0_0 * part; held[1] = o0_1 * part; held[2] = o0_2 * part; held[3] = o0_3 * part; }
  { let part = quadBroadcast(inverse[0], 1u); held[4] = o1_0 * part; held[5] = o1_1 * part; held[6] = o1_2 * part; held[7] = o1_3 * part; }
  { let part = quadBroadcast(inverse[0], 2u); held[8] = o2_0 * part; held[9] = o2_1 * part; held[10] = o2_2 * part; held[11] = o2_3 * part; }
  { let part = quadBroadcast(inverse[0], 3u); held[12] = o3_0 * part; held[13] = o3_1 * part; held[14] = o3_2 * part; held[15] = o3_3 * part; }
  { let part = quadBroadcast(inverse[1], 0u); held[16] = o4_0 * part; held[17] = o4_1 * part; held[18] = o4_2 * part; held[19] = o4_3 * part; }
  { let part = quadBroadcast(inverse[1], 1u); held[20] = o5_0 * part; held[21] = o5_1 * part; held[22] = o5_2 * part; held[23] = o5_3 * part; }
  { let part = quadBroadcast(inverse[1], 2u); held[24] = o6_0 * part; held[25] = o6_1 * part; held[26] = o6_2 * part; held[27] = o6_3 * part; }
  { let part = quadBroadcast(inverse[1], 3u); held[28] = o7_0 * part; held[29] = o7_1 * part; held[30] = o7_2 * part; held[31] = o7_3 * part; }
  { let part = quadBroadcast(inverse[2], 0u); held[32] = o8_0 * part; held[33] = o8_1 * part; held[34] = o8_2 * part; held[35] = o8_3 * part; }
  { let part = quadBroadcast(inverse[2], 1u); held[36] = o9_0 * part; held[37] = o9_1 * part; held[38] = o9_2 * part; held[39] = o9_3 * part; }
  { let part = quadBroadcast(inverse[2], 2u); held[40] = o10_0 * part; held[41] = o10_1 * part; held[42] = o10_2 * part; held[43] = o10_3 * part; }
  { let part = quadBroadcast(inverse[2], 3u); held[44] = o11_0 * part; held[45] = o11_1 * part; held[46] = o11_2 * part; held[47] = o11_3 * part; }
  for (var i = 0u; i < 0x40000000u; i++) {
    if (i >= count * 4u) { break; }
    let n = row + i / 4u;
    put(out_row(b, head * p.group + n % p.group, n / p.group), i % 4u * 4u + lane, held[i]);
  }
  
}
