// Losses over classes, as text.
import { wgsl } from "@tilewright/runtime";
import type { ClassSpec } from "../crossEntropy.ts";
import { type Fold, safeLog, scaling, sumExpFold } from "./folds.ts";
import type { RowProgram } from "./frame.ts";

/** Besides Σ exp x, a row sums q · x and q, q being what each class's logarithm counts. */
const spread = ({ target, smooth }: ClassSpec) => target === "probabilities" || smooth;

const sums = (): Fold => ({
  fields: { largest: "vec4f", sum: "vec4f", dot: "vec4f", mass: "vec4f" },
  text: wgsl`fn init() -> State { return State(V(-0x1.fffffep+127f), V(), V(), V()); }
${scaling}
fn step(s: State, x: V, q: V, ok: vec4<bool>, j: vec4u) -> State {
  let largest = select(s.largest, max(s.largest, x), ok);
  let sum = s.sum * scale(s.largest, largest) + select(V(), exp_of(x - largest), ok);
  // A class of no probability may have any logit.
  return State(largest, sum, s.dot + select(V(), q * x, ok & (q != V())), s.mass + select(V(), q, ok));
}
fn merge(a: State, b: State) -> State {
  let largest = max(a.largest, b.largest);
  let sum = a.sum * scale(a.largest, largest) + b.sum * scale(b.largest, largest);
  return State(largest, sum, a.dot + b.dot, a.mass + b.mass);
}`,
});

/** The loss of a row and what it weighs. */
function rowLoss(spec: ClassSpec): string {
  const { vec, logs, target, weights, smooth } = spec;
  const at = vec === "none" ? "load_x(i)" : "load_x(i >> 2u)[i & 3u]";
  const log = "safe_log(s.sum[c])";
  if (target === "probabilities")
    return wgsl`fn loss_of(row: u32, s: State, c: u32) -> vec2f { return vec2f(s.mass[c] * (s.largest[c] + ${log}) - s.dot[c], 1.0); }`;
  const plain = logs ? `-${at}` : `${log} - (${at} - s.largest[c])`;
  const loss = smooth
    ? `(1.0 - p.smoothing) * w * (${plain}) + p.smoothing / f32(p.n) * (s.mass[c] * (s.largest[c] + ${log}) - s.dot[c])`
    : `w * (${plain})`;
  return wgsl`// A target that is no class, and not ignored, makes NaN.
fn loss_of(row: u32, s: State, c: u32) -> vec2f {
  let class_ = i32(load_labels(row));
  if (class_ == p.ignore) { return vec2f(); }
  if (class_ < 0 || class_ >= i32(p.n)) { return vec2f(bitcast<f32>(0x7fc00000u | (p.n >> 31u))); }
  let i = start_of(row) + along(u32(class_));
  let w = ${weights ? "load_weights(u32(class_))" : "1.0"};
  return vec2f(${loss}, w);
}`;
}

/** Cross-entropy from logits. */
export const fused: RowProgram<ClassSpec> = {
  reads: ({ target }) => ["x", ...(target === "class" ? [] : ["labels", "weights"])],
  fold: (spec) => (spread(spec) ? sums() : sumExpFold()),
  most: 4,
  scalar: () => "f32",
  value: () => "fn value(i: u32, row: I, j: I) -> T { return load_x(i); }",
  second: (spec) => {
    if (!spread(spec)) return undefined;
    const { vec, target, weights, smooth } = spec;
    const four = "T(load_weights(j.x), load_weights(j.y), load_weights(j.z), load_weights(j.w))";
    const load = vec === "columns" ? "T(load_weights(j.x))" : vec === "row" ? four : "load_weights(j)";
    const q =
      target === "class" ? "T(1.0)" : smooth ? "load_labels(i) * (1.0 - p.smoothing) + p.smoothing / f32(p.n)" : "load_labels(i)";
    return `fn second(i: u32, row: I, j: I) -> T { return ${weights ? `(${q}) * ${load}` : q}; }`;
  },
  pairs: ({ half, vec, reduction }, { f16 }) => half && !f16 && vec !== "columns" && reduction === "none",
  end: (spec, { f16 }) => {
    const { vec, half, reduction } = spec;
    const put = (v: string, to: string) => (reduction === "none" ? `store_y(${to}, ${v}.x);` : `store_losses(${to}, ${v});`);
    const pair = wgsl`fn end_pair(unit: u32, s: State, t: State) {
  store_y(unit, vec2f(loss_of(2u * unit, s, 0u).x, loss_of(min(2u * unit + 1u, p.rows - 1u), t, 0u).x));
}`;
    const four = [0, 1, 2, 3].map((c) => `loss_of(4u * unit + ${c}u, s, ${c}u)`);
    const columns =
      reduction === "none"
        ? `store_y(unit, vec4f(${four.map((l) => `${l}.x`).join(", ")}));`
        : four.map((l, c) => put(l, `4u * unit + ${c}u`)).join(" ");
    const one = vec === "columns" ? columns : put("loss_of(unit, s, 0u)", "unit");
    return wgsl`${safeLog("f32", "u32")}
${rowLoss(spec)}
${half && !f16 && vec !== "columns" && reduction === "none" ? pair : `fn end(unit: u32, first: u32, stride: u32, s: State) { if (first == 0u) { ${one} } }`}`;
  },
  lanes: ({ vec, half, target, reduction }, { f16 }) => {
    const wide = vec === "none" ? 1 : 4;
    const y = reduction !== "none" ? (half && !f16 ? 2 : 1) : vec === "columns" ? 4 : half && !f16 ? 2 : 1;
    return { x: wide, labels: target === "class" ? 1 : wide, y, losses: 2 };
  },
};

/** Negative log-likelihood folds nothing: no element but the target's is read. */
export const picking: RowProgram<ClassSpec> = {
  ...fused,
  reads: () => [],
  fold: () => ({
    fields: { none: "vec4f" },
    text: wgsl`fn init() -> State { return State(V()); }
fn step(s: State, x: V, ok: vec4<bool>, j: vec4u) -> State { return s; }
fn merge(a: State, b: State) -> State { return a; }`,
  }),
  most: 1,
};
