// The activations in float64, and how far their WGSL (epilogue.ts) may stray from them.
import type { Activation } from "./activation.ts";

export interface Formula {
  f(x: number): number;
  /** Its steepest slope: what it makes of an error of x. */
  slope: number;
  /** Units in the last place that the text may be off, by WGSL's allowance for exp (3 + 2|x| ULP) and division (2.5): of 1, or of x where `grows`. */
  ulp: number;
  grows?: boolean;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Its series of positive terms: Abramowitz and Stegun 7.1.6. */
function erf(x: number): number {
  if (!(Math.abs(x) <= 6)) return Math.sign(x); // NaN too
  let sum = 0;
  for (let n = 1, term = x; sum + term !== sum; term *= (2 * x * x) / (n += 2)) sum += term;
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export const formulas: Readonly<Record<Activation, Formula>> = {
  relu: { f: (x) => Math.max(0, x), slope: 1, ulp: 0 },
  sigmoid: { f: sigmoid, slope: 0.25, ulp: 6 },
  tanh: { f: Math.tanh, slope: 1, ulp: 10 },
  /** x · sigmoid(x) */
  silu: { f: (x) => x * sigmoid(x), slope: 1.1, ulp: 7, grows: true },
  /** ½x(1 + tanh(√(2/π)(x + 0.044715x³))) = x · sigmoid(2√(2/π)(x + 0.044715x³)): Hendrycks and Gimpel 2016, arXiv:1606.08415 */
  "gelu-tanh": { f: (x) => x * sigmoid(1.5957691216057308 * (x + 0.044715 * x ** 3)), slope: 1.13, ulp: 9, grows: true },
  /** ½x(1 + erf(x/√2)) */
  "gelu-erf": { f: (x) => (x * (1 + erf(x * Math.SQRT1_2))) / 2, slope: 1.13, ulp: 8, grows: true },
};
