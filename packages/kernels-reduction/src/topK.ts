import { countOf, type DType, defineKernel, fail, type Kernel, showShape, sizeOf } from "@tilewright/runtime";
import { checkDtype } from "./dtypes.ts";
import { axesOf } from "./layout.ts";

export interface TopKOptions {
  readonly k: number;
  /** Default -1. */
  axis?: number | undefined;
  /** The least instead. Default false. */
  smallest?: boolean | undefined;
}

/** x is [rows / inner, n, inner]; the result has k instead of n. */
export type TopKParam = "rows" | "n" | "k" | "inner";
export interface TopKSpec {
  readonly dtype: DType;
  readonly smallest: boolean;
}

const OPERANDS = { x: "in", values: "out", indices: "out" } as const;

/** The k largest (or least) elements along an axis, in order, and where they are (i32); of equal ones the first comes first, NaN before all. */
export const topK: Kernel<typeof OPERANDS, TopKParam, TopKOptions, TopKSpec> = /* @__PURE__ */ defineKernel({
  name: "topK",
  operands: OPERANDS,
  params: { rows: "u32", n: "u32", k: "u32", inner: "u32" },

  resolve({ x }, { k, axis = -1, smallest = false, ...unknown }: TopKOptions) {
    for (const key in unknown) fail("topK", "feature", `there is no option ${key}; there are k, axis, smallest.`);
    checkDtype("topK", x);
    const [d = 0] = axesOf("topK", x.shape.length, axis);
    const shape = x.shape.length > 0 ? x.shape : [1];
    const n = shape[d]!;
    if (!Number.isInteger(k) || k < 0 || k > n)
      fail("topK", "shape", `k is ${k}; needed is 0 to ${n}, the size of axis ${axis} of x ${showShape(x.shape)}.`);
    const inner = countOf(shape.slice(d + 1));
    const out = shape.map((size, i) => (i === d ? k : size));
    return {
      params: { rows: countOf(shape.slice(0, d)) * inner, n, k, inner },
      spec: { dtype: x.dtype, smallest } satisfies TopKSpec,
      outputs: { values: { shape: out, dtype: x.dtype }, indices: { shape: out, dtype: "i32" } },
    };
  },

  variants: [
    {
      name: "rank",
      when: ({ params: { n, k } }) => n <= 1024 || k > 64,
      form: async () => (await import("./variants/rank.ts")).rank,
    },
    { name: "rounds", when: () => true, form: async () => (await import("./variants/rounds.ts")).rounds },
  ],

  proof: () => import("./proofs/topK.ts"),

  cost: ({ types, params: { rows, n, k } }) => ({
    flops: rows * n * Math.log2(k + 1),
    bytes: sizeOf(types["x"]!) + sizeOf(types["values"]!) + sizeOf(types["indices"]!),
  }),
});
