import { ACTIVATIONS as COMMON, type Activation as Common } from "@tilewright/kernels-matmul";

/** Those that take numbers: `alpha`, `beta`, or the operand `slope`. ONNX's and WebNN's. */
const own = ["clip", "leaky-relu", "prelu", "elu", "hard-sigmoid"] as const;

export type Own = (typeof own)[number];
export type Activation = Common | Own;
/** By name; their WGSL is in epilogue.ts, which only variants need. */
export const ACTIVATIONS: readonly string[] = [...COMMON, ...own];
/** What alpha and beta are unless given. */
export const DEFAULTS: Readonly<Record<string, readonly [alpha: number, beta: number]>> = {
  clip: [0, 6],
  "leaky-relu": [0.01, 0],
  elu: [1, 0],
  "hard-sigmoid": [0.2, 0.5],
};
