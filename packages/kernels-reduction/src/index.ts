export { type BatchNormOptions, batchNorm, type LocalResponseOptions, localResponseNorm } from "./channels.ts";
export { type ClassLoss, type ClassLossOptions, type CrossEntropyOptions, crossEntropy, nllLoss } from "./crossEntropy.ts";
export { type CumsumOptions, cumsum } from "./cumsum.ts";
export type {
  BinaryOptions,
  HingeOptions,
  HuberOptions,
  LogLossOptions,
  Loss,
  LossOptions,
  LossReduction,
} from "./loss.ts";
export { binaryCrossEntropy, hingeLoss, huberLoss, klDivergence, logLoss, maeLoss, mseLoss } from "./losses.ts";
export { type LpNormalizeOptions, lpNormalize } from "./lpNormalize.ts";
export { type AccuracyOptions, accuracy, type ConfusionOptions, confusionMatrix } from "./metrics.ts";
export type { BatchNormTrainingOptions, LayerNormOptions, Norm, NormOptions } from "./normalize.ts";
export {
  type BatchNormTraining,
  batchNormTraining,
  type ChannelNormOptions,
  type GroupNormOptions,
  groupNorm,
  instanceNorm,
  layerNorm,
  rmsNorm,
} from "./norms.ts";
export {
  all,
  any,
  argMax,
  argMin,
  logSum,
  logSumExp,
  max,
  mean,
  min,
  normL1,
  normL2,
  prod,
  sum,
  sumSquare,
  variance,
} from "./reduce.ts";
export type { ArgOptions, ReduceOptions, Reduction } from "./reduction.ts";
export type { ScatterElementsOptions, ScatterOptions, ScatterReduction, SegmentSumOptions } from "./scatter.ts";
export { scatterElements } from "./scatterElements.ts";
export { scatterND, segmentSum } from "./scatterND.ts";
export { logSoftmax, type Softmax, type SoftmaxOptions, softmax } from "./softmax.ts";
export { type TopKOptions, topK } from "./topK.ts";
