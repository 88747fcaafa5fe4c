export { type Caps, caps, LOW_PROFILE, maskCaps, requestDevice } from "./device.ts";
export { type ErrorCode, KernelError, showShape } from "./error.ts";
export { fromF16, toF16 } from "./f16.ts";
export {
  BEST_CAPS,
  type Buffers,
  type Choice,
  type Cost,
  choose,
  type Definition,
  defineKernel,
  type Inputs,
  type Kernel,
  type Operands,
  type Outputs,
  type Plan,
  type PlanHow,
  type Resolved,
  type Returned,
  type Role,
  type RunHow,
  refusal,
  showTile,
} from "./kernel.ts";
export { type Bindable, type Dispatch, record } from "./plan.ts";
export { type Call, type CallHow, type Memory, type Net, type Param, type Program, program, type Value } from "./program.ts";
export {
  arrayOf,
  bytesOf,
  countOf,
  type DType,
  decode,
  encode,
  type GpuTensor,
  type HostTensor,
  type Result,
  sizeOf,
  type TensorData,
  type TensorType,
  tensor,
} from "./tensor.ts";
export { type TimeHow, type Timing, time, type Work } from "./time.ts";
export { allocate, download, upload, write } from "./transfer.ts";
export { type Lanes, type Needs, type Params, type ParamType, type Pass, type Problem, type Tile, type Variant, wgsl } from "./variant.ts";
