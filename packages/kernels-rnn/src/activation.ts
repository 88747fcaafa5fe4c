// The activations of ONNX's recurrent operators: their text, their formula, and how far the text may be off.
import { activations as common } from "@tilewright/kernels-matmul";
import { orNan } from "@tilewright/runtime";

/** alpha and beta as in ONNX; each activation's defaults stand beside its name in {@link activations}. */
export interface Scaled {
  readonly name: ActivationName;
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
}
export type Activation = ActivationName | Scaled;

interface Entry {
  readonly alpha?: number;
  readonly beta?: number;
  /** WGSL body over `x` of type T (f32 or a vector of it); U is the unsigned type as wide. NaN must come out as NaN. */
  body(T: string, U: string, alpha: string, beta: string): string;
  f(x: number, alpha: number, beta: number): number;
  /** Units of 2^-23 that the text may be off, by WGSL's allowances for exp (3 + 2|x| ULP), log (2^-21) and division (2.5 ULP). */
  off(x: number, alpha: number, beta: number): number;
}

const { relu, sigmoid, tanh } = common;

export const activations = {
  sigmoid: { body: sigmoid.body, f: sigmoid.f, off: () => sigmoid.ulp },
  tanh: { body: tanh.body, f: tanh.f, off: () => tanh.ulp },
  relu: { body: relu.body, f: relu.f, off: () => 0 },
  affine: {
    alpha: 1,
    beta: 0,
    body: (_T, _U, a, b) => `return ${a} * x + ${b};`,
    f: (x, a, b) => a * x + b,
    off: (x, a, b) => Math.abs(a * x) + Math.abs(b),
  },
  leakyRelu: {
    alpha: 0.01,
    body: (T, _U, a) => `return select(${a} * x, x, x >= ${T}());`,
    f: (x, a) => (x >= 0 ? x : a * x),
    off: (x, a) => (x >= 0 ? 0 : Math.abs(a * x)),
  },
  thresholdedRelu: {
    alpha: 1,
    body: (T, U, a) => `return ${orNan(`select(x, ${T}(), x <= ${T}(${a}))`, U)};`,
    f: (x, a) => (x <= a ? 0 : x),
    off: () => 0,
  },
  scaledTanh: {
    alpha: 1,
    beta: 1,
    body: (T, U, a, b) =>
      `let e = exp(-2.0 * abs(${b} * x)); let t = ${a} * (1.0 - e) / (1.0 + e); return ${orNan(`select(t, -t, ${b} * x < ${T}())`, U)};`,
    f: (x, a, b) => a * Math.tanh(b * x),
    off: (_x, a) => 12 * Math.abs(a),
  },
  hardSigmoid: {
    alpha: 0.2,
    beta: 0.5,
    body: (T, U, a, b) =>
      `let v = ${a} * x + ${b}; return ${orNan(`select(select(v, ${T}(1.0), v > ${T}(1.0)), ${T}(), v < ${T}())`, U)};`,
    f: (x, a, b) => Math.min(1, Math.max(0, a * x + b)),
    off: (x, a, b) => Math.min(2, Math.abs(a * x)) + Math.abs(b) + 1,
  },
  elu: {
    alpha: 1,
    body: (T, U, a) => `return ${orNan(`select(${a} * (exp(-abs(x)) - 1.0), x, x >= ${T}())`, U)};`,
    f: (x, a) => (x >= 0 ? x : a * Math.expm1(x)),
    off: (x, a) => (x >= 0 ? 0 : 6 * Math.abs(a)),
  },
  softsign: {
    body: () => "return x / (1.0 + abs(x));",
    f: (x) => x / (1 + Math.abs(x)),
    off: () => 4,
  },
  softplus: {
    body: (T, U) => `return ${orNan(`select(${T}(), x, x > ${T}()) + log(1.0 + exp(-abs(x)))`, U)};`,
    f: (x) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x))),
    off: (x) => 10 + Math.abs(x),
  },
} as const satisfies Record<string, Entry>;

export type ActivationName = keyof typeof activations;

/** An activation with its factors filled in. */
export interface Chosen {
  readonly name: ActivationName;
  readonly alpha: number;
  readonly beta: number;
}

export function chosen(activation: Activation): Chosen | undefined {
  const { name, alpha, beta } = typeof activation === "string" ? ({ name: activation } as Scaled) : activation;
  if (!Object.hasOwn(activations, name)) return undefined;
  const entry: Entry = activations[name];
  return { name, alpha: alpha ?? entry.alpha ?? 0, beta: beta ?? entry.beta ?? 0 };
}

export const evaluated = ({ name, alpha, beta }: Chosen, x: number): number => (activations[name] as Entry).f(x, alpha, beta);
export const offBy = ({ name, alpha, beta }: Chosen, x: number): number => (activations[name] as Entry).off(x, alpha, beta);
export const bodyOf = ({ name, alpha, beta }: Chosen, T: string, U: string): string =>
  (activations[name] as Entry).body(T, U, `f32(${alpha})`, `f32(${beta})`);
