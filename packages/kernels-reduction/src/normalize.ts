// What normalisations share: (x − mean) / √(variance + epsilon) · gamma + beta over rows, as formula and as a factory of kernels.

import { countOf, type DType, defineKernel, fail, type Kernel, showShape, sizeOf, type TensorType } from "@tilewright/runtime";
import { type Layout, layoutOf, reducedShape, VIEW_PARAMS, type ViewParam, viewOf, viewParams } from "./layout.ts";
import { mapping } from "./variants.ts";

export interface NormOptions {
  /** Added to the variance. */
  epsilon?: number | undefined;
  /** Of the output; x's unless given. */
  dtype?: "f32" | "f16" | undefined;
  /** Give each row's mean and 1 / √(variance + epsilon) too, as f32. Default false. */
  stats?: boolean | undefined;
}

export interface BatchNormTrainingOptions extends NormOptions {
  /** x is [N, ..., C] instead of [N, C, ...]. Default false. */
  channelsLast?: boolean | undefined;
  /** How much of the running statistics is kept (ONNX's momentum; PyTorch's is 1 minus it). Default 0.9. */
  momentum?: number | undefined;
}

export interface LayerNormOptions extends NormOptions {
  /** What is normalised together; the last unless given. */
  axes?: number | readonly number[] | undefined;
  /** Give x + residual + bias, what is normalised, too. Default false. */
  sum?: boolean | undefined;
}

/** Element j of row i has gamma number (i mod `groups`) · `per` + ⌊j / `span`⌋. */
export type NormParam = ViewParam | "groups" | "per" | "span" | "epsilon" | "momentum";

export interface NormSpec extends Layout {
  /** By the mean square alone. */
  readonly rms: boolean;
  readonly residual: boolean;
  readonly bias: boolean;
  readonly gamma: boolean;
  readonly beta: boolean;
  readonly sum: boolean;
  readonly stats: boolean;
  /** The mean and variance of rows are given, blended with running ones where there are. */
  readonly statistics: boolean;
  readonly running: boolean;
  /** Which gamma: one for each element of a row, one for the whole row, or by the general rule. */
  readonly by: "element" | "row" | "rule" | "broadcast";
  /** With `broadcast`: over which groups of x's dimensions, whose sizes but the first are `groups`, `per` and `span`. */
  readonly across: string;
  /** The rule has j mod `span` instead. */
  readonly modulo: boolean;
  readonly half: boolean;
  readonly silu: boolean;
}

const OPERANDS = {
  x: "in",
  residual: "in?",
  bias: "in?",
  gamma: "in?",
  beta: "in?",
  y: "out",
  sum: "out?",
  mean: "out?",
  invStd: "out?",
} as const;
export const TRAINING = {
  x: "in",
  gamma: "in?",
  beta: "in?",
  running: "in?",
  y: "out",
  statistics: "out",
  mean: "out?",
  invStd: "out?",
} as const;
export type Norm<Options extends object = NormOptions> = Kernel<typeof OPERANDS, NormParam, Options, NormSpec>;

/** Which elements make rows, and which gamma is whose. */
export interface Plan {
  readonly shape: readonly number[];
  readonly axes: readonly number[];
  readonly groups: number;
  readonly per: number;
  readonly span: number;
  readonly by: NormSpec["by"];
  readonly modulo?: boolean;
  readonly across?: string;
}

export type Given = Readonly<
  Partial<Record<"x" | "residual" | "bias" | "gamma" | "beta" | "running", TensorType | undefined>>
> & {
  readonly x: TensorType;
};

/** Everything of a normalisation but how its options and shapes become a plan. */
export function norm<Options extends NormOptions & { readonly sum?: boolean | undefined }>(
  name: string,
  rms: boolean,
  /** Its options besides those that all have. */
  own: readonly string[],
  plan: (given: Given, options: Options) => Plan,
  /** `elements`: gamma and beta may be numbers for each element of a row; `training`: statistics come out. */
  kind: "elements" | "channels" | "training" = "channels",
): Norm<Options> {
  const known = ["epsilon", "dtype", "stats", ...own];
  const training = kind === "training";
  const isFloat = (operand: string, dtype: DType) =>
    dtype === "f32" || dtype === "f16" || fail(name, "dtype", `${operand} is ${dtype}; needed is f32 or f16.`);
  return defineKernel({
    name,
    operands: (training ? TRAINING : OPERANDS) as typeof OPERANDS,
    params: { ...VIEW_PARAMS, groups: "u32", per: "u32", span: "u32", epsilon: "f32", momentum: "f32" },

    resolve(given: Given, options: Options) {
      for (const key in options)
        if (!known.includes(key)) fail(name, "feature", `there is no option ${key}; there are ${known.join(", ")}.`);
      const { x, residual, bias, gamma, beta, running } = given;
      const { momentum = 0.9 } = options as BatchNormTrainingOptions;
      const { activation } = options as { readonly activation?: string };
      if (activation && activation !== "silu") fail(name, "feature", `there is no activation "${activation}"; there is silu.`);
      const { epsilon = 1e-5, dtype = x.dtype as "f32" | "f16", stats = false, sum = false } = options;
      for (const [operand, type] of Object.entries(given)) if (type) isFloat(operand, type.dtype);
      isFloat("options.dtype", dtype);
      if (residual && `${residual.shape}` !== `${x.shape}`)
        fail(name, "shape", `residual is ${showShape(residual.shape)}; needed is x's shape ${showShape(x.shape)}.`);
      const { shape, axes, groups, per, span, by, modulo = false, across = "" } = plan(given, options);
      const view = viewOf(name, shape, axes);
      const layout = layoutOf(view);
      const kept = { shape: reducedShape(shape, axes, true), dtype: "f32" } as const;
      return {
        params: { ...viewParams(view), groups, per, span: Math.max(span, 1), epsilon, momentum },
        spec: {
          ...layout,
          ...{ rms, residual: !!residual, bias: !!bias, gamma: !!gamma, beta: !!beta, sum, stats, by, modulo, across },
          ...{ statistics: training, running: !!running, silu: !!activation },
          half: dtype === "f16" || (sum && x.dtype === "f16"),
        },
        outputs: {
          y: { shape: x.shape, dtype },
          ...(sum && { sum: x }),
          ...(training && { statistics: { shape: [2, view.rows], dtype: "f32" } as const }),
          ...(stats && { ...(!rms && { mean: kept }), invStd: kept }),
        },
        dynamic: ["epsilon"],
      };
    },

    variants: mapping<NormParam, NormSpec>(async () => (await import("./text/normalize.ts")).program, kind === "elements"),

    proof: () => import("./proofs/normalize.ts"),

    cost: ({ types }) => ({
      flops: 8 * countOf(types["y"]!.shape),
      bytes: Object.values(types).reduce((all, type) => all + sizeOf(type), 0),
    }),
  }) as Norm<Options>;
}
