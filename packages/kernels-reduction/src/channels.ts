// What is done to each element by its channel: batch norm with given statistics, and the response of neighbouring channels.
import { countOf, type DType, defineKernel, fail, type Kernel, showShape, sizeOf, type TensorType } from "@tilewright/runtime";
import { axesOf } from "./layout.ts";
import { each } from "./variants.ts";

export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  epsilon?: number | undefined;
  /** Where the channels are. Default 1, or 0 where x has one dimension. */
  axis?: number | undefined;
  /** Of the output; x's unless given. */
  dtype?: "f32" | "f16" | undefined;
}

/** x as [outer, channels, inner]. */
export type ChannelParam = "count" | "channels" | "inner";

export interface ChannelSpec {
  /** A vec4 has one channel, or four side by side; or elements go one by one. */
  readonly vec: "same" | "four" | "none";
  readonly half: boolean;
}
export interface BatchNormSpec extends ChannelSpec {
  readonly gamma: boolean;
  readonly beta: boolean;
}

function checkFloats(name: string, types: Readonly<Record<string, DType | undefined>>): void {
  for (const [operand, type] of Object.entries(types))
    if (type && type !== "f32" && type !== "f16") fail(name, "dtype", `${operand} is ${type}; needed is f32 or f16.`);
}

function channelView({ shape }: TensorType, axis: number) {
  const channels = shape[axis] ?? 1;
  const inner = countOf(shape.slice(axis + 1));
  const vec: ChannelSpec["vec"] = inner % 4 === 0 ? "same" : inner === 1 && channels % 4 === 0 ? "four" : "none";
  return { params: { count: countOf(shape), channels, inner }, vec };
}

const BATCH = { x: "in", mean: "in", variance: "in", gamma: "in?", beta: "in?", y: "out" } as const;

/**
 * (x − mean) / √(variance + epsilon) · gamma + beta with given statistics, as in inference: Ioffe and Szegedy 2015, arXiv:1502.03167.
 * x is [N, C, ...], or has its channels at `axis`; the others are [C].
 */
export const batchNorm: Kernel<typeof BATCH, ChannelParam | "epsilon", BatchNormOptions, BatchNormSpec> =
  /* @__PURE__ */ defineKernel({
    name: "batchNorm",
    operands: BATCH,
    params: { count: "u32", channels: "u32", inner: "u32", epsilon: "f32" },

    resolve(given, { epsilon = 1e-5, axis = Math.min(1, given.x.shape.length - 1), dtype, ...unknown }: BatchNormOptions) {
      for (const key in unknown) fail("batchNorm", "feature", `there is no option ${key}; there are epsilon, axis, dtype.`);
      const { x, ...others } = given;
      const { params, vec } = channelView(x, axesOf("batchNorm", x.shape.length, axis)[0] ?? 0);
      checkFloats("batchNorm", { x: x.dtype, "options.dtype": dtype });
      for (const [operand, type] of Object.entries(others)) {
        if (!type) continue;
        checkFloats("batchNorm", { [operand]: type.dtype });
        if (countOf(type.shape) !== params.channels)
          fail(
            "batchNorm",
            "shape",
            `${operand} is ${showShape(type.shape)}; needed is [${params.channels}], one for each channel of x ${showShape(x.shape)}.`,
          );
      }
      const out = dtype ?? x.dtype;
      return {
        params: { ...params, epsilon },
        spec: { vec, gamma: !!others.gamma, beta: !!others.beta, half: out === "f16" } satisfies BatchNormSpec,
        outputs: { y: { shape: x.shape, dtype: out } },
        dynamic: ["epsilon"],
      };
    },

    variants: [
      /* @__PURE__ */ each<ChannelParam | "epsilon", BatchNormSpec>(async () => (await import("./text/batchNorm.ts")).program),
    ],

    proof: () => import("./proofs/batchNorm.ts"),

    cost: ({ types }) => ({
      flops: 4 * countOf(types["x"]!.shape),
      bytes: Object.values(types).reduce((all, type) => all + sizeOf(type), 0),
    }),
  });

export interface LocalResponseOptions {
  /** How many channels count: ⌊(size − 1) / 2⌋ before, ⌈(size − 1) / 2⌉ behind. */
  size: number;
  /** Factor of the sum of squares, divided by size. Default 1e-4. */
  alpha?: number | undefined;
  /** Exponent. Default 0.75. */
  beta?: number | undefined;
  /** Default 1. */
  bias?: number | undefined;
  /** Where the channels are. Default 1. */
  axis?: number | undefined;
  /** Of the output; x's unless given. */
  dtype?: "f32" | "f16" | undefined;
}
export type ResponseParam = ChannelParam | "size" | "alpha" | "beta" | "bias";

/**
 * x / (bias + alpha / size · Σ x² over neighbouring channels)^beta: Krizhevsky, Sutskever and Hinton 2012, §3.3, with alpha as in ONNX and PyTorch
 * (tfjs: size = 2 · depthRadius + 1, alpha = size · its alpha).
 */
export const localResponseNorm: Kernel<{ x: "in"; y: "out" }, ResponseParam, LocalResponseOptions, ChannelSpec> =
  /* @__PURE__ */ defineKernel({
    name: "localResponseNorm",
    operands: { x: "in", y: "out" },
    params: { count: "u32", channels: "u32", inner: "u32", size: "u32", alpha: "f32", beta: "f32", bias: "f32" },

    resolve(
      { x },
      {
        size,
        alpha = 1e-4,
        beta = 0.75,
        bias = 1,
        axis = Math.min(1, x.shape.length - 1),
        dtype,
        ...unknown
      }: LocalResponseOptions,
    ) {
      for (const key in unknown)
        fail("localResponseNorm", "feature", `there is no option ${key}; there are size, alpha, beta, bias, axis, dtype.`);
      checkFloats("localResponseNorm", { x: x.dtype, "options.dtype": dtype });
      if (!Number.isInteger(size) || size < 1)
        fail("localResponseNorm", "shape", `size is ${size}; needed is how many channels count, 1 or more.`);
      const { params, vec } = channelView(x, axesOf("localResponseNorm", x.shape.length, axis)[0] ?? 0);
      const out = dtype ?? x.dtype;
      return {
        params: { ...params, size, alpha, beta, bias },
        spec: { vec: vec === "same" ? vec : "none", half: out === "f16" } satisfies ChannelSpec,
        outputs: { y: { shape: x.shape, dtype: out } },
        dynamic: ["alpha", "beta", "bias"],
      };
    },

    variants: [
      /* @__PURE__ */ each<ResponseParam, ChannelSpec>(async () => (await import("./text/localResponseNorm.ts")).program),
    ],

    proof: () => import("./proofs/localResponseNorm.ts"),

    cost: ({ types, params }) => ({
      flops: (2 * params.size + 20) * countOf(types["x"]!.shape),
      bytes: sizeOf(types["x"]!) + sizeOf(types["y"]!),
    }),
  });
