export { ACTIVATIONS, type Activation } from "./activation.ts";
export { activations } from "./epilogue.ts";
export {
  type Input as MatmulIntegerInput,
  type MatmulIntegerOptions,
  matmulInteger,
  type Output as MatmulIntegerOutput,
  type P as MatmulIntegerParams,
  type Spec as MatmulIntegerSpec,
} from "./integer/matmul-integer.ts";
export { type MatmulOptions, matmul, type P as MatmulParams, type Spec as MatmulSpec } from "./matmul.ts";
export { type EmbeddingQuantizedOptions, embeddingQuantized } from "./quantized/embedding.ts";
export type { Bits, Group, Layout, QuantizedOperands } from "./quantized/layout.ts";
export { type MatmulQuantizedOptions, matmulQuantized } from "./quantized/matmul.ts";
export { dequantize, type Quantized, type QuantizeOptions, quantize, quantizedFromBytes } from "./quantized/quantize.ts";
