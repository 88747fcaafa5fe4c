// The activations' WGSL, which only variants need. Names and defaults: activation.ts; in float64: formulas.ts.
import { activations as common } from "@tilewright/kernels-matmul";
import { orNan } from "@tilewright/runtime";
import type { ActivationName, Chosen } from "./activation.ts";

/** Body over `x` of type T (f32 or a vector of it); U is the unsigned type as wide. NaN must come out as NaN. */
type Body = (T: string, U: string, alpha: string, beta: string) => string;

const { relu, sigmoid, tanh } = common;

const bodies: Readonly<Record<ActivationName, Body>> = {
  sigmoid,
  tanh,
  relu,
  affine: (_T, _U, a, b) => `return ${a} * x + ${b};`,
  leakyRelu: (T, _U, a) => `return select(${a} * x, x, x >= ${T}());`,
  thresholdedRelu: (T, U, a) => `return ${orNan(`select(x, ${T}(), x <= ${T}(${a}))`, U)};`,
  scaledTanh: (T, U, a, b) =>
    `let e = exp(-2.0 * abs(${b} * x)); let t = ${a} * (1.0 - e) / (1.0 + e); return ${orNan(`select(t, -t, ${b} * x < ${T}())`, U)};`,
  hardSigmoid: (T, U, a, b) =>
    `let v = ${a} * x + ${b}; return ${orNan(`select(select(v, ${T}(1.0), v > ${T}(1.0)), ${T}(), v < ${T}())`, U)};`,
  elu: (T, U, a) => `return ${orNan(`select(${a} * (exp(-abs(x)) - 1.0), x, x >= ${T}())`, U)};`,
  softsign: () => "return x / (1.0 + abs(x));",
  softplus: (T, U) => `return ${orNan(`select(${T}(), x, x > ${T}()) + log(1.0 + exp(-abs(x)))`, U)};`,
};

export const bodyOf = ({ name, alpha, beta }: Chosen, T: string, U: string): string =>
  bodies[name](T, U, `f32(${alpha})`, `f32(${beta})`);
