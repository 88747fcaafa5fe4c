import { countOf, type DType, defineKernel, fail, type Kernel, sizeOf } from "@tilewright/runtime";
import { checkDtype } from "./dtypes.ts";
import { axesOf, type Layout, LONGEST, layoutOf, rowsOf, VIEW_PARAMS, type ViewParam, viewOf, viewParams } from "./layout.ts";

export interface CumsumOptions {
  /** Default -1. */
  axis?: number | undefined;
  /** Element j is the sum of those before it, without itself. Default false. */
  exclusive?: boolean | undefined;
  /** From the end. Default false. */
  reverse?: boolean | undefined;
}

export interface CumsumSpec extends Layout {
  readonly exclusive: boolean;
  readonly reverse: boolean;
  readonly dtype: DType;
}

/** The sums of 1, 2, 3 … elements along an axis. f32 and f16 are summed in float32; integers wrap. */
export const cumsum: Kernel<{ x: "in"; y: "out" }, ViewParam, CumsumOptions, CumsumSpec> = /* @__PURE__ */ defineKernel({
  name: "cumsum",
  operands: { x: "in", y: "out" },
  params: VIEW_PARAMS,

  resolve({ x }, { axis = -1, exclusive = false, reverse = false, ...unknown }: CumsumOptions) {
    for (const key in unknown) fail("cumsum", "feature", `there is no option ${key}; there are axis, exclusive, reverse.`);
    checkDtype("cumsum", x);
    const view = viewOf("cumsum", x.shape, axesOf("cumsum", x.shape.length, axis));
    return {
      params: viewParams(view),
      spec: { ...layoutOf(view), exclusive, reverse, dtype: x.dtype } satisfies CumsumSpec,
      outputs: { y: x },
    };
  },

  variants: [
    {
      name: "thread",
      when: (problem) => problem.params.n <= 256 || (rowsOf(problem).units >= 64 && problem.params.n <= LONGEST),
      form: async () => (await import("./variants/cumsum/thread.ts")).thread,
    },
    { name: "split", when: () => true, form: async () => (await import("./variants/cumsum/split.ts")).split },
    { name: "flat", when: () => true, form: async () => (await import("./variants/cumsum/flat.ts")).flat },
  ],

  proof: () => import("./proofs/cumsum.ts"),

  cost: ({ types }) => ({ flops: countOf(types["x"]!.shape), bytes: 2 * sizeOf(types["x"]!) }),
});
