// The folds that kernels are made of, as WGSL over V: what a state is, how a value is added, how two states are merged.
import { wgsl } from "@tilewright/runtime";
import type { Fields } from "./state.ts";

export interface Fold {
  readonly fields: Fields;
  /**
   * `init() -> State`, `step(s: State, x: V, ok: vec4<bool>, j: vec4u) -> State` of which only the ok components count, `merge(a: State, b: State) -> State`;
   * `turn(s: State, a: V, b: V, c: V, d: V) -> State` where four at once are cheaper than four steps.
   */
  readonly text: string;
}

/**
 * `safe_log(x)`: WGSL's log, whose NaN is NaN, whose infinity is infinite, and which is NaN below 0 on every adapter (SwiftShader's is not).
 * @param T f32 or a vector of it, U the unsigned type as wide
 */
export const safeLog = (T: string, U: string): string =>
  wgsl`fn safe_log(x: ${T}) -> ${T} {
  let bits = bitcast<${U}>(x);
  let nan = (bits > ${U}(0x7f800000u)) & (bits != ${U}(0x80000000u));
  return select(select(log(x), x, bits == ${U}(0x7f800000u)), bitcast<${T}>(bits | ${U}(0x7fc00000u)), nan);
}`.trim();

/** Sums of x, or of a term of it; `turn` adds four values as a tree, so that rounding errors come in a quarter of the steps. */
export const sumFold = (type: "vec4f" | "vec4i" | "vec4u" = "vec4f", term = (x: string) => x): Fold => ({
  fields: { sum: type },
  text: wgsl`fn init() -> State { return State(V()); }
fn step(s: State, x: V, ok: vec4<bool>, j: vec4u) -> State { return State(s.sum + select(V(), ${term("x")}, ok)); }
fn turn(s: State, a: V, b: V, c: V, d: V) -> State { return State(s.sum + ((${term("a")} + ${term("b")}) + (${term("c")} + ${term("d")}))); }
fn merge(a: State, b: State) -> State { return State(a.sum + b.sum); }`,
});

export const productFold = (type: "vec4f" | "vec4i" | "vec4u"): Fold => ({
  fields: { product: type },
  text: wgsl`fn init() -> State { return State(V(1)); }
fn step(s: State, x: V, ok: vec4<bool>, j: vec4u) -> State { return State(s.product * select(V(1), x, ok)); }
fn turn(s: State, a: V, b: V, c: V, d: V) -> State { return State(s.product * ((a * b) * (c * d))); }
fn merge(a: State, b: State) -> State { return State(a.product * b.product); }`,
});

/**
 * Floats as integers of the same order, on which max and min are exact and no rule about NaN applies: WGSL's own may drop one.
 * `key(x)` and `unkey(k)`; NaN is above (below, for a minimum) everything, and comes back as NaN.
 */
export const keys = (scalar: "f32" | "i32" | "u32", least: boolean): string => {
  if (scalar !== "f32") return `alias K = vec4<${scalar}>;\nfn key(x: V) -> K { return x; }\nfn unkey(k: K) -> V { return k; }`;
  const nan = least ? "vec4i(-0x80000000)" : "vec4i(0x7fffffff)";
  return wgsl`alias K = vec4i;
fn key(x: V) -> K {
  let bits = bitcast<vec4i>(x);
  let size = bits & vec4i(0x7fffffff);
  let k = select(bits, -size, bits < vec4i()); // both zeros are 0
  return select(k, ${nan}, size > vec4i(0x7f800000));
}
fn unkey(k: K) -> V {
  let bits = select(k, -k | vec4i(-0x80000000), k < vec4i());
  return bitcast<V>(select(bits, vec4i(0x7fc00000), k == ${nan}));
}`;
};

/** What no element is below (above, for a minimum): the key of -infinity, or the type's least. */
export const worstKey = (scalar: "f32" | "i32" | "u32", least: boolean): string =>
  ({
    f32: least ? "0x7f800000" : "-0x7f800000",
    i32: least ? "0x7fffffff" : "-0x80000000",
    u32: least ? "0xffffffffu" : "0u",
  })[scalar];

export const extremeFold = (scalar: "f32" | "i32" | "u32", least: boolean): Fold => {
  const f = least ? "min" : "max";
  return {
    fields: { best: scalar === "u32" ? "vec4u" : "vec4i" },
    text: wgsl`${keys(scalar, least)}
fn init() -> State { return State(K(${worstKey(scalar, least)})); }
fn step(s: State, x: V, ok: vec4<bool>, j: vec4u) -> State { return State(select(s.best, ${f}(s.best, key(x)), ok)); }
fn merge(a: State, b: State) -> State { return State(${f}(a.best, b.best)); }`,
  };
};

/** The best element and where it is: of equal ones the first, or the last. */
export const indexFold = (scalar: "f32" | "i32" | "u32", least: boolean, last: boolean): Fold => ({
  fields: { best: scalar === "u32" ? "vec4u" : "vec4i", at: "vec4u" },
  text: wgsl`${keys(scalar, least)}
fn init() -> State { return State(K(${worstKey(scalar, least)}), vec4u(${last ? "0u" : "0xffffffffu"})); }
fn better(a: K, i: vec4u, b: K, j: vec4u) -> vec4<bool> { return (a ${least ? "<" : ">"} b) | ((a == b) & (i ${last ? ">" : "<"} j)); }
fn step(s: State, x: V, ok: vec4<bool>, j: vec4u) -> State {
  let k = key(x);
  let take = ok & better(k, j, s.best, s.at);
  return State(select(s.best, k, take), select(s.at, j, take));
}
fn merge(a: State, b: State) -> State {
  let take = better(b.best, b.at, a.best, a.at);
  return State(select(a.best, b.best, take), select(a.at, b.at, take));
}`,
});

/** `exp_of(d)` of a difference: WGSL's exp, but NaN is NaN on every adapter; `scale(old, now)`: what a sum is multiplied by for a new largest element. */
export const scaling = `fn exp_of(d: V) -> V {
  return select(exp(d), d, (bitcast<vec4u>(d) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u));
}
fn scale(old: V, now: V) -> V { return select(exp_of(old - now), V(1.0), old == now); }`;

/**
 * The largest element and Σ exp(x − largest), in one pass: Milakov and Gimelshein 2018, arXiv:1805.02867. The largest starts as the least
 * finite number, so that exp(-infinity − it) is 0 and not NaN; NaN among the elements reaches the sum. Rescaling by exp(0) is left out, being 1 only nearly.
 * @param infinite an infinite largest element counts 1 (and its logarithm is itself); else it makes NaN, as in NumPy's softmax
 */
export const sumExpFold = (infinite = false): Fold => ({
  fields: { largest: "vec4f", sum: "vec4f" },
  text: wgsl`fn init() -> State { return State(V(-0x1.fffffep+127f), V()); }
${scaling}
fn term(x: V, largest: V) -> V { return ${infinite ? "scale(x, largest)" : "exp_of(x - largest)"}; }
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
}`,
});

/**
 * Count, mean and Σ(x − mean)²: a turn's own first, then merged: Chan, Golub and LeVeque 1979 (STAN-CS-79-773), eq. 2.1. Unlike Σx², nothing cancels where the
 * mean is large, and unlike sums about the first element nothing depends on which element comes first.
 */
export const momentsFold = (): Fold => ({
  fields: { count: "vec4f", mean: "vec4f", squares: "vec4f" },
  text: wgsl`fn init() -> State { return State(V(), V(), V()); }
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
}`,
});
