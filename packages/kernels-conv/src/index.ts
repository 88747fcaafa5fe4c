export { type ConvOptions, conv } from "./conv.ts";
export { type ConvMaxPoolOptions, convMaxPool, type Spec as ConvMaxPoolSpec } from "./conv-max-pool/conv-max-pool.ts";
export { type ConvWinogradOptions, convWinograd } from "./conv-winograd.ts";
export type { Activation } from "./epilogue.ts";
export { type BatchNorm, type Folded, foldBatchNorm } from "./fold-batch-norm.ts";
export type { Layout, Padding, WindowOptions } from "./geometry.ts";
export { type ConvIntegerOptions, convInteger, type Spec as ConvIntegerSpec } from "./integer/conv-integer.ts";
export {
  type AveragePoolOptions,
  averagePool,
  type LpPoolOptions,
  lpPool,
  type MaxPoolOptions,
  maxPool,
  type P as PoolParams,
  type PoolOptions,
  type Spec as PoolSpec,
} from "./pool/pool.ts";
export type { Filter, P as ConvParams, Spec as ConvSpec } from "./problem.ts";
export { type ConvTransposeOptions, convTranspose } from "./transpose.ts";
export type { WinogradSpec } from "./winograd.ts";
