import { oneStep, overSteps } from "./one-state.ts";
import type { CellOptions, SequenceOptions } from "./problem.ts";

interface GruOnly {
  /** n = tanh(W x + r ⊙ (R h + b)), as PyTorch and cuDNN have it, the default; false: tanh(W x + R (r ⊙ h) + b), ONNX's default. */
  linearBeforeReset?: boolean | undefined;
}
export interface GruOptions extends SequenceOptions, GruOnly {}
export interface GruCellOptions extends CellOptions, GruOnly {}

/**
 * GRU over whole sequences: r, z = σ(W x + R h + b), n = tanh(W x + b + r ⊙ (R h + b')), h' = (1 − z) ⊙ n + z ⊙ h.
 *
 * x is [T, B, I] (or [B, T, I], see `batchFirst`); w [D, 3H, I], r [D, 3H, H], bias and rBias [D, 3H] with gates r, z, n as in PyTorch;
 * h0 [D, B, H], zero unless given; lengths [B], u32 or i32, the steps of each row: y is zero behind them, and the reverse direction starts
 * at the last of them. D is 1, and may be left out, or 2 for `direction: "both"`.
 *
 * y is [T, B, D · H] (see `directions`), hn [D, B, H]. State and sums are f32 whatever is stored.
 */
export const gru = /* @__PURE__ */ overSteps<GruOptions>("gru");

/** One step of {@link gru}: x [B, I] and the state h0 [B, H] give hn [B, H]. Weights as there, without directions. */
export const gruCell = /* @__PURE__ */ oneStep<GruCellOptions>("gru");
