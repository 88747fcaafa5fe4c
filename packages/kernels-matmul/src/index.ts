export { type Activation, activations } from "./epilogue.ts";
export {
  type Input as MatmulIntegerInput,
  type MatmulIntegerOptions,
  matmulInteger,
  type Output as MatmulIntegerOutput,
  type P as MatmulIntegerParams,
  type Spec as MatmulIntegerSpec,
} from "./integer/matmul-integer.ts";
export { type MatmulOptions, matmul, type P as MatmulParams, type Spec as MatmulSpec } from "./matmul.ts";
