// The activations of ONNX's recurrent operators: their text. In float64: formulas.ts.
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
}

const { relu, sigmoid, tanh } = common;

export const activations = {
  sigmoid: { body: sigmoid },
  tanh: { body: tanh },
  relu: { body: relu },
  affine: { alpha: 1, beta: 0, body: (_T, _U, a, b) => `return ${a} * x + ${b};` },
  leakyRelu: { alpha: 0.01, body: (T, _U, a) => `return select(${a} * x, x, x >= ${T}());` },
  thresholdedRelu: { alpha: 1, body: (T, U, a) => `return ${orNan(`select(x, ${T}(), x <= ${T}(${a}))`, U)};` },
  scaledTanh: {
    alpha: 1,
    beta: 1,
    body: (T, U, a, b) =>
      `let e = exp(-2.0 * abs(${b} * x)); let t = ${a} * (1.0 - e) / (1.0 + e); return ${orNan(`select(t, -t, ${b} * x < ${T}())`, U)};`,
  },
  hardSigmoid: {
    alpha: 0.2,
    beta: 0.5,
    body: (T, U, a, b) =>
      `let v = ${a} * x + ${b}; return ${orNan(`select(select(v, ${T}(1.0), v > ${T}(1.0)), ${T}(), v < ${T}())`, U)};`,
  },
  elu: { alpha: 1, body: (T, U, a) => `return ${orNan(`select(${a} * (exp(-abs(x)) - 1.0), x, x >= ${T}())`, U)};` },
  softsign: { body: () => "return x / (1.0 + abs(x));" },
  softplus: {
    body: (T, U) => `return ${orNan(`select(${T}(), x, x > ${T}()) + log(1.0 + exp(-abs(x)))`, U)};`,
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

export const bodyOf = ({ name, alpha, beta }: Chosen, T: string, U: string): string =>
  (activations[name] as Entry).body(T, U, `f32(${alpha})`, `f32(${beta})`);
