export * from "./activation.ts";
export * from "./binary.ts";
export * from "./cast.ts";
export { concat, type Split, type SplitOptions, split } from "./concat.ts";
export type { Elementwise, ElementwiseOptions, Spec as ElementwiseSpec } from "./elementwise.ts";
export type { Applied, Expression, Names, Op } from "./expression.ts";
export { embedding, type GatherOptions, gather, gatherElements, gatherND } from "./gather.ts";
export { type OneHotOptions, oneHot, type Triangle, tril, triu } from "./made.ts";
export type { Mover } from "./movement.ts";
export { type Optimiser, type OptimiserOptions, optimiser, type Steps } from "./optimiser.ts";
export { adagrad, adam, amsgrad, momentum, rmsprop, sgd } from "./optimisers.ts";
export { type Applicable, of, pointwise } from "./pointwise.ts";
export { type Dequantize, dequantizeLinear, type Quantize, type QuantizeOptions, quantizeLinear } from "./quantize.ts";
export { type DropoutOptions, dropout, normal, philox, type RandomOptions, type Seeded, uniform } from "./random.ts";
export { type Coordinates, type ResizeOptions, resize } from "./resize.ts";
export { type PadMode, type PadOptions, pad, tile } from "./tile.ts";
export * from "./unary.ts";
export {
  type BlockOptions,
  depthToSpace,
  expand,
  flip,
  reshape,
  type SliceOptions,
  slice,
  spaceToDepth,
  transpose,
  type ViewParams,
} from "./view.ts";
