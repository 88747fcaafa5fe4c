import { countOf, defineKernel, fail, sizeOf } from "@tilewright/runtime";
import type { Activation } from "./activation.ts";
import { checkEpilogue, checkFloat, checkOptions, residualOf } from "./checks.ts";
import { product } from "./shapes.ts";
import { variants } from "./variants.ts";

const WHO = "matmul";

export interface MatmulOptions {
  /** a is stored [..., k, m]. Default false. */
  transA?: boolean | undefined;
  /** b is stored [..., n, k], as most weights are. Default false. */
  transB?: boolean | undefined;
  /** Factor of the product. Default 1. */
  alpha?: number | undefined;
  /** Factor of the residual. Default 1. */
  beta?: number | undefined;
  /** Applied last, after bias and residual. `gelu-erf` is the exact one. */
  activation?: Activation | undefined;
  /** Of the output; a's unless given. */
  dtype?: "f32" | "f16" | undefined;
  /**
   * Of the sums; "f32" unless given. "f16" wants a and b in f16 and the device feature `shader-f16`: faster on some GPUs, about three digits,
   * and a sum past 65,504 becomes infinite.
   */
  accumulate?: "f32" | "f16" | undefined;
}

/** Sizes are of op(a) [m, k] and op(b) [k, n]; `batch` matrices of c, whose groups of leading dimensions are d0 · d1 · … (see {@link Spec.batch}). */
export type P = "m" | "n" | "k" | "batch" | "d1" | "d2" | "d3" | "alpha" | "beta";

/** What changes matmul's text. */
export interface Spec {
  readonly transA: boolean;
  readonly transB: boolean;
  /** Rows as stored are a multiple of 4 long: read and written as vec4. */
  readonly vecA: boolean;
  readonly vecB: boolean;
  readonly vecC: boolean;
  /** k is no multiple of 4. */
  readonly tail: boolean;
  /** n is 1: c is a column. */
  readonly column: boolean;
  /** k is 0: nothing to multiply, a and b are not bound. */
  readonly empty: boolean;
  readonly bias: boolean;
  /** Which of c's dimensions the residual has, the others being broadcast: some of `bmn` (batch, rows, columns); undefined without one. */
  readonly residual: string | undefined;
  readonly activation: Activation | undefined;
  /** c is f16. */
  readonly half: boolean;
  /** The type of a and b. */
  readonly operands: "f32" | "f16" | "mixed";
  /** Sums are f16. */
  readonly halfSums: boolean;
  /**
   * Leading dimensions, neighbours of one kind merged, outermost first: `x` both have it, `a` only a, `b` only b.
   * [B, 1, m, k] · [H, k, n] is "ab".
   */
  readonly batch: string;
}

/**
 * c = activation(alpha · op(a) · op(b) + bias + beta · residual), with float32 sums unless `accumulate` says otherwise.
 *
 * a is [..., m, k] (or [..., k, m] with `transA`), b is [..., k, n] (or [..., n, k] with `transB`), bias is [n];
 * residual is c's shape, its last two dimensions each whole or 1, or [m, n], [m, 1], [n] or [1] for all of a batch;
 * leading dimensions broadcast as in NumPy; c is [..., m, n]. f32 and f16 mix freely.
 * An empty k gives bias and residual alone; an empty m, n or batch gives an empty c.
 */
export const matmul = defineKernel({
  name: WHO,
  operands: { a: "in", b: "in", bias: "in?", residual: "in?", c: "out" },
  params: { m: "u32", n: "u32", k: "u32", batch: "u32", d1: "u32", d2: "u32", d3: "u32", alpha: "f32", beta: "f32" },

  resolve(
    { a, b, bias, residual },
    {
      transA = false,
      transB = false,
      alpha = 1,
      beta = 1,
      activation,
      dtype = a.dtype as "f32" | "f16",
      accumulate = "f32",
      ...unknown
    }: MatmulOptions,
  ) {
    checkOptions(WHO, unknown, "transA, transB, alpha, beta, activation, dtype, accumulate");
    checkFloat(WHO, "a", a.dtype);
    checkFloat(WHO, "b", b.dtype);
    const { n, k, lead, pattern, sizes, ...rows } = product(WHO, a, b, transA, transB);
    let { m } = rows;
    checkEpilogue(WHO, n, bias, { alpha, beta, activation, dtype });
    checkFloat(WHO, "options.accumulate", accumulate);
    if (accumulate === "f16" && (a.dtype !== "f16" || b.dtype !== "f16"))
      fail(WHO, "dtype", `accumulate is f16, but a is ${a.dtype} and b is ${b.dtype}; needed are both in f16.`);
    // One row lies in memory as one column does: both operands have k along it.
    if (m === 1) transA = false;
    if (n === 1) transB = true;
    const c = { shape: [...lead, m, n], dtype };
    const added = residual && residualOf(WHO, residual, c.shape);
    let batch = pattern;
    if (pattern === "a" && !transA && (!added || added === "n" || added.startsWith("bm"))) {
      m *= sizes.pop()!; // one b for all: the batch is more rows
      batch = "";
    }
    const [, d1 = 1, d2 = 1, d3 = 1] = sizes;
    return {
      params: { m, n, k, batch: countOf(sizes), d1, d2, d3, alpha, beta },
      spec: {
        transA,
        transB,
        vecA: (transA ? m : k) % 4 === 0,
        vecB: (transB ? k : n) % 4 === 0,
        vecC: n % 4 === 0,
        tail: k % 4 > 0,
        column: n === 1,
        empty: !k,
        bias: !!bias,
        residual: added,
        activation,
        half: dtype === "f16",
        operands: (a.dtype === b.dtype ? a.dtype : "mixed") as Spec["operands"],
        halfSums: accumulate === "f16",
        batch,
      },
      outputs: { c },
      // With leading dimensions a smaller m would move every matrix behind the first.
      dynamic: transA || countOf(c.shape.slice(0, -2)) !== 1 ? ["alpha", "beta"] : ["alpha", "beta", "m"],
    };
  },

  variants,

  proof: () => import("./proof.ts"),

  cost: ({ params: { m, n, k, batch }, types }) => ({
    flops: 2 * batch * m * n * k,
    bytes: Object.values(types).reduce((sum, type) => sum + sizeOf(type), 0),
  }),
});
