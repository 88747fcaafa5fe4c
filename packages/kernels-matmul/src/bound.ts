// How far a float32 sum of products, finished and stored, may be from its value in float64: the one rule of every kernel that contracts.
import type { DType } from "@tilewright/runtime";

export { type Formula, formulas } from "./formulas.ts";

export const ULP: number = 2 ** -23;
/** The least normal number: what is smaller may be flushed to zero. */
export const LEAST: Readonly<Record<DType, number>> = { f32: 2 ** -126, f16: 2 ** -14, i32: 0, u32: 0, i8: 0, u8: 0 };

/** One output element: activation(Σ of terms + sides), all in float64. */
export interface Evaluated {
  /** Σ of the products. */
  readonly sum: number;
  /** Σ of their sizes. */
  readonly size: number;
  /** The largest |partial sum| in the reference's order. */
  readonly peak: number;
  readonly terms: number;
  /** How often a factor of each term was rounded while it was made, half a ULP each; 0 unless given. */
  readonly roundings?: number;
  /** Σ + sides: what the activation sees. */
  readonly before: number;
  /** Σ of the sizes of what is added: bias, residual. */
  readonly sides: number;
  /** What may be flushed to zero on the way, in full. */
  readonly flushed: number;
  /** What is stored, and its type. */
  readonly after: number;
  readonly dtype: DType;
  /** Of the sums; float32's unless given. */
  readonly eps?: number;
  /** The steepest slope of the activation, and the units that its text may be off (see `formulas`). */
  readonly activation?: { readonly slope: number; readonly ulp: number; readonly grows?: boolean };
}

/**
 * A sum of k products in any order: each term is rounded once or twice, and partial sums lose up to half a ULP of their size
 * a step. Signs that mix make that a random walk, 4·√k steps of Σ|a·b|; where one sign rules for long (a partial |Σ| > ½ Σ|a·b|) errors may
 * all point one way, k steps (Higham, Accuracy and Stability of Numerical Algorithms, 2002, §4.2).
 */
export function strayed({
  sum,
  size,
  peak,
  terms,
  roundings = 0,
  before,
  sides,
  flushed,
  after,
  dtype,
  eps = ULP,
  activation = { slope: 1, ulp: 0 },
}: Evaluated): number {
  const steps = peak > size / 2 ? terms : Math.min(terms, 4 * Math.sqrt(terms));
  const error =
    ((steps / 2 + 1) * eps + (roundings / 2) * ULP) * size + ULP * (Math.abs(sum) + 2 * sides + Math.abs(before)) + flushed;
  const kept = Math.abs(after);
  const stored = (dtype === "f16" ? 2 ** -10 : ULP / 2) * kept + (kept < LEAST[dtype] ? kept : 0) + LEAST.f32;
  const { slope, ulp, grows } = activation;
  return slope * error + ulp * ULP * (grows ? Math.abs(before) : 1) + stored;
}
