export { type Caps, caps, LOW_PROFILE, maskCaps } from "./caps.ts";
export { type Choice, choiceOn, choose, refusal, showTile } from "./choose.ts";
export { defaultDevice, requestDevice } from "./device.ts";
export { type ErrorCode, fail, KernelError, showShape } from "./error.ts";
export { fromF16, toF16 } from "./f16.ts";
export { arrayOf, decode, encode, tensor } from "./host.ts";
export {
  type Buffers,
  type Cost,
  type Definition,
  defineKernel,
  type Inputs,
  type Kernel,
  type Operands,
  type Outputs,
  type Plan,
  type PlanHow,
  type Proof,
  type Resolved,
  type Returned,
  type Role,
  type RunHow,
} from "./kernel.ts";
export { CAP, isNan, orNan, turns } from "./pieces.ts";
export { type Bindable, type Dispatch, record } from "./plan.ts";
export { type Memory, type Net, type Program, program } from "./program.ts";
export { BEST_CAPS } from "./source.ts";
export { type AnyKernel, type Call, type CallHow, originOf, type Param, type Tape, tape, type Value } from "./tape.ts";
export {
  broadcastIndex,
  bytesOf,
  countOf,
  type DType,
  type GpuTensor,
  type HostTensor,
  type Named,
  type Result,
  sizeOf,
  type TensorData,
  type TensorType,
} from "./tensor.ts";
export { submit, type TimeHow, type Timing, time, type Work } from "./time.ts";
export { allocate, download, memoryOf, upload, write } from "./transfer.ts";
export {
  type Form,
  type Lanes,
  type LazyVariant,
  type ListedVariant,
  type Needs,
  type Params,
  type ParamType,
  type Pass,
  type Problem,
  type Tile,
  type Variant,
  variantsOf,
  wgsl,
} from "./variant.ts";
