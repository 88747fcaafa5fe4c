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

const ROWS = 8u; // of a quad

const LOG2E = 1.4426950408889634;
const HIDDEN = -3.4028234e38; // the score of a key that is not seen
const FLOOR = -3.4028232e38; // the least that a seen one can have
fn query_row(b: u32, h: u32, i: u32) -> u32 { return (b * p.heads + h) * p.s + i; }
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

fn transpose_add(lane: u32, a0: vec2f, a1: vec2f, a2: vec2f, a3: vec2f) -> vec2f {
  let odd = (lane & 1u) == 1u;
  let high = (lane & 2u) == 2u;
  let b0 = select(a0, a1, odd) + quadSwapX(select(a1, a0, odd));
  let b1 = select(a2, a3, odd) + quadSwapX(select(a3, a2, odd));
  return select(b0, b1, high) + quadSwapY(select(b1, b0, high));
}
fn weight(x: vec2f) -> vec2f {
  return select(exp2(x), x, (bitcast<vec2u>(x) & vec2u(0x7fffffffu)) > vec2u(0x7f800000u));
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation & 3u;
  // Rows are the queries of all heads that share these keys, heads innermost.
  let rows = p.group * p.s;
  let tiles = (rows + 2u * ROWS - 1u) / (2u * ROWS);
  let group = wid.y * groups.x + wid.x;
  let shared_heads = p.heads / p.group;
  let b = group / (tiles * shared_heads);
  if (b >= p.batch) { return; }
  let head = group / tiles % shared_heads;
  let row0 = group % tiles * (2u * ROWS);
  let row = row0 + (quadBroadcast(thread, 0u) >> 2u) * ROWS;
  // This lane's rows.
  let length = length_of(b);
  let own0 = min(row + lane + 0u, rows - 1u); let own_i0 = own0 / p.group; let own_h0 = head * p.group + own0 % p.group;
  let own1 = min(row + lane + 4u, rows - 1u); let own_i1 = own1 / p.group; let own_h1 = head * p.group + own1 % p.group;
  let position0 = position(own_i0, length); let window0 = window(position0, length);
  let position1 = position(own_i1, length); let window1 = window(position1, length);
  // A quarter of every row.
  let at0 = query_row(b, head * p.group + min(row + 0u, rows - 1u) % p.group, min(row + 0u, rows - 1u) / p.group);
  let at1 = query_row(b, head * p.group + min(row + 1u, rows - 1u) % p.group, min(row + 1u, rows - 1u) / p.group);
  let at2 = query_row(b, head * p.group + min(row + 2u, rows - 1u) % p.group, min(row + 2u, rows - 1u) / p.group);
  let at3 = query_row(b, head * p.group + min(row + 3u, rows - 1u) % p.group, min(row + 3u, rows - 1u) / p.group);
  let at4 = query_row(b, head * p.group + min(row + 4u, rows - 1u) % p.group, min(row + 4u, rows - 1u) / p.group);
  let at5 = query_row(b, head * p.group + min(row + 5u, rows - 1u) % p.group, min(row + 5u, rows - 1u) / p.group);
  let at6 = query_row(b, head * p.group + min(row + 6u, rows - 1u) % p.group, min(row + 6u, rows - 1u) / p.group);
  let at7 = query_row(b, head * p.group + min(row + 7u, rows - 1u) % p.group, min(row + 7u, rows - 1u) / p.group);
  let q0_0 = q4(at0, 0u + lane); let q0_1 = q4(at0, 4u + lane); let q0_2 = q4(at0, 8u + lane); let q0_3 = q4(at0, 12u + lane);
  let q1_0 = q4(at1, 0u + lane); let q1_1 = q4(at1, 4u + lane); let q1_2 = q4(at1, 8u + lane); let q1_3 = q4(at1, 12u + lane);
  let q2_0 = q4(at2, 0u + lane); let q2_1 = q4(at2, 4u + lane); let q2_2 = q4(at2, 8u + lane); let q2_3 = q4(at2, 12u + lane);
  let q3_0 = q4(at3, 0u + lane); let q3_1 = q4(at3, 4u + lane); let q3_2 = q4(at3, 8u + lane); let q3_3 = q4(at3, 12u + lane);
  let q4_0 = q4(at4, 0u + lane); let q4_1 = q4(at4, 4u + lane); let q4_2 = q4(at4, 8u + lane); let q4_3 = q4(at4, 12u + lane);
  let q5_0 = q4(at5, 0u + lane); let q5_1 = q4(at5, 4u + lane); let q5_2 = q4(at5, 8u + lane); let q5_3 = q4(at5, 12u + lane);
  let q6_0 = q4(at6, 0u + lane); let q6_1 = q4(at6, 4u + lane); let q6_2 = q4(at6, 8u + lane); let q6_3 = q4(at6, 12u + lane);
  let q7_0 = q4(at7, 0u + lane); let q7_1 = q4(at7, 4u + lane); let q7_2 = q4(at7, 8u + lane); let q7_3 = q4(at7, 12u + lane);
  var o0_0 = vec4f(); var o0_1 = vec4f(); var o0_2 = vec4f(); var o0_3 = vec4f();
  var o1_0 = vec4f(); var o1_1 = vec4f(); var o1_2 = vec4f(); var o1_3 = vec4f();
  var o2_0 = vec4f(); var o2_1 = vec4f(); var o2_2 = vec4f(); var o2_3 = vec4f();
  var o3_0 = vec4f(); var o3_1 = vec4f(); var o3_2 = vec4f(); var o3_3 = vec4f();
  var o4_0 = vec4f(); var o4_1 = vec4f(); var o4_2 = vec4f(); var o4_3 = vec4f();
  var o5_0 = vec4f(); var o5_1 = vec4f(); var o5_2 = vec4f(); var o5_3 = vec4f();
  var o6_0 = vec4f(); var o6_1 = vec4f(); var o6_2 = vec4f(); var o6_3 = vec4f();
  var o7_0 = vec4f(); var o7_1 = vec4f(); var o7_2 = vec4f(); var o7_3 = vec4f();
  var top = vec2f(HIDDEN, HIDDEN);
  var sum = vec2f(0.0, 0.0);
  // The keys that any row of the workgroup sees.
  let first = window(position(row0 / p.group, length), length).x;
  let last = window(position((min(row0 + 2u * ROWS, rows) - 1u) / p.group, length), length).y;
  for (var turn = 0u; turn < 0x40000000u; turn++) {
    let key = first + turn;
    if (key >= last) { break; }
    let at = key_row(b, head, key);
    let k_0 = k4(at, 0u + lane); let k_1 = k4(at, 4u + lane); let k_2 = k4(at, 8u + lane); let k_3 = k4(at, 12u + lane);
    let dots = transpose_add(lane, vec2f(dot(q0_0, k_0) + dot(q0_1, k_1) + dot(q0_2, k_2) + dot(q0_3, k_3), dot(q4_0, k_0) + dot(q4_1, k_1) + dot(q4_2, k_2) + dot(q4_3, k_3)),
      vec2f(dot(q1_0, k_0) + dot(q1_1, k_1) + dot(q1_2, k_2) + dot(q1_3, k_3), dot(q5_0, k_0) + dot(q5_1, k_1) + dot(q5_2, k_2) + dot(q5_3, k_3)),
      vec2f(dot(q2_0, k_0) + dot(q2_1, k_1) + dot(q2_2, k_2) + dot(q2_3, k_3), dot(q6_0, k_0) + dot(q6_1, k_1) + dot(q6_2, k_2) + dot(q6_3, k_3)),
      vec2f(dot(q3_0, k_0) + dot(q3_1, k_1) + dot(q3_2, k_2) + dot(q3_3, k_3), dot(q7_0, k_0) + dot(q7_1, k_1) + dot(q7_2, k_2) + dot(q7_3, k_3)));
    var s = vec2f(score(dots[0], b, own_h0, own_i0, key, position0), score(dots[1], b, own_h1, own_i1, key, position1));
    s = select(vec2f(HIDDEN, HIDDEN), s, vec2<bool>((key >= window0.x && key < window0.y), (key >= window1.x && key < window1.y)));
    let most = max(top, s);
    let old = exp2(top - most);
    let mine = select(weight(s - most), vec2f(), s == vec2f(HIDDEN, HIDDEN));
    sum = sum * old + mine;
    top = most;
    // The sums shrink only when some row has met a larger score.
    let old0 = quadBroadcast(old[0], 0u); let w0 = quadBroadcast(mine[0], 0u);
  let old1 = quadBroadcast(old[0], 1u); let w1 = quadBroadcast(mine[0], 1u);
  let old2 = quadBroadcast(old[0], 2u); let w2 = quadBroadcast(mine[0], 2u);
  let old3 = quadBroadcast(old[0], 3u); let w3 = quadBroadcast(mine[0], 3u);
  let old4 = quadBroadcast(old[1], 0u); let w4 = quadBroadcast(mine[1], 0u);
  let old5 = quadBroadcast(old[1], 1u); let w5 = quadBroadcast(mine[1], 1u);
  let old6 = quadBroadcast(old[1], 2u); let w6 = quadBroadcast(mine[1], 2u);
  let old7 = quadBroadcast(old[1], 3u); let w7 = quadBroadcast(mine[1], 3u);
    if (old0 < 1.0 || old1 < 1.0 || old2 < 1.0 || old3 < 1.0 || old4 < 1.0 || old5 < 1.0 || old6 < 1.0 || old7 < 1.0) {
      o0_0 *= old0; o0_1 *= old0; o0_2 *= old0; o0_3 *= old0;
  o1_0 *= old1; o1_1 *= old1; o1_2 *= old1; o1_3 *= old1;
  o2_0 *= old2; o2_1 *= old2; o2_2 *= old2; o2_3 *= old2;
  o3_0 *= old3; o3_1 *= old3; o3_2 *= old3; o3_3 *= old3;
  o4_0 *= old4; o4_1 *= old4; o4_2 *= old4; o4_3 *= old4;
  o5_0 *= old5; o5_1 *= old5; o5_2 *= old5; o5_3 *= old5;
  o6_0 *= old6; o6_1 *= old6; o6_2 *= old6; o6_3 *= old6;
  o7_0 *= old7; o7_1 *= old7; o7_2 *= old7; o7_3 *= old7;
    }
    let v_0 = v4(at, 0u + lane); let v_1 = v4(at, 4u + lane); let v_2 = v4(at, 8u + lane); let v_3 = v4(at, 12u + lane);
    if (!(w0 == 0.0)) { o0_0 += v_0 * w0; o0_1 += v_1 * w0; o0_2 += v_2 * w0; o0_3 += v_3 * w0; }
  if (!(w1 == 0.0)) { o1_0 += v_0 * w1; o1_1 += v_1 * w1; o1_2 += v_2 * w1; o1_3 += v_3 * w1; }
  if (!(w2 == 0.0)) { o2_0 += v_0 * w2; o2_1 += v_1 * w2; o2_2 += v_2 * w2; o2_3 += v_3 * w2; }
  if (!(w3 == 0.0)) { o3_0 += v_0 * w3; o3_1 += v_1 * w3; o3_2 += v_2 * w3; o3_3 += v_3 * w3; }
  if (!(w4 == 0.0)) { o4_0 += v_0 * w4; o4_1 += v_1 * w4; o4_2 += v_2 * w4; o4_3 += v_3 * w4; }
  if (!(w5 == 0.0)) { o5_0 += v_0 * w5; o5_1 += v_1 * w5; o5_2 += v_2 * w5; o5_3 += v_3 * w5; }
  if (!(w6 == 0.0)) { o6_0 += v_0 * w6; o6_1 += v_1 * w6; o6_2 += v_2 * w6; o6_3 += v_3 * w6; }
  if (!(w7 == 0.0)) { o7_0 += v_0 * w7; o7_1 += v_1 * w7; o7_2 += v_2 * w7; o7_3 += v_3 * w7; }
  }
  let inverse = select(1.0 / sum, vec2f(), sum == vec2f());
  let inverse0 = quadBroadcast(inverse[0], 0u);
  let inverse1 = quadBroadcast(inverse[0], 1u);
  let inverse2 = quadBroadcast(inverse[0], 2u);
  let inverse3 = quadBroadcast(inverse[0], 3u);
  let inverse4 = quadBroadcast(inverse[1], 0u);
  let inverse5 = quadBroadcast(inverse[1], 1u);
  let inverse6 = quadBroadcast(inverse[1], 2u);
  let inverse7 = quadBroadcast(inverse[1], 3u);
  if (row + 0u < rows) { put(at0, 0u + lane, o0_0 * inverse0); put(at0, 4u + lane, o0_1 * inverse0); put(at0, 8u + lane, o0_2 * inverse0); put(at0, 12u + lane, o0_3 * inverse0); }
  if (row + 1u < rows) { put(at1, 0u + lane, o1_0 * inverse1); put(at1, 4u + lane, o1_1 * inverse1); put(at1, 8u + lane, o1_2 * inverse1); put(at1, 12u + lane, o1_3 * inverse1); }
  if (row + 2u < rows) { put(at2, 0u + lane, o2_0 * inverse2); put(at2, 4u + lane, o2_1 * inverse2); put(at2, 8u + lane, o2_2 * inverse2); put(at2, 12u + lane, o2_3 * inverse2); }
  if (row + 3u < rows) { put(at3, 0u + lane, o3_0 * inverse3); put(at3, 4u + lane, o3_1 * inverse3); put(at3, 8u + lane, o3_2 * inverse3); put(at3, 12u + lane, o3_3 * inverse3); }
  if (row + 4u < rows) { put(at4, 0u + lane, o4_0 * inverse4); put(at4, 4u + lane, o4_1 * inverse4); put(at4, 8u + lane, o4_2 * inverse4); put(at4, 12u + lane, o4_3 * inverse4); }
  if (row + 5u < rows) { put(at5, 0u + lane, o5_0 * inverse5); put(at5, 4u + lane, o5_1 * inverse5); put(at5, 8u + lane, o5_2 * inverse5); put(at5, 12u + lane, o5_3 * inverse5); }
  if (row + 6u < rows) { put(at6, 0u + lane, o6_0 * inverse6); put(at6, 4u + lane, o6_1 * inverse6); put(at6, 8u + lane, o6_2 * inverse6); put(at6, 12u + lane, o6_3 * inverse6); }
  if (row + 7u < rows) { put(at7, 0u + lane, o7_0 * inverse7); put(at7, 4u + lane, o7_1 * inverse7); put(at7, 8u + lane, o7_2 * inverse7); put(at7, 12u + lane, o7_3 * inverse7); }
  
}
