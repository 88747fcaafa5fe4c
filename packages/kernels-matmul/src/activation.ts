/** The activations there are, by name; `gelu-erf` is the exact one. Their WGSL is in epilogue.ts, which only variants need; in float64: formulas.ts. */
export const ACTIVATIONS = ["relu", "sigmoid", "tanh", "silu", "gelu-tanh", "gelu-erf"] as const;

export type Activation = (typeof ACTIVATIONS)[number];
