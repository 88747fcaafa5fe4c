export { type Activation, activations } from "./epilogue.ts";
export { type MatmulOptions, matmul, type P as MatmulParams, type Spec as MatmulSpec } from "./matmul.ts";
