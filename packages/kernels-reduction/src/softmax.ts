import { countOf, defineKernel, fail, type Kernel, showShape, sizeOf } from "@tilewright/runtime";
import { broadcastGroups } from "./broadcast.ts";
import { axesOf, type Layout, layoutOf, VIEW_PARAMS, type ViewParam, viewOf, viewParams } from "./layout.ts";
import { mapping } from "./variants.ts";

export interface SoftmaxOptions {
  /** Default -1. */
  axis?: number | undefined;
  /** x is multiplied by it first. Default 1. */
  scale?: number | undefined;
  /** x is [..., queries, keys] and query q sees keys up to q + keys − queries. Default false. */
  causal?: boolean | undefined;
  /** Of the output; x's unless given. */
  dtype?: "f32" | "f16" | undefined;
}

export type SoftmaxParam = ViewParam | "queries" | "scale" | "m1" | "m2" | "m3";

export interface SoftmaxSpec extends Layout {
  readonly half: boolean;
  readonly scaled: boolean;
  readonly causal: boolean;
  /** What the mask is: numbers to add, or 0 for what is left out. */
  readonly mask: "add" | "keep" | undefined;
  /** Groups of x's dimensions, outermost first: `m` the mask has them, `b` it is broadcast over them. */
  readonly across: string;
  /** How a vec4 of x finds its masks: four side by side, one for all, or each its own. */
  readonly maskLanes: "four" | "same" | "each";
}

export type Softmax = Kernel<{ x: "in"; mask: "in?"; y: "out" }, SoftmaxParam, SoftmaxOptions, SoftmaxSpec>;

function softmaxOf(name: string, log: boolean): Softmax {
  return defineKernel({
    name,
    operands: { x: "in", mask: "in?", y: "out" },
    params: { ...VIEW_PARAMS, queries: "u32", scale: "f32", m1: "u32", m2: "u32", m3: "u32" },

    resolve({ x, mask }, { axis = -1, scale = 1, causal = false, dtype = x.dtype as "f32" | "f16", ...unknown }: SoftmaxOptions) {
      for (const key in unknown) fail(name, "feature", `there is no option ${key}; there are axis, scale, causal, dtype.`);
      for (const [operand, type] of [
        ["x", x.dtype],
        ["options.dtype", dtype],
      ])
        if (type !== "f32" && type !== "f16") fail(name, "dtype", `${operand} is ${type}; needed is f32 or f16.`);
      const axes = axesOf(name, x.shape.length, axis);
      const view = viewOf(name, x.shape, axes);
      if (causal && (x.shape.length < 2 || axes[0] !== x.shape.length - 1))
        fail(
          name,
          "shape",
          `causal needs x as [..., queries, keys] and the last axis; x is ${showShape(x.shape)}, axis ${axis}.`,
        );
      if (mask?.dtype === "i32") fail(name, "dtype", "mask is i32; needed is f32 or f16 to add, or u32: 0 for what is left out.");
      const { across, sizes } = mask ? broadcastGroups(name, "mask", mask, x.shape) : { across: "", sizes: [] };
      const layout = layoutOf(view);
      const [, m1 = 1, m2 = 1, m3 = 1] = sizes;
      return {
        params: { ...viewParams(view), queries: (causal && x.shape.at(-2)) || 1, scale, m1, m2, m3 },
        spec: {
          ...layout,
          half: dtype === "f16",
          scaled: scale !== 1,
          causal,
          mask: mask && (mask.dtype === "u32" ? "keep" : "add"),
          across,
          maskLanes: (sizes.at(-1) ?? 0) % 4 ? "each" : across.endsWith("m") ? "four" : "same",
        },
        outputs: { y: { shape: x.shape, dtype } },
        dynamic: ["scale"],
      };
    },

    variants: mapping<SoftmaxParam, SoftmaxSpec>(async () => (await import("./text/softmax.ts")).program(log)),

    proof: async () => (await import("./proofs/softmax.ts")).proof(log),

    cost: ({ types }) => ({
      flops: 5 * countOf(types["y"]!.shape),
      bytes: Object.values(types).reduce((all, type) => all + sizeOf(type), 0),
    }),
  });
}

/**
 * exp(x − max) / Σ exp(x − max) along an axis, of x · scale + mask. A mask broadcasts to x as in NumPy: f32 or f16 is added, of u32 a 0 leaves an element out.
 * Sums are float32; x's largest element is taken out first, so nothing overflows. NaN makes its row NaN, and so does a row that is left out whole.
 */
export const softmax: Softmax = /* @__PURE__ */ softmaxOf("softmax", false);

/** x − max − log Σ exp(x − max) along an axis: the logarithm of {@link softmax}, with the same options. */
export const logSoftmax: Softmax = /* @__PURE__ */ softmaxOf("logSoftmax", true);
