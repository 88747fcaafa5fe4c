export { type Comparison, compare, type Difference } from "./compare.ts";
export { type Folder, folder, readJson } from "./folder.ts";
export { glorot, type Init, normal, ones, uniform, zeros } from "./init.ts";
export { type Layer, layer, type Packed, type Parameter, type Placed, type Scope, type Slot } from "./layer.ts";
export { type Activation, activation } from "./layers/activation.ts";
export {
  type Angles,
  type AttentionInputs,
  type AttentionOptions,
  type Cache,
  keepKeys,
  type Memory,
  multiHeadAttention,
} from "./layers/attention.ts";
export {
  averagePool1d,
  averagePool2d,
  type Conv2dOptions,
  type ConvLayerOptions,
  conv1d,
  conv2d,
  flatten,
  globalAveragePool1d,
  globalAveragePool2d,
  maxPool1d,
  maxPool2d,
  type Pool1dOptions,
  type Pool2dOptions,
} from "./layers/conv.ts";
export { type DenseOptions, dense } from "./layers/dense.ts";
export { dropout } from "./layers/dropout.ts";
export { embedding } from "./layers/embedding.ts";
export { type FeedForwardOptions, feedForward } from "./layers/feed-forward.ts";
export { type BatchNormOptions, batchNorm, layerNorm, type NormOptions, rmsNorm } from "./layers/norm.ts";
export { learnedPositions, type SinusoidalOptions, sinusoidalPositions, sinusoids } from "./layers/positions.ts";
export {
  gru,
  lstm,
  type RecurrentInputs,
  type RecurrentOptions,
  rnn,
  type State as RecurrentState,
  statefulLstm,
} from "./layers/recurrent.ts";
export { residual } from "./layers/residual.ts";
export { type Layers, type Sequential, sequential } from "./layers/sequential.ts";
export {
  type DecoderLayerInputs,
  type DecoderLayerOptions,
  decoderLayer,
  type TransformerLayerOptions,
  transformerLayer,
} from "./layers/transformer.ts";
export { type Matrix, rowsOf, type TimesOptions, times } from "./matrix.ts";
export { type Built, type Definition, defineModel, type Given, type Model } from "./model.ts";
export type { SearchOptions, Translation } from "./models/beams.ts";
export { type Bert, type BertConfig, type BertHead, type BertOptions, bert } from "./models/bert.ts";
export { type CnnOptions, cnnMnist, lenet5 } from "./models/cnn.ts";
export { type Decoded, type Decoder, type DecoderOptions, decodeOnCpu, decoder, type Past } from "./models/decoder.ts";
export {
  type Codec,
  type GenerateOptions,
  type GenerateTextOptions,
  generate,
  generateText,
  type Reader,
  type SampleOptions,
  sample,
} from "./models/generate.ts";
export { type Gpt, type GptConfig, gpt } from "./models/gpt.ts";
export type { Decoding, LanguageModel, Reading } from "./models/language-model.ts";
export {
  type LinearRegressionOptions,
  type LogisticRegressionOptions,
  linearRegression,
  logisticRegression,
} from "./models/linear.ts";
export { type Llama, type LlamaConfig, llama } from "./models/llama.ts";
export { type MlpOptions, mlp } from "./models/mlp.ts";
export { foldResnet, type Resnet, type ResnetOptions, resnet18, resnet34, resnet50 } from "./models/resnet.ts";
export { frequenciesOf, type RopeScaling } from "./models/rope-scaling.ts";
export { type TextLstm, type TextLstmOptions, type TextReader, textLstm, textReader } from "./models/text-lstm.ts";
export { type Transformer, type TransformerConfig, transformer } from "./models/transformer.ts";
export { type Translator, type TranslatorOptions, translator } from "./models/translator.ts";
export type { Entry, Header, StoredType } from "./safetensors/header.ts";
export { openSafetensors, readSafetensors, type Safetensors, type Stored, tensorOf } from "./safetensors/read.ts";
export type { ReadHow, Source } from "./safetensors/source.ts";
export { type WriteOptions, writeSafetensors } from "./safetensors/write.ts";
export { read, type Storage, storageOf } from "./storage.ts";
export type { Note, Trace } from "./trace.ts";
export { type LoadHow, load, save, type WeightsSource } from "./weights.ts";
