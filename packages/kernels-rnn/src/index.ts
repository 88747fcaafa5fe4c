export { ACTIVATIONS, type Activation, type ActivationName, type Scaled } from "./activation.ts";
export {
  fromKeras,
  fromOnnx,
  type KerasWeights,
  type OnnxWeights,
  reorderGates,
  toKeras,
  toOnnx,
  type Weights as RecurrentWeights,
} from "./convert.ts";
export { type GruCellOptions, type GruOptions, gru, gruCell } from "./gru.ts";
export { type LstmCellOptions, type LstmOptions, lstm, lstmCell } from "./lstm.ts";
export type { P as RecurrentParams, Spec as RecurrentSpec } from "./problem.ts";
export { type RnnCellOptions, type RnnOptions, rnn, rnnCell } from "./rnn.ts";
