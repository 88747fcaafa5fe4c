// The activations in float64, and how far their WGSL (bodies.ts) may be off.
import { formulas as common } from "@tilewright/kernels-matmul/bound";
import type { ActivationName, Chosen } from "./activation.ts";

interface Formula {
  f(x: number, alpha: number, beta: number): number;
  /** Units of 2^-23 that the text may be off, by WGSL's allowances for exp (3 + 2|x| ULP), log (2^-21) and division (2.5 ULP). */
  off(x: number, alpha: number, beta: number): number;
}

const { relu, sigmoid, tanh } = common;

const formulas: Readonly<Record<ActivationName, Formula>> = {
  sigmoid: { f: sigmoid.f, off: () => sigmoid.ulp },
  tanh: { f: tanh.f, off: () => tanh.ulp },
  relu: { f: relu.f, off: () => 0 },
  affine: { f: (x, a, b) => a * x + b, off: (x, a, b) => Math.abs(a * x) + Math.abs(b) },
  leakyRelu: { f: (x, a) => (x >= 0 ? x : a * x), off: (x, a) => (x >= 0 ? 0 : Math.abs(a * x)) },
  thresholdedRelu: { f: (x, a) => (x <= a ? 0 : x), off: () => 0 },
  scaledTanh: { f: (x, a, b) => a * Math.tanh(b * x), off: (_x, a) => 12 * Math.abs(a) },
  hardSigmoid: {
    f: (x, a, b) => Math.min(1, Math.max(0, a * x + b)),
    off: (x, a, b) => Math.min(2, Math.abs(a * x)) + Math.abs(b) + 1,
  },
  elu: { f: (x, a) => (x >= 0 ? x : a * Math.expm1(x)), off: (x, a) => (x >= 0 ? 0 : 6 * Math.abs(a)) },
  softsign: { f: (x) => x / (1 + Math.abs(x)), off: () => 4 },
  softplus: { f: (x) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x))), off: (x) => 10 + Math.abs(x) },
};

export const evaluated = ({ name, alpha, beta }: Chosen, x: number): number => formulas[name].f(x, alpha, beta);
export const offBy = ({ name, alpha, beta }: Chosen, x: number): number => formulas[name].off(x, alpha, beta);
