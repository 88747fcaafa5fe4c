export type { Activation } from "./activation.ts";
export { type ConvOptions, conv } from "./conv.ts";
export { type ConvMaxPoolOptions, convMaxPool, type Spec as ConvMaxPoolSpec } from "./conv-max-pool/conv-max-pool.ts";
export { type ConvWinogradOptions, convWinograd } from "./conv-winograd.ts";
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
export { type MaxUnpoolOptions, maxUnpool, type UnpoolP as UnpoolParams, type UnpoolSpec } from "./pool/unpool.ts";
export type { Filter, P as ConvParams, Spec as ConvSpec } from "./problem.ts";
export { convQuantized } from "./quantized/conv.ts";
export { type QuantizedFilter, type QuantizeFilterOptions, quantizeFilter } from "./quantized/quantize-filter.ts";
export { type ConvTransposeOptions, convTranspose } from "./transpose.ts";
export type { FilterSpec as WinogradFilterSpec, WinogradSpec } from "./winograd.ts";
export { type WinogradFilterOptions, winogradFilter } from "./winograd-filter.ts";
