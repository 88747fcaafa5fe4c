import { countOf, defineKernel, fail, showShape, sizeOf } from "@tilewright/runtime";
import type { Activation } from "../activation.ts";
import { checkEpilogue, checkFloat, checkOptions, residualOf } from "../checks.ts";
import type { Spec } from "../matmul.ts";
import { matrix } from "../shapes.ts";
import { type LayoutOptions, layoutOf, type QuantizedOperands } from "./layout.ts";
import type { WeightsSpec } from "./text.ts";
import { variants } from "./variants.ts";

export interface MatmulQuantizedOptions extends LayoutOptions {
  /** Factor of the product. Default 1. */
  alpha?: number | undefined;
  /** Factor of the residual. Default 1. */
  beta?: number | undefined;
  /** Applied last, after bias and residual. `gelu-erf` is the exact one. */
  activation?: Activation | undefined;
  /** Of the output; a's unless given. Sums are f32 either way. */
  dtype?: "f32" | "f16" | undefined;
}

/** Sizes of a [m, k] and c [m, n], of which there are `batch`. */
export type QuantizedP = "m" | "n" | "k" | "batch" | "alpha" | "beta";

/** What changes the text: what changes matmul's, and how weights are stored. */
export type QuantizedSpec = Spec & WeightsSpec;

/**
 * c = activation(alpha · a · wᵀ + bias + beta · residual) with quantised weights w [n, k], w = scale · (code − zero), and float32 sums.
 *
 * a is [..., m, k], f32 or f16; `weights`, `scales` and `zeros` as {@link QuantizedOperands} has them, as `quantize` makes them;
 * bias is [n]; residual is c's shape, its last two dimensions each whole or 1, or [m, n], [m, 1], [n] or [1] for all of a batch; c is [..., m, n].
 * a's k may end within the last group of the weights: what is stored behind it counts nothing.
 */
export const matmulQuantized = defineKernel({
  name: "matmulQuantized",
  operands: { a: "in", weights: "in", scales: "in", zeros: "in?", bias: "in?", residual: "in?", c: "out" },
  params: { m: "u32", n: "u32", k: "u32", batch: "u32", alpha: "f32", beta: "f32" },

  resolve(
    { a, weights, scales, zeros, bias, residual },
    { bits, group, alpha = 1, beta = 1, activation, dtype = a.dtype as "f32" | "f16", ...unknown }: MatmulQuantizedOptions,
  ) {
    const who = "matmulQuantized";
    checkOptions(who, unknown, "bits, group, alpha, beta, activation, dtype");
    checkFloat(who, "a", a.dtype);
    let [m, k] = matrix(who, "a", a, "[1,k]");
    const { n, k: stored, layout } = layoutOf(who, { weights, scales, zeros }, { bits, group });
    if (Math.ceil(k / layout.group) * layout.group !== stored)
      fail(
        who,
        "shape",
        `a is ${showShape(a.shape)} and the weights hold [${n},${stored}]: a's ${k} columns must equal their ${stored}, or end within the last group of ${layout.group}.`,
      );
    checkEpilogue(who, n, bias, { alpha, beta, activation, dtype });
    const lead = a.shape.slice(0, -2);
    const c = { shape: [...lead, m, n], dtype };
    const added = residual && residualOf(who, residual, c.shape);
    let batch = countOf(lead);
    if (!added || added === "n" || added.startsWith("bm")) {
      m *= batch; // one set of weights for all: the batch is more rows
      batch = 1;
    }
    return {
      params: { m, n, k, batch, alpha, beta },
      spec: {
        ...layout,
        zeros: !!zeros,
        transA: false,
        transB: true,
        vecA: k % layout.group === 0,
        vecB: false,
        vecC: n % 4 === 0,
        tail: false,
        column: n === 1,
        operands: "mixed",
        halfSums: false,
        empty: !k,
        bias: !!bias,
        residual: added,
        activation,
        half: dtype === "f16",
        batch: batch === 1 ? "" : "a",
      } satisfies QuantizedSpec as QuantizedSpec,
      outputs: { c },
      // With leading dimensions a smaller m would move every matrix behind the first.
      dynamic: countOf(lead) === 1 ? ["alpha", "beta", "m"] : ["alpha", "beta"],
    };
  },

  variants,

  proof: () => import("./proof.ts"),

  cost: ({ params: { m, n, k, batch }, types }) => ({
    flops: 2 * batch * m * n * k,
    bytes: Object.values(types).reduce((sum, type) => sum + sizeOf(type), 0),
  }),
});
