import { defineKernel } from "@tilewright/runtime";
import { type CellOptions, cost, PARAMS, resolve, type SequenceOptions } from "./problem.ts";
import { evaluate, type Values } from "./reference.ts";
import { sequence } from "./variants/sequence.ts";
import { stepped } from "./variants/stepped.ts";

export interface RnnOptions extends SequenceOptions {}
export interface RnnCellOptions extends CellOptions {}

/**
 * The plain recurrence over whole sequences: h' = tanh(W x + R h + b), or another activation.
 *
 * x is [T, B, I] (or [B, T, I], see `batchFirst`); w [D, H, I], r [D, H, H], bias and rBias [D, H]; h0 [D, B, H], zero unless given;
 * lengths [B], u32 or i32, the steps of each row: y is zero behind them, and the reverse direction starts at the last of them.
 * D is 1, and may be left out, or 2 for `direction: "both"`.
 *
 * y is [T, B, D · H] (see `directions`), hn [D, B, H]. State and sums are f32 whatever is stored.
 */
export const rnn = defineKernel({
  name: "rnn",
  operands: {
    ...({ x: "in", w: "in", r: "in", bias: "in?", rBias: "in?" } as const),
    ...({ lengths: "in?", h0: "in?", y: "out", hn: "out" } as const),
  },
  params: PARAMS,
  resolve(given, options: RnnOptions) {
    const { outputs, ...rest } = resolve("rnn", "rnn", false, given, options);
    return { ...rest, outputs: { y: outputs.y, hn: outputs.hn } };
  },
  variants: [stepped, sequence],
  reference(problem, values) {
    const { y, hn } = evaluate(problem, values as Values, false).value;
    return { y, hn };
  },
  bound(problem, values) {
    const { y, hn } = evaluate(problem, values as Values, true).error;
    return { y, hn };
  },
  cost,
});

/** One step of {@link rnn}: x [B, I] and the state h0 [B, H] give hn [B, H]. Weights as there, without directions. */
export const rnnCell = defineKernel({
  name: "rnnCell",
  operands: { x: "in", w: "in", r: "in", bias: "in?", rBias: "in?", h0: "in?", hn: "out" },
  params: PARAMS,
  resolve(given, options: RnnCellOptions) {
    const { outputs, ...rest } = resolve("rnnCell", "rnn", true, given, options);
    return { ...rest, outputs: { hn: outputs.hn } };
  },
  variants: [sequence],
  reference: (problem, values) => ({ hn: evaluate(problem, values as Values, false).value.hn }),
  bound: (problem, values) => ({ hn: evaluate(problem, values as Values, true).error.hn }),
  cost,
});
