export { type ConvOptions, conv, type Filter, type P as ConvParams, type Spec as ConvSpec } from "./conv.ts";
export type { Activation } from "./epilogue.ts";
export type { Layout, Padding, WindowOptions } from "./geometry.ts";
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
