export { type BatchNormOptions, batchNorm, type LocalResponseOptions, localResponseNorm } from "./channels.ts";
export { type ClassLoss, type ClassLossOptions, type CrossEntropyOptions, crossEntropy, nllLoss } from "./crossEntropy.ts";
export { type CumsumOptions, cumsum } from "./cumsum.ts";
export {
  type BinaryOptions,
  binaryCrossEntropy,
  type HingeOptions,
  type HuberOptions,
  hingeLoss,
  huberLoss,
  klDivergence,
  type LogLossOptions,
  type Loss,
  type LossOptions,
  type LossReduction,
  logLoss,
  maeLoss,
  mseLoss,
} from "./losses.ts";
export { type LpNormalizeOptions, lpNormalize } from "./lpNormalize.ts";
export { type AccuracyOptions, accuracy, type ConfusionOptions, confusionMatrix } from "./metrics.ts";
export {
  type BatchNormTraining,
  type BatchNormTrainingOptions,
  batchNormTraining,
  type ChannelNormOptions,
  type GroupNormOptions,
  groupNorm,
  instanceNorm,
  type LayerNormOptions,
  layerNorm,
  type Norm,
  type NormOptions,
  rmsNorm,
} from "./normalize.ts";
export {
  type ArgOptions,
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
  type ReduceOptions,
  type Reduction,
  sum,
  sumSquare,
  variance,
} from "./reduce.ts";
export {
  type ScatterElementsOptions,
  type ScatterOptions,
  type ScatterReduction,
  type SegmentSumOptions,
  scatterElements,
  scatterND,
  segmentSum,
} from "./scatter.ts";
export { logSoftmax, type Softmax, type SoftmaxOptions, softmax } from "./softmax.ts";
export { type TopKOptions, topK } from "./topK.ts";
