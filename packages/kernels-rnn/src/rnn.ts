import { oneStep, overSteps } from "./one-state.ts";
import type { CellOptions, SequenceOptions } from "./problem.ts";

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
export const rnn = /* @__PURE__ */ overSteps<RnnOptions>("rnn");

/** One step of {@link rnn}: x [B, I] and the state h0 [B, H] give hn [B, H]. Weights as there, without directions. */
export const rnnCell = /* @__PURE__ */ oneStep<RnnCellOptions>("rnn");
