// layerNorm/thread
struct Params { rows: u32, n: u32, g0: u32, g1: u32, g2: u32, g3: u32, g4: u32, g5: u32, groups: u32, per: u32, span: u32, epsilon: f32, momentum: f32 }
var<immediate> p: Params;
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
fn load_x(i: u32) -> vec4<f32> { return x[i]; }
@group(0) @binding(1) var<storage, read> gamma: array<vec4<f32>>;
fn load_gamma(i: u32) -> vec4<f32> { return gamma[i]; }
@group(0) @binding(2) var<storage, read> beta: array<vec4<f32>>;
fn load_beta(i: u32) -> vec4<f32> { return beta[i]; }
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;
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

struct State { count: vec4f, mean: vec4f, squares: vec4f }
fn init() -> State { return State(V(), V(), V()); }
fn step(s: State, x: V, ok: vec4<bool>, j: vec4u) -> State {
  return merge(s, State(select(V(), V(1.0), ok), select(V(), x, ok), V()));
}
fn turn(s: State, a: V, b: V, c: V, d: V) -> State {
  let mean = ((a + b) + (c + d)) * 0.25;
  let da = a - mean; let db = b - mean; let dc = c - mean; let dd = d - mean;
  // Turns come first, so the count is the same in every component.
  let count = s.count.x + 4.0;
  let share = 4.0 / count;
  let apart = mean - s.mean;
  let squares = s.squares + ((da * da + db * db) + (dc * dc + dd * dd)) + apart * apart * (s.count.x * share);
  return State(V(count), s.mean + apart * share, squares);
}
fn merge(a: State, b: State) -> State {
  let count = a.count + b.count;
  let share = b.count / max(count, V(1.0));
  let apart = b.mean - a.mean;
  // Of an empty side nothing is taken, infinities and what they make included.
  let mean = select(select(a.mean + apart * share, a.mean, b.count == V()), b.mean, a.count == V());
  let squares = a.squares + b.squares + select(apart * apart * (a.count * share), V(), (a.count == V()) | (b.count == V()));
  return State(count, mean, squares);
}

fn rule(row: u32, j: u32) -> u32 { return row % p.groups * p.per + j / p.span; }

fn value(i: u32, row: I, j: I) -> T { return load_x(i); }
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
  s = merge(s, State(s.count.yxwz, s.mean.yxwz, s.squares.yxwz));
  return merge(s, State(s.count.zwxy, s.mean.zwxy, s.squares.zwxy));
}
struct Beside { gamma: V, beta: V }
fn gamma_of(row: vec4u, j: vec4u) -> V { return load_gamma(j.x >> 2u); }
fn beta_of(row: vec4u, j: vec4u) -> V { return load_beta(j.x >> 2u); }
fn beside(row: vec4u, j: vec4u) -> Beside { return Beside(gamma_of(row, j), beta_of(row, j)); }
struct Stats { mean: V, factor: V }
fn close(s: State, row: vec4u) -> Stats {
  return Stats(s.mean, inverseSqrt(s.squares / f32(p.n) + p.epsilon));
}
fn apply(t: Stats, x: V, row: vec4u, j: vec4u, b: Beside) -> V {
  let y = (x - t.mean) * t.factor * b.gamma + b.beta;
  return y;
}
// Elements past the last are it.
fn existing(at: vec4u) -> vec4u { return at; }
fn emit(t: Stats, start: u32, unit: u32, k: u32, b: Beside) {
  let at = index(k);
  let x = fetch(start, unit, k);
  let v = apply(t, x, rows_of(unit), existing(at), b);
  store_y(place(start, k), v);
}
fn end(unit: u32, first: u32, stride: u32, s: State) {
  let t = close(s, rows_of(unit));
  let start = begin(unit);
  let all = blocks();
  var k = first;
  for (var i = 0u; i < 0x40000000u; i++) {
    if (k + 3u * stride >= all) { break; }
    emit(t, start, unit, k, beside(rows_of(unit), existing(index(k))));
    emit(t, start, unit, k + stride, beside(rows_of(unit), existing(index(k + stride))));
    emit(t, start, unit, k + 2u * stride, beside(rows_of(unit), existing(index(k + 2u * stride))));
    emit(t, start, unit, k + 3u * stride, beside(rows_of(unit), existing(index(k + 3u * stride))));
    k += 4u * stride;
  }
  for (var i = 0u; i < 0x40000000u; i++) {
    if (k >= all) { break; }
    emit(t, start, unit, k, beside(rows_of(unit), existing(index(k))));
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
