// A factory of losses of one prediction and one label each: none, their sum or their mean, in two passes where there are many.

import { countOf, type DType, defineKernel, fail, type Kernel, showShape, sizeOf, type TensorType } from "@tilewright/runtime";
import { type Layout, layoutOf, VIEW_PARAMS, type ViewParam, viewOf, viewParams } from "./layout.ts";
import type { LossName } from "./proofs/losses.ts";
import { each, reducing } from "./variants.ts";

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

export function lossOf<Options extends LossOptions>(name: LossName, key?: keyof Options & string, preset = 0): Loss<Options> {
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
      each<LossParam, LossSpec>(async () => (await import("./text/losses.ts")).single(name)),
      ...reducing<LossParam, LossSpec>(async () => (await import("./text/losses.ts")).program(name)),
    ],

    proof: async () => (await import("./proofs/losses.ts")).proof(name),

    cost: ({ types }) => ({
      flops: 4 * countOf(types["x"]!.shape),
      bytes: Object.values(types).reduce((all, type) => all + sizeOf(type), 0),
    }),
  }) as Loss<Options>;
}
