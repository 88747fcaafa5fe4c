// sum/workgroup
struct Params { rows: u32, n: u32, g0: u32, g1: u32, g2: u32, g3: u32, g4: u32, g5: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
fn load_x(i: u32) -> vec4<f32> { return x[i]; }
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
fn store_y(i: u32, v: f32) { y[i] = v; }
alias V = vec4<f32>;
alias T = V;
alias I = vec4u;
fn start_of(i: u32) -> u32 { var rest = i; var at = 0u; at += rest * p.g1; return at; }
fn along(i: u32) -> u32 { var rest = i; var at = 0u; at += rest; return at; }

// Four values of x at a time are block k of a row: which rows they are of, which elements, and where.
fn rows_of(unit: u32) -> vec4u { return vec4u(unit); }
fn index(k: u32) -> vec4u { return 4u * k + vec4u(0u, 1u, 2u, 3u); }
fn begin(unit: u32) -> u32 { return start_of(unit) >> 2u; }
fn place(start: u32, k: u32) -> u32 { return start + k; }
fn blocks() -> u32 { return (p.n + 3u) >> 2u; }

struct State { sum: vec4f }
fn init() -> State { return State(V()); }
fn step(s: State, x: V, ok: vec4<bool>, j: vec4u) -> State { return State(s.sum + select(V(), x, ok)); }
fn turn(s: State, a: V, b: V, c: V, d: V) -> State { return State(s.sum + ((a + b) + (c + d))); }
fn merge(a: State, b: State) -> State { return State(a.sum + b.sum); }
fn value(i: u32, row: I, j: I) -> T { let x = load_x(i); return x; }
fn fetch(start: u32, unit: u32, k: u32) -> V {
  return value(place(start, k), rows_of(unit), index(k));
}

// Blocks first, first + stride … of a row: four a turn, then those that are left, the last of which may be ragged.
fn fold(unit: u32, first: u32, stride: u32) -> State {
  let start = begin(unit);
  let all = blocks();
  let whole = all;
  var s = init();
  var k = first;
  for (var i = 0u; i < 0x40000000u; i++) {
    if (k + 3u * stride >= whole) { break; }
    s = turn(s, fetch(start, unit, k), fetch(start, unit, k + stride), fetch(start, unit, k + 2u * stride), fetch(start, unit, k + 3u * stride));
    k += 4u * stride;
  }
  for (var i = 0u; i < 0x40000000u; i++) {
    if (k >= all) { break; }
    s = step(s, fetch(start, unit, k), index(k) < vec4u(p.n), index(k));
    k += stride;
  }
  return s;
}
// The four components are parts of one row.
fn across(given: State) -> State {
  var s = given;
  s = merge(s, State(s.sum.yxwz));
  return merge(s, State(s.sum.zwxy));
}
alias R = vec4<f32>;

fn result(s: State) -> R { return R(s.sum); }
fn end(unit: u32, first: u32, stride: u32, s: State) { if (first == 0u) { store_y(unit, result(s).x); } }

var<workgroup> shares: array<u32, 64>;
var<workgroup> sums: array<u32, 8>;
fn put_share(slot: u32, s: State) {
  shares[1u * slot + 0u] = bitcast<u32>(s.sum.x);
}
fn get_share(slot: u32) -> State { return State(vec4f(bitcast<f32>(shares[1u * slot + 0u]))); }
fn put_sum(slot: u32, s: State) {
  sums[1u * slot + 0u] = bitcast<u32>(s.sum.x);
}
fn get_sum(slot: u32) -> State { return State(vec4f(bitcast<f32>(sums[1u * slot + 0u]))); }
fn share(s: State, thread: u32) -> State {
  put_share(thread, s);
  workgroupBarrier();
  if (thread < 8u) {
    var part = get_share(thread * 8u);
    for (var i = 1u; i < 8u; i++) { part = merge(part, get_share(thread * 8u + i)); }
    put_sum(thread, part);
  }
  workgroupBarrier();
  var all = get_sum(0u);
  for (var i = 1u; i < 8u; i++) { all = merge(all, get_sum(i)); }
  return all;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let unit = wid.y * groups.x + wid.x;
  if (unit >= p.rows) { return; }
  let s = share(across(fold(unit, thread, 64u)), thread);
  end(unit, thread, 64u, s);
}
