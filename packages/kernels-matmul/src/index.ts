export { type Activation, activations } from "./epilogue.ts";
export { type MatmulOptions, matmul } from "./matmul.ts";
