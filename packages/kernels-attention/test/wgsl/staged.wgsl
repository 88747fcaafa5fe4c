// attention/staged
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

const ROWS = 32u;
const KEYS = 32u;
// q, and after the scores their weights; k, and after the scores v.
var<workgroup> tile_q: array<vec4f, 288>;
var<workgroup> tile_k: array<vec4f, 288>;
var<workgroup> across: array<vec4f, 64>;

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
  if (4u * c >= p.dv) { return; }
  store_out(row * (p.dv >> 2u) + c, v);
}

fn weight(x: vec4f) -> vec4f {
  return select(exp2(x), x, ((bitcast<vec4u>(x) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u)));
}

fn weights_of(y: u32, r: u32, kk: u32) -> vec4f { return tile_q[(y + r * 8u) * 9u + kk]; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let x = thread % 8u;
  let y = thread / 8u;
  let rows = p.group * p.s;
  let tiles = (rows + ROWS - 1u) / ROWS;
  let group = wid.y * groups.x + wid.x;
  let shared_heads = p.heads / p.group;
  let b = group / (tiles * shared_heads);
  if (b >= p.batch) { return; }
  let head = group / tiles % shared_heads;
  let row0 = (tiles - 1u - group % tiles) * ROWS;
  let length = length_of(b);
  let blocks = (p.d + 3u) / 4u;
  let chunks = (blocks + 7u) / 8u;
  let blocks_v = (p.dv + 3u) / 4u;
  // This thread's rows.
  let own0 = min(row0 + y + 0u, rows - 1u); let i0 = own0 / p.group; let h0 = head * p.group + own0 % p.group; let position0 = position(i0, length);
  let own1 = min(row0 + y + 8u, rows - 1u); let i1 = own1 / p.group; let h1 = head * p.group + own1 % p.group; let position1 = position(i1, length);
  let own2 = min(row0 + y + 16u, rows - 1u); let i2 = own2 / p.group; let h2 = head * p.group + own2 % p.group; let position2 = position(i2, length);
  let own3 = min(row0 + y + 24u, rows - 1u); let i3 = own3 / p.group; let h3 = head * p.group + own3 % p.group; let position3 = position(i3, length);
  // The keys that some row of the tile sees, and among them those that all rows see.
  let last = min(row0 + ROWS, rows) - 1u;
  let low = window(position(row0 / p.group, length), length);
  let high = window(position(last / p.group, length), length);
  var top = vec4f(HIDDEN, HIDDEN, HIDDEN, HIDDEN);
  // Of this thread's keys; a sink counts once.
  var sum = vec4f(select(0.0, 0.0, x == 0u));
  var o0_0 = vec4f(); var o0_1 = vec4f();
  var o1_0 = vec4f(); var o1_1 = vec4f();
  var o2_0 = vec4f(); var o2_1 = vec4f();
  var o3_0 = vec4f(); var o3_1 = vec4f();
  for (var turn = 0u; turn < 0x40000000u; turn++) {
    let key0 = low.x + turn * KEYS;
    if (key0 >= high.y) { break; }
    var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
    for (var chunk = 0u; chunk < 0x40000000u; chunk++) {
      if (chunk >= chunks) { break; }
      let mine = chunk * 8u + thread % 8u;
      let at = min(mine, blocks - 1u);
      let inside = mine < blocks;
      workgroupBarrier();
      
    for (var i = 0u; i < 4u; i++) {
      let line = (i * 64u + thread) / 8u;
      let c = thread % 8u;
      tile_q[line * 9u + c] = select(vec4f(), q4(query_of(b, head, min(row0 + line, rows - 1u)), at), inside);
    }
      // Key 4x + u lies in line 8u + x: the lines that neighbours read lie in neighbouring banks.
      
    for (var i = 0u; i < 4u; i++) {
      let line = (i * 64u + thread) / 8u;
      let c = thread % 8u;
      tile_k[line * 9u + c] = select(vec4f(), k4(key_row(b, head, min(key0 + line % 8u * 4u + line / 8u, high.y - 1u)), at), inside);
    }
      workgroupBarrier();
      for (var c = 0u; c < 8u; c++) {
        let keys = mat4x4f(tile_k[(0u + x) * 9u + c], tile_k[(8u + x) * 9u + c], tile_k[(16u + x) * 9u + c], tile_k[(24u + x) * 9u + c]);
        s0 += tile_q[(y + 0u) * 9u + c] * keys;
        s1 += tile_q[(y + 8u) * 9u + c] * keys;
        s2 += tile_q[(y + 16u) * 9u + c] * keys;
        s3 += tile_q[(y + 24u) * 9u + c] * keys;
      }
    }
    let key = key0 + 4u * x;
    { let range = window(position0, length);
      s0 = select(vec4f(HIDDEN), vec4f(score(s0[0], b, h0, i0, min(key + 0u, high.y - 1u), position0), score(s0[1], b, h0, i0, min(key + 1u, high.y - 1u), position0), score(s0[2], b, h0, i0, min(key + 2u, high.y - 1u), position0), score(s0[3], b, h0, i0, min(key + 3u, high.y - 1u), position0)), vec4<bool>(key + 0u >= range.x && key + 0u < range.y, key + 1u >= range.x && key + 1u < range.y, key + 2u >= range.x && key + 2u < range.y, key + 3u >= range.x && key + 3u < range.y)); }
    { let range = window(position1, length);
      s1 = select(vec4f(HIDDEN), vec4f(score(s1[0], b, h1, i1, min(key + 0u, high.y - 1u), position1), score(s1[1], b, h1, i1, min(key + 1u, high.y - 1u), position1), score(s1[2], b, h1, i1, min(key + 2u, high.y - 1u), position1), score(s1[3], b, h1, i1, min(key + 3u, high.y - 1u), position1)), vec4<bool>(key + 0u >= range.x && key + 0u < range.y, key + 1u >= range.x && key + 1u < range.y, key + 2u >= range.x && key + 2u < range.y, key + 3u >= range.x && key + 3u < range.y)); }
    { let range = window(position2, length);
      s2 = select(vec4f(HIDDEN), vec4f(score(s2[0], b, h2, i2, min(key + 0u, high.y - 1u), position2), score(s2[1], b, h2, i2, min(key + 1u, high.y - 1u), position2), score(s2[2], b, h2, i2, min(key + 2u, high.y - 1u), position2), score(s2[3], b, h2, i2, min(key + 3u, high.y - 1u), position2)), vec4<bool>(key + 0u >= range.x && key + 0u < range.y, key + 1u >= range.x && key + 1u < range.y, key + 2u >= range.x && key + 2u < range.y, key + 3u >= range.x && key + 3u < range.y)); }
    { let range = window(position3, length);
      s3 = select(vec4f(HIDDEN), vec4f(score(s3[0], b, h3, i3, min(key + 0u, high.y - 1u), position3), score(s3[1], b, h3, i3, min(key + 1u, high.y - 1u), position3), score(s3[2], b, h3, i3, min(key + 2u, high.y - 1u), position3), score(s3[3], b, h3, i3, min(key + 3u, high.y - 1u), position3)), vec4<bool>(key + 0u >= range.x && key + 0u < range.y, key + 1u >= range.x && key + 1u < range.y, key + 2u >= range.x && key + 2u < range.y, key + 3u >= range.x && key + 3u < range.y)); }
    across[thread] = vec4f(max(max(s0.x, s0.y), max(s0.z, s0.w)), max(max(s1.x, s1.y), max(s1.z, s1.w)), max(max(s2.x, s2.y), max(s2.z, s2.w)), max(max(s3.x, s3.y), max(s3.z, s3.w)));
    workgroupBarrier();
    var most = top;
    for (var n = 0u; n < 8u; n++) { most = max(most, across[y * 8u + n]); }
    let old = exp2(top - most);
    top = most;
    let w0 = select(weight(s0 - most[0]), vec4f(), s0 == vec4f(HIDDEN)); tile_q[(y + 0u) * 9u + x] = w0;
    let w1 = select(weight(s1 - most[1]), vec4f(), s1 == vec4f(HIDDEN)); tile_q[(y + 8u) * 9u + x] = w1;
    let w2 = select(weight(s2 - most[2]), vec4f(), s2 == vec4f(HIDDEN)); tile_q[(y + 16u) * 9u + x] = w2;
    let w3 = select(weight(s3 - most[3]), vec4f(), s3 == vec4f(HIDDEN)); tile_q[(y + 24u) * 9u + x] = w3;
    sum = sum * old + vec4f((w0.x + w0.y) + (w0.z + w0.w), (w1.x + w1.y) + (w1.z + w1.w), (w2.x + w2.y) + (w2.z + w2.w), (w3.x + w3.y) + (w3.z + w3.w));
    o0_0 *= old[0]; o0_1 *= old[0];
    o1_0 *= old[1]; o1_1 *= old[1];
    o2_0 *= old[2]; o2_1 *= old[2];
    o3_0 *= old[3]; o3_1 *= old[3];
    let hides = key0 < high.x || key0 + KEYS > low.y;
    
    
    for (var i = 0u; i < 4u; i++) {
      let line = (i * 64u + thread) / 8u;
      let c = thread % 8u;
      tile_k[line * 8u + c] = select(vec4f(), v4(key_row(b, head, min(key0 + line, high.y - 1u)), min(0u + c, blocks_v - 1u)), key0 + line < high.y);
    }
    workgroupBarrier();
    for (var kk = 0u; kk < 8u; kk++) {
      let v0 = tile_k[(4u * kk + 0u) * 8u + x]; let v1 = tile_k[(4u * kk + 1u) * 8u + x]; let v2 = tile_k[(4u * kk + 2u) * 8u + x]; let v3 = tile_k[(4u * kk + 3u) * 8u + x];
      if (hides) {
        { let part = weights_of(y, 0u, kk); o0_0 += mat4x4f(select(v0, vec4f(), part[0] == 0.0), select(v1, vec4f(), part[1] == 0.0), select(v2, vec4f(), part[2] == 0.0), select(v3, vec4f(), part[3] == 0.0)) * part; }
        { let part = weights_of(y, 1u, kk); o1_0 += mat4x4f(select(v0, vec4f(), part[0] == 0.0), select(v1, vec4f(), part[1] == 0.0), select(v2, vec4f(), part[2] == 0.0), select(v3, vec4f(), part[3] == 0.0)) * part; }
        { let part = weights_of(y, 2u, kk); o2_0 += mat4x4f(select(v0, vec4f(), part[0] == 0.0), select(v1, vec4f(), part[1] == 0.0), select(v2, vec4f(), part[2] == 0.0), select(v3, vec4f(), part[3] == 0.0)) * part; }
        { let part = weights_of(y, 3u, kk); o3_0 += mat4x4f(select(v0, vec4f(), part[0] == 0.0), select(v1, vec4f(), part[1] == 0.0), select(v2, vec4f(), part[2] == 0.0), select(v3, vec4f(), part[3] == 0.0)) * part; }
      } else {
        { let part = weights_of(y, 0u, kk); o0_0 += mat4x4f(v0, v1, v2, v3) * part; }
        { let part = weights_of(y, 1u, kk); o1_0 += mat4x4f(v0, v1, v2, v3) * part; }
        { let part = weights_of(y, 2u, kk); o2_0 += mat4x4f(v0, v1, v2, v3) * part; }
        { let part = weights_of(y, 3u, kk); o3_0 += mat4x4f(v0, v1, v2, v3) * part; }
      }
    }
    workgroupBarrier();
    
    for (var i = 0u; i < 4u; i++) {
      let line = (i * 64u + thread) / 8u;
      let c = thread % 8u;
      tile_k[line * 8u + c] = select(vec4f(), v4(key_row(b, head, min(key0 + line, high.y - 1u)), min(8u + c, blocks_v - 1u)), key0 + line < high.y);
    }
    workgroupBarrier();
    for (var kk = 0u; kk < 8u; kk++) {
      let v0 = tile_k[(4u * kk + 0u) * 8u + x]; let v1 = tile_k[(4u * kk + 1u) * 8u + x]; let v2 = tile_k[(4u * kk + 2u) * 8u + x]; let v3 = tile_k[(4u * kk + 3u) * 8u + x];
      if (hides) {
        { let part = weights_of(y, 0u, kk); o0_1 += mat4x4f(select(v0, vec4f(), part[0] == 0.0), select(v1, vec4f(), part[1] == 0.0), select(v2, vec4f(), part[2] == 0.0), select(v3, vec4f(), part[3] == 0.0)) * part; }
        { let part = weights_of(y, 1u, kk); o1_1 += mat4x4f(select(v0, vec4f(), part[0] == 0.0), select(v1, vec4f(), part[1] == 0.0), select(v2, vec4f(), part[2] == 0.0), select(v3, vec4f(), part[3] == 0.0)) * part; }
        { let part = weights_of(y, 2u, kk); o2_1 += mat4x4f(select(v0, vec4f(), part[0] == 0.0), select(v1, vec4f(), part[1] == 0.0), select(v2, vec4f(), part[2] == 0.0), select(v3, vec4f(), part[3] == 0.0)) * part; }
        { let part = weights_of(y, 3u, kk); o3_1 += mat4x4f(select(v0, vec4f(), part[0] == 0.0), select(v1, vec4f(), part[1] == 0.0), select(v2, vec4f(), part[2] == 0.0), select(v3, vec4f(), part[3] == 0.0)) * part; }
      } else {
        { let part = weights_of(y, 0u, kk); o0_1 += mat4x4f(v0, v1, v2, v3) * part; }
        { let part = weights_of(y, 1u, kk); o1_1 += mat4x4f(v0, v1, v2, v3) * part; }
        { let part = weights_of(y, 2u, kk); o2_1 += mat4x4f(v0, v1, v2, v3) * part; }
        { let part = weights_of(y, 3u, kk); o3_1 += mat4x4f(v0, v1, v2, v3) * part; }
      }
    }
  }
  workgroupBarrier();
  across[thread] = sum;
  workgroupBarrier();
  sum = vec4f();
  for (var n = 0u; n < 8u; n++) { sum += across[y * 8u + n]; }
  let inverse = select(1.0 / sum, vec4f(), sum == vec4f());
  if (row0 + y + 0u <= last) { let at = out_row(b, h0, i0); put(at, 0u + x, o0_0 * inverse[0]); put(at, 8u + x, o0_1 * inverse[0]);  }
  if (row0 + y + 8u <= last) { let at = out_row(b, h1, i1); put(at, 0u + x, o1_0 * inverse[1]); put(at, 8u + x, o1_1 * inverse[1]);  }
  if (row0 + y + 16u <= last) { let at = out_row(b, h2, i2); put(at, 0u + x, o2_0 * inverse[2]); put(at, 8u + x, o2_1 * inverse[2]);  }
  if (row0 + y + 24u <= last) { let at = out_row(b, h3, i3); put(at, 0u + x, o3_0 * inverse[3]); put(at, 8u + x, o3_1 * inverse[3]);  }
}

fn query_of(b: u32, head: u32, n: u32) -> u32 { return query_row(b, head * p.group + n % p.group, n / p.group); }
