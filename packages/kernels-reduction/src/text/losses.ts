// Losses of one prediction and one label each, as text.
import { type Lanes, wgsl } from "@tilewright/runtime";
import type { LossSpec } from "../loss.ts";
import type { LossName } from "../proofs/losses.ts";
import type { EachProgram } from "../variants/each.ts";
import { type Fold, safeLog, sumFold } from "./folds.ts";
import type { RowProgram } from "./frame.ts";

interface Entry {
  /** WGSL over T of x and t, with `p.a` as the option's number. */
  text: string;
  functions?: string;
}

const entries: Readonly<Record<LossName, Entry>> = {
  mseLoss: { text: "(x - t) * (x - t)" },
  maeLoss: { text: "abs(x - t)" },
  huberLoss: {
    functions: "fn huber(d: T) -> T { return select(p.a * (d - 0.5 * p.a), 0.5 * d * d, d <= T(p.a)); }",
    text: "huber(abs(x - t))",
  },
  hingeLoss: {
    // By the bits, since max and comparisons may drop NaN: 0 for everything from -0 to -infinity.
    functions: "fn hinge(d: T) -> T { return select(d, T(), bitcast<U>(d) - U(0x80000000u) <= U(0x7f800000u)); }",
    text: "hinge(1.0 - (t * (1.0 + p.a) - p.a) * x)",
  },
  binaryCrossEntropy: {
    // log(1 + e), e in [0, 1]: by its series where 1 + e would lose e's digits.
    functions: "fn log1p(e: T) -> T { return select(log(1.0 + e), e * (1.0 - e * (0.5 - e * 0.33333333)), e < T(0.004)); }",
    text: "(1.0 - t) * x + (1.0 + (p.a - 1.0) * t) * (log1p(exp(-abs(x))) + max(-x, T()))",
  },
  logLoss: { text: "-t * safe_log(x + p.a) - (1.0 - t) * safe_log(1.0 - x + p.a)" },
  klDivergence: { text: "select(t * (safe_log(t) - x), T(), t == T())" },
};

/** Their sum, or their mean. */
export function program(name: LossName): RowProgram<LossSpec> {
  const { text, functions = "" } = entries[name];
  const weigh = ({ weights, vec, same }: LossSpec) =>
    !weights
      ? ""
      : wgsl`fn weight_of(i: u32) -> T { return ${
          vec === "none"
            ? "load_weights(i / p.span % p.groups)"
            : same
              ? "T(load_weights((i << 2u) / p.span % p.groups))"
              : "load_weights(i % (p.groups >> 2u))"
        }; }`;
  const value = (spec: LossSpec) => wgsl`alias U = ${spec.vec === "none" ? "u32" : "vec4u"};
${functions}
${text.includes("safe_log") ? safeLog("T", "U") : ""}
${weigh(spec)}
fn loss(i: u32) -> T { let x = load_x(i); let t = load_labels(i); return ${text}; }
fn value(i: u32, row: I, j: I) -> T { return loss(i)${spec.weights ? " * weight_of(i)" : ""}; }`;
  const counts = ({ weights, reduction }: LossSpec) => weights && reduction.startsWith("mean");
  const weighted: Fold = {
    fields: { sum: "vec4f", weight: "vec4f" },
    text: wgsl`fn init() -> State { return State(V(), V()); }
fn step(s: State, x: V, w: V, ok: vec4<bool>, j: vec4u) -> State { return State(s.sum + select(V(), x, ok), s.weight + select(V(), w, ok)); }
fn merge(a: State, b: State) -> State { return State(a.sum + b.sum, a.weight + b.weight); }`,
  };
  const fold = (spec: LossSpec) => (counts(spec) ? weighted : sumFold());
  const lanes = ({ vec, same }: LossSpec): Lanes => (vec === "none" ? {} : { x: 4, labels: 4, weights: same ? 1 : 4 });
  return {
    reads: ({ empty, weights }) => (empty ? [] : ["x", "labels", ...(weights ? ["weights"] : [])]),
    fold,
    most: 2,
    scalar: () => "f32",
    value,
    second: (spec) =>
      counts(spec)
        ? `fn second(i: u32, row: I, j: I) -> T { let w = weight_of(i); return ${spec.reduction === "mean" ? "w" : "select(T(), T(1.0), w != T())"}; }`
        : undefined,
    pairs: ({ half }, { f16 }) => half && !f16,
    end: (spec, { f16 }) => {
      const divisor = counts(spec) ? " / s.weight.x" : spec.reduction.startsWith("mean") ? " / f32(p.n)" : "";
      const total = spec.empty && divisor ? "bitcast<f32>(0x7fc00000u | p.n)" : `s.sum.x${divisor}`;
      return spec.half && !f16
        ? `fn end_pair(unit: u32, s: State, t: State) { store_y(0u, vec2f(${total})); }`
        : `fn end(unit: u32, first: u32, stride: u32, s: State) { if (first == 0u) { store_y(0u, ${total}); } }`;
    },
    lanes: (spec, { f16 }) => ({ ...lanes(spec), y: spec.half && !f16 ? 2 : 1 }),
    flat: ({ spec }) => (spec.reduction === "none" ? "there is nothing to sum; each gives every loss" : undefined),
  };
}

/** Each for itself. */
export function single(name: LossName): EachProgram<LossSpec> {
  const rows = program(name);
  return {
    four: ({ vec }) => vec === "row",
    half: ({ half }) => half,
    lanes: (spec) => rows.lanes(spec, { f16: true } as never),
    text: (spec) => wgsl`alias T = ${spec.vec === "row" ? "vec4f" : "f32"};
alias I = u32;
${rows.value(spec)}
fn element(i: u32) -> T { return value(i, 0u, i); }`,
    count: "p.n",
    refuses: ({ reduction }) => (reduction === "none" ? undefined : "it gives every loss, and no sum"),
  };
}
