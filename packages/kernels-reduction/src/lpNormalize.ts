import { countOf, defineKernel, fail, type Kernel, sizeOf } from "@tilewright/runtime";
import { axesOf, type Layout, layoutOf, VIEW_PARAMS, type ViewParam, viewOf, viewParams } from "./layout.ts";
import { mapping } from "./variants.ts";

export interface LpNormalizeOptions {
  /** Default -1. */
  axes?: number | readonly number[] | undefined;
  /** By Σ|x|, or by √Σx². Default 2. */
  p?: 1 | 2 | undefined;
  /** Of the output; x's unless given. */
  dtype?: "f32" | "f16" | undefined;
}

export interface LpSpec extends Layout {
  readonly p: 1 | 2;
  readonly half: boolean;
}

/** x / norm over the last axis, or `axes`; a row whose norm is 0 stays 0. Squares are float32's: see normL2. */
export const lpNormalize: Kernel<{ x: "in"; y: "out" }, ViewParam, LpNormalizeOptions, LpSpec> = /* @__PURE__ */ defineKernel({
  name: "lpNormalize",
  operands: { x: "in", y: "out" },
  params: VIEW_PARAMS,

  resolve({ x }, { axes = -1, p = 2, dtype = x.dtype as "f32" | "f16", ...unknown }: LpNormalizeOptions) {
    for (const key in unknown) fail("lpNormalize", "feature", `there is no option ${key}; there are axes, p, dtype.`);
    if (p !== 1 && p !== 2) fail("lpNormalize", "feature", `p is ${p}; it may be 1 or 2.`);
    for (const [operand, type] of [
      ["x", x.dtype],
      ["options.dtype", dtype],
    ])
      if (type !== "f32" && type !== "f16") fail("lpNormalize", "dtype", `${operand} is ${type}; needed is f32 or f16.`);
    const view = viewOf("lpNormalize", x.shape, axesOf("lpNormalize", x.shape.length, axes));
    return {
      params: viewParams(view),
      spec: { ...layoutOf(view), p, half: dtype === "f16" } satisfies LpSpec,
      outputs: { y: { shape: x.shape, dtype } },
    };
  },

  variants: /* @__PURE__ */ mapping<ViewParam, LpSpec>(async () => (await import("./text/lpNormalize.ts")).program),

  proof: () => import("./proofs/lpNormalize.ts"),

  cost: ({ types }) => ({ flops: 3 * countOf(types["y"]!.shape), bytes: sizeOf(types["x"]!) + sizeOf(types["y"]!) }),
});
