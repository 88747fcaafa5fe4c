// softmax/thread
struct Params { rows: u32, n: u32, g0: u32, g1: u32, g2: u32, g3: u32, g4: u32, g5: u32, queries: u32, scale: f32, m1: u32, m2: u32, m3: u32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
fn load_x(i: u32) -> vec4<f32> { return x[i]; }
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
fn store_y(i: u32, v: vec4<f32>) { y[i] = v; }
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

struct State { largest: vec4f, sum: vec4f }
fn init() -> State { return State(V(-0x1.fffffep+127f), V()); }
fn exp_of(d: V) -> V {
  return select(exp(d), d, (bitcast<vec4u>(d) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u));
}
fn scale(old: V, now: V) -> V { return select(exp_of(old - now), V(1.0), old == now); }
fn term(x: V, largest: V) -> V { return exp_of(x - largest); }
fn step(s: State, x: V, ok: vec4<bool>, j: vec4u) -> State {
  let largest = select(s.largest, max(s.largest, x), ok);
  return State(largest, s.sum * scale(s.largest, largest) + select(V(), term(x, largest), ok));
}
fn turn(s: State, a: V, b: V, c: V, d: V) -> State {
  let largest = max(s.largest, max(max(a, b), max(c, d)));
  return State(largest, s.sum * scale(s.largest, largest) + ((term(a, largest) + term(b, largest)) + (term(c, largest) + term(d, largest))));
}
fn merge(a: State, b: State) -> State {
  let largest = max(a.largest, b.largest);
  return State(largest, a.sum * scale(a.largest, largest) + b.sum * scale(b.largest, largest));
}

// -infinity; the compiler must not see that.
fn lowest() -> f32 { return bitcast<f32>(0xff800000u | (p.n >> 31u)); }
fn value(i: u32, row: I, j: I) -> T { var v = load_x(i); return v; }
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
  s = merge(s, State(s.largest.yxwz, s.sum.yxwz));
  return merge(s, State(s.largest.zwxy, s.sum.zwxy));
}
struct Stats { largest: V, factor: V }
fn close(s: State, row: vec4u) -> Stats { return Stats(s.largest, 1.0 / s.sum); }
fn apply(t: Stats, x: V, row: vec4u, j: vec4u) -> V { return exp(x - t.largest) * t.factor; }
// Elements past the last are it.
fn existing(at: vec4u) -> vec4u { return at; }
fn emit(t: Stats, start: u32, unit: u32, k: u32) {
  let at = index(k);
  let x = fetch(start, unit, k);
  let v = apply(t, x, rows_of(unit), existing(at));
  store_y(place(start, k), v);
}
fn end(unit: u32, first: u32, stride: u32, s: State) {
  let t = close(s, rows_of(unit));
  let start = begin(unit);
  let all = blocks();
  var k = first;
  for (var i = 0u; i < 0x40000000u; i++) {
    if (k + 3u * stride >= all) { break; }
    emit(t, start, unit, k);
    emit(t, start, unit, k + stride);
    emit(t, start, unit, k + 2u * stride);
    emit(t, start, unit, k + 3u * stride);
    k += 4u * stride;
  }
  for (var i = 0u; i < 0x40000000u; i++) {
    if (k >= all) { break; }
    emit(t, start, unit, k);
    k += stride;
  }
}

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let unit = (wid.y * groups.x + wid.x) * 32u + thread;
  if (unit >= p.rows) { return; }
  let s = across(fold(unit, 0u, 1u));
  end(unit, 0u, 1u, s);
}
