import { defineKernel } from "@tilewright/runtime";
import { type CellOptions, cost, PARAMS, resolve, type SequenceOptions } from "./problem.ts";
import { cellVariants, sequenceVariants } from "./variants.ts";

interface LstmOnly {
  /** The forget gate is 1 − i (ONNX). Default false. */
  inputForget?: boolean | undefined;
}
export interface LstmOptions extends SequenceOptions, LstmOnly {}
export interface LstmCellOptions extends CellOptions, LstmOnly {}

/**
 * LSTM over whole sequences: i, f, o = σ(W x + R h + b), g = tanh(W x + R h + b), c' = f ⊙ c + i ⊙ g, h' = o ⊙ tanh(c').
 *
 * x is [T, B, I] (or [B, T, I], see `batchFirst`); w [D, 4H, I], r [D, 4H, H], bias and rBias [D, 4H] with gates i, f, g, o as in PyTorch;
 * h0 and c0 [D, B, H], zero unless given; lengths [B], u32 or i32, the steps of each row: y is zero behind them, and the reverse
 * direction starts at the last of them. peephole [D, 3H] of i, f, o; projection [D, P, H] makes h P wide (then r is [D, 4H, P]).
 * D is 1, and may be left out, or 2 for `direction: "both"`.
 *
 * y is [T, B, D · P] (see `directions`), hn [D, B, P], cn [D, B, H]. State and sums are f32 whatever is stored.
 */
export const lstm = /* @__PURE__ */ defineKernel({
  name: "lstm",
  operands: {
    ...({ x: "in", w: "in", r: "in", bias: "in?", rBias: "in?", peephole: "in?", projection: "in?" } as const),
    ...({ lengths: "in?", h0: "in?", c0: "in?", y: "out", hn: "out", cn: "out" } as const),
  },
  params: PARAMS,
  resolve: (given, options: LstmOptions) => resolve("lstm", "lstm", false, given, options),
  variants: sequenceVariants,
  proof: async () => (await import("./proof.ts")).proof("y", "hn", "cn"),
  cost,
});

/** One step of {@link lstm}: x [B, I] and the states h0, c0 [B, H] give hn and cn. Weights as there, without directions. */
export const lstmCell = /* @__PURE__ */ defineKernel({
  name: "lstmCell",
  operands: {
    ...({ x: "in", w: "in", r: "in", bias: "in?", rBias: "in?", peephole: "in?", projection: "in?" } as const),
    ...({ h0: "in?", c0: "in?", hn: "out", cn: "out" } as const),
  },
  params: PARAMS,
  resolve(given, options: LstmCellOptions) {
    const { outputs, ...rest } = resolve("lstmCell", "lstm", true, given, options);
    return { ...rest, outputs: { hn: outputs.hn, cn: outputs.cn } };
  },
  variants: cellVariants,
  proof: async () => (await import("./proof.ts")).proof("hn", "cn"),
  cost,
});
