// The activations in float64, and how far their WGSL (epilogue.ts) may stray from them.
import { type Formula, formulas } from "@tilewright/kernels-matmul/bound";
import type { Activation, Own } from "./activation.ts";

interface Shape {
  f(x: number, alpha: number, beta: number, slope: number): number;
  /** The steepest slope. */
  steep(alpha: number, slope: number): number;
  /** As of matmul's formulas: units in the last place of 1. */
  ulp(alpha: number): number;
}

const own: Readonly<Record<Own, Shape>> = {
  /** min(max(x, alpha), beta) */
  clip: { f: (x, alpha, beta) => Math.min(Math.max(x, alpha), beta), steep: () => 1, ulp: () => 0 },
  /** x, or alpha · x below 0 */
  "leaky-relu": { f: (x, alpha) => (x < 0 ? alpha * x : x), steep: (alpha) => Math.max(1, Math.abs(alpha)), ulp: () => 0 },
  /** x, or slope · x below 0 */
  prelu: {
    f: (x, _alpha, _beta, slope) => (x < 0 ? slope * x : x),
    steep: (_, slope) => Math.max(1, Math.abs(slope)),
    ulp: () => 0,
  },
  /** x, or alpha · (exp(x) - 1) below 0 */
  elu: {
    f: (x, alpha) => (x < 0 ? alpha * Math.expm1(x) : x),
    steep: (alpha) => Math.max(1, Math.abs(alpha)),
    ulp: (alpha) => 5 * Math.abs(alpha),
  },
  /** min(max(alpha · x + beta, 0), 1) */
  "hard-sigmoid": {
    f: (x, alpha, beta) => Math.min(Math.max(alpha * x + beta, 0), 1),
    steep: (alpha) => Math.abs(alpha),
    ulp: () => 2,
  },
};
const isOwn = (name: Activation): name is Own => Object.hasOwn(own, name);

/** The activation in float64. */
export const activate = (name: Activation, x: number, alpha: number, beta: number, slope: number): number =>
  isOwn(name) ? own[name].f(x, alpha, beta, slope) : formulas[name].f(x);

/** What it makes of errors: see `Evaluated` of kernels-matmul. */
export function steepness(name: Activation, alpha: number, slope: number): Pick<Formula, "slope" | "ulp" | "grows"> {
  if (!isOwn(name)) return formulas[name];
  return { slope: own[name].steep(alpha, slope), ulp: own[name].ulp(alpha) };
}
