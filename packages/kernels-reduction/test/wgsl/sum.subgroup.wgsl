// sum/subgroup
enable subgroups;
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

fn whole(given: State, width: u32) -> State {
  var s = given;
  for (var i = 0u; i < 5u; i++) {
    if ((1u << i) >= width) { break; }
    s = merge(s, State(vec4f(subgroupShuffleXor(s.sum.x, 1u << i))));
  }
  return s;
}
// Lanes 64 and up of a larger subgroup are not there.
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_size) size: u32, @builtin(subgroup_invocation_id) lane: u32,
) {
  let width = min(size, 64u);
  let mine = subgroupBroadcastFirst(thread) / width; // all lanes of a subgroup agree on it
  let together = 64u / width;
  let first_unit = (wid.y * groups.x + wid.x) * 2u;
  let units = p.rows;
  for (var i = 0u; i < 2u; i++) {
    if (i * together >= 2u) { break; }
    let unit = first_unit + i * together + mine;
    let s = whole(across(fold(min(unit, p.rows - 1u), lane, width)), width);
  if (mine < 2u && unit < units && true) { end(unit, lane, width, s); }
  }
}
