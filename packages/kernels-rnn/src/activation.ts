// The activations of ONNX's recurrent operators, by name. Their WGSL: bodies.ts, which only variants need; in float64: formulas.ts.

interface Factors {
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
}

/** The activations there are, with the factors that each takes, as in ONNX, and their defaults. */
export const ACTIVATIONS = {
  sigmoid: {},
  tanh: {},
  relu: {},
  affine: { alpha: 1, beta: 0 },
  leakyRelu: { alpha: 0.01 },
  thresholdedRelu: { alpha: 1 },
  scaledTanh: { alpha: 1, beta: 1 },
  hardSigmoid: { alpha: 0.2, beta: 0.5 },
  elu: { alpha: 1 },
  softsign: {},
  softplus: {},
} as const satisfies Record<string, Factors>;

export type ActivationName = keyof typeof ACTIVATIONS;

/** An activation with other factors than its defaults in {@link ACTIVATIONS}. */
export interface Scaled extends Factors {
  readonly name: ActivationName;
}
export type Activation = ActivationName | Scaled;

/** An activation with its factors filled in. */
export interface Chosen {
  readonly name: ActivationName;
  readonly alpha: number;
  readonly beta: number;
}

export function chosen(activation: Activation): Chosen | undefined {
  const { name, alpha, beta }: Scaled = typeof activation === "string" ? { name: activation } : activation;
  if (!Object.hasOwn(ACTIVATIONS, name)) return undefined;
  const usual: Factors = ACTIVATIONS[name];
  return { name, alpha: alpha ?? usual.alpha ?? 0, beta: beta ?? usual.beta ?? 0 };
}
