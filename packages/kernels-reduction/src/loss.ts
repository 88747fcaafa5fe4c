// A factory of losses of one prediction and one label each: none, their sum or their mean, in two passes where there are many.

import {
  countOf,
  type DType,
  defineKernel,
  fail,
  type Kernel,
  type Lanes,
  showShape,
  sizeOf,
  type TensorType,
  wgsl,
} from "@tilewright/runtime";
import { type Fold, safeLog, sumFold } from "./folds.ts";
import type { RowProgram } from "./frame.ts";
import { type Layout, layoutOf, VIEW_PARAMS, type ViewParam, viewOf, viewParams } from "./layout.ts";
import type { LossName } from "./proofs/losses.ts";
import { each } from "./variants/each.ts";
import { reducing } from "./variants/rows.ts";

/** `mean` is Σ weight · loss / Σ weight (all weights 1 unless given), `meanOverNonzero` Σ weight · loss / the number of weights that are not 0. */
export type LossReduction = "none" | "sum" | "mean" | "meanOverNonzero";
export const REDUCTIONS: readonly LossReduction[] = ["none", "sum", "mean", "meanOverNonzero"];

export interface LossOptions {
  /** Default "mean". */
  reduction?: LossReduction | undefined;
  /** Of the output; x's unless given. Sums are f32 either way. */
  dtype?: "f32" | "f16" | undefined;
}
export interface HuberOptions extends LossOptions {
  /** Where the square turns into a line. Default 1. */
  delta?: number | undefined;
}
export interface HingeOptions extends LossOptions {
  /** Labels are 0 and 1 instead of -1 and 1. Default false. */
  zeroOne?: boolean | undefined;
}
export interface BinaryOptions extends LossOptions {
  /** Factor of positive labels' loss. Default 1. */
  posWeight?: number | undefined;
}
export interface LogLossOptions extends LossOptions {
  /** Added to probabilities before their logarithm. Default 1e-7. */
  epsilon?: number | undefined;
}

export type LossParam = ViewParam | "a" | "groups" | "span";
export interface LossSpec extends Layout {
  readonly reduction: LossReduction;
  readonly weights: boolean;
  /** One weight is for a vec4. */
  readonly same: boolean;
  readonly half: boolean;
}

const OPERANDS = { x: "in", labels: "in", weights: "in?", y: "out" } as const;
export type Loss<Options extends object = LossOptions> = Kernel<typeof OPERANDS, LossParam, Options, LossSpec>;

interface Entry {
  /** WGSL over T of x and t, with `p.a` as the option's number. */
  text: string;
  functions?: string;
}

export const zero = "T()";
/** log(1 + e), e in [0, 1]: by its series where 1 + e would lose e's digits. */
export const LOG1P = "fn log1p(e: T) -> T { return select(log(1.0 + e), e * (1.0 - e * (0.5 - e * 0.33333333)), e < T(0.004)); }";

function program({ text, functions = "" }: Entry): RowProgram<LossSpec> {
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
    fields: (spec) => fold(spec).fields,
    fold: (spec) => fold(spec).text,
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

/** Weights of x's shape, of its last or its first dimensions, or one for all: element i has number ⌊i / span⌋ mod groups. */
export function weightRule(kernel: string, weights: TensorType, shape: readonly number[]): { groups: number; span: number } {
  const trim = (dims: readonly number[]) =>
    dims.slice(
      Math.max(
        dims.findIndex((d) => d !== 1),
        0,
      ),
    );
  const groups = countOf(weights.shape);
  const own = trim(weights.shape);
  const head = weights.shape.slice(0, weights.shape.findLastIndex((d) => d !== 1) + 1);
  if (groups === 1) return { groups, span: 1 };
  if (`${own}` === `${shape.slice(-own.length)}`) return { groups, span: 1 };
  if (`${head}` === `${shape.slice(0, head.length)}`) return { groups, span: countOf(shape) / groups };
  return fail(
    kernel,
    "shape",
    `weights are ${showShape(weights.shape)}; needed is x's shape ${showShape(shape)}, its first or last dimensions, or a single element.`,
  );
}

export function lossOf<Options extends LossOptions>(
  name: LossName,
  entry: Entry,
  key?: keyof Options & string,
  preset = 0,
): Loss<Options> {
  const rows = program(entry);
  return defineKernel({
    name,
    operands: OPERANDS,
    params: { ...VIEW_PARAMS, a: "f32", groups: "u32", span: "u32" },

    resolve({ x, labels, weights }, options: Options) {
      const known: readonly string[] = ["reduction", "dtype", ...(key ? [key] : [])];
      for (const option in options)
        if (!known.includes(option)) fail(name, "feature", `there is no option ${option}; there are ${known.join(", ")}.`);
      const { reduction = "mean", dtype = x.dtype as "f32" | "f16" } = options;
      const a = Number((key && options[key]) ?? preset);
      if (!REDUCTIONS.includes(reduction))
        fail(name, "feature", `reduction is "${reduction}"; it may be ${REDUCTIONS.join(", ")}.`);
      const types: [string, DType | undefined][] = [
        ["x", x.dtype],
        ["labels", labels.dtype],
        ["weights", weights?.dtype],
        ["options.dtype", dtype],
      ];
      for (const [operand, type] of types)
        if (type && type !== "f32" && type !== "f16") fail(name, "dtype", `${operand} is ${type}; needed is f32 or f16.`);
      if (`${labels.shape}` !== `${x.shape}`)
        fail(name, "shape", `labels are ${showShape(labels.shape)}; needed is x's shape ${showShape(x.shape)}.`);
      const { groups, span } = weights ? weightRule(name, weights, x.shape) : { groups: 1, span: 1 };
      const n = countOf(x.shape);
      const view = viewOf(name, [n], [0]);
      const layout = layoutOf(view);
      // A vec4 has one weight, or four side by side; where it has neither, elements go one by one.
      const same = groups === 1 || span % 4 === 0;
      const odd = !!weights && !same && (span > 1 || groups % 4 > 0);
      return {
        params: { ...viewParams(view), a, groups, span },
        spec: {
          ...layout,
          vec: odd ? "none" : layout.vec,
          reduction,
          weights: !!weights,
          same,
          half: dtype === "f16",
        } satisfies LossSpec,
        outputs: { y: { shape: reduction === "none" ? x.shape : [], dtype } },
        dynamic: ["a"],
      };
    },

    variants: [
      each<LossSpec, LossParam>({
        four: ({ vec }) => vec === "row",
        half: ({ half }) => half,
        lanes: (spec) => rows.lanes(spec, { f16: true } as never),
        text: (spec) => wgsl`alias T = ${spec.vec === "row" ? "vec4f" : "f32"};
alias I = u32;
${rows.value(spec)}
fn element(i: u32) -> T { return value(i, 0u, i); }`,
        count: "p.n",
        refuses: ({ reduction }) => (reduction === "none" ? undefined : "it gives every loss, and no sum"),
      }),
      ...reducing<LossSpec, LossParam>(rows, 2, ({ empty, weights }) =>
        empty ? [] : ["x", "labels", ...(weights ? ["weights"] : [])],
      ),
    ],

    proof: async () => (await import("./proofs/losses.ts")).proof(name),

    cost: ({ types }) => ({
      flops: 4 * countOf(types["x"]!.shape),
      bytes: Object.values(types).reduce((all, type) => all + sizeOf(type), 0),
    }),
  }) as Loss<Options>;
}
