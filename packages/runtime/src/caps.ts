import type { Tuned } from "./choose.ts";
import { fail } from "./error.ts";

/** What a device can do, as far as kernels ask. */
export interface Caps {
  /** `shader-f16`: without it f16 tensors still work, through unpack2x16float. */
  readonly f16: boolean;
  /** Subgroup and quad operations. */
  readonly subgroups: boolean;
  /** Configurations of Dawn's experimental subgroup matrices, such as "f16 f32 16x16x16" (operands, sums, M x N x K), after commas. */
  readonly subgroupMatrices: string;
  /** Params by setImmediates; without it by uniform buffers. */
  readonly immediates: boolean;
  readonly timestamps: boolean;
  /** WGSL knows `dot4I8Packed` and `dot4U8Packed` (its extension packed_4x8_integer_dot_product); how fast they are is another matter. */
  readonly dot4: boolean;
  /** The adapter is a CPU (SwiftShader, lavapipe, WARP). */
  readonly software: boolean;
  readonly maxInvocations: number;
  readonly maxWorkgroupBytes: number;
  readonly maxStorageBuffers: number;
  /** Bytes of one binding, and of one buffer. */
  readonly maxBinding: number;
  readonly maxBuffer: number;
  readonly vendor: string;
  readonly architecture: string;
}

/** The least that WebGPU promises on phones, Safari and Firefox: a mask for {@link maskCaps}. */
export const LOW_PROFILE: Partial<Caps> = {
  f16: false,
  subgroups: false,
  subgroupMatrices: "",
  immediates: false,
  dot4: false,
  maxInvocations: 128,
  maxWorkgroupBytes: 16384,
  maxStorageBuffers: 8,
};

/** What we remember of a device; nothing here keeps the device alive. */
interface DeviceState {
  caps: Caps;
  lost: GPUDeviceLostInfo | undefined;
  /** Its tune table, where it has one. */
  tuned?: Tuned | undefined;
  readonly pipelines: Map<string, Promise<GPUComputePipeline>>;
  readonly layouts: Map<string, GPUBindGroupLayout>;
}

const states = new WeakMap<GPUDevice, DeviceState>();
const owners = new WeakMap<GPUBuffer, GPUDevice>();

/** @param gpu what the device was asked of, as far as we know: extensions of WGSL are told by it alone. */
export function stateOf(device: GPUDevice, gpu: GPU | undefined = globalThis.navigator?.gpu): DeviceState {
  if (!device?.limits)
    fail(
      "device",
      "feature",
      `a GPUDevice is needed, and this is ${device instanceof Promise ? "a Promise: await requestDevice() first" : String(device)}.`,
    );
  let state = states.get(device);
  if (!state) {
    const made: DeviceState = { caps: readCaps(device, gpu), lost: undefined, pipelines: new Map(), layouts: new Map() };
    device.lost.then((info) => {
      made.lost = info;
    });
    states.set(device, made);
    state = made;
  }
  return state;
}

function readCaps({ features, limits, adapterInfo }: GPUDevice, gpu: GPU | undefined): Caps {
  const info = adapterInfo as Partial<GPUAdapterInfo> | undefined; // absent in older browsers
  return {
    f16: features.has("shader-f16"),
    subgroups: features.has("subgroups"),
    subgroupMatrices: features.has("chromium-experimental-subgroup-matrix") ? matricesOf(info as MatrixInfo | undefined) : "",
    immediates: ((limits as { maxImmediateSize?: number }).maxImmediateSize ?? 0) >= 64,
    timestamps: features.has("timestamp-query"),
    dot4: gpu?.wgslLanguageFeatures?.has("packed_4x8_integer_dot_product") ?? false,
    software: info?.isFallbackAdapter ?? false,
    maxInvocations: limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupBytes: limits.maxComputeWorkgroupStorageSize,
    maxStorageBuffers: limits.maxStorageBuffersPerShaderStage,
    maxBinding: limits.maxStorageBufferBindingSize,
    maxBuffer: limits.maxBufferSize,
    vendor: info?.vendor ?? "",
    architecture: info?.architecture ?? "",
  };
}

interface MatrixInfo {
  readonly subgroupMatrixConfigs?: Iterable<{ componentType: string; resultType: string; M: number; N: number; K: number }>;
}

const matricesOf = (info: MatrixInfo = {}): string =>
  Array.from(
    info.subgroupMatrixConfigs ?? [],
    ({ componentType, resultType, M, N, K }) => `${componentType} ${resultType} ${M}x${N}x${K}`,
  ).join(", ");

/** What this device can do; read once, then remembered. */
export const caps = (device: GPUDevice): Caps => stateOf(device).caps;

/** Takes abilities away, so that kernels run as on a lesser device. Plans made before keep what they have. */
export function maskCaps(device: GPUDevice, mask: Partial<Caps>): void {
  const state = stateOf(device);
  const less = Object.entries(state.caps).map(([key, own]) => {
    const value = mask[key as keyof Caps] ?? own;
    return [key, typeof own === "boolean" ? own && value : typeof own === "number" ? Math.min(own, Number(value)) : value];
  });
  state.caps = Object.fromEntries(less);
}

/** Throws once the device is lost; `who` stands in the error. */
export function assertAlive(who: string, device: GPUDevice): void {
  const { lost } = stateOf(device);
  if (lost)
    fail(
      who,
      "device-lost",
      `the device is lost (${lost.reason ?? "unknown"}: ${lost.message}). Request a new one and plan again.`,
    );
}

/** A buffer that knows its device. Runtime buffers are all made here. @throws KernelError `limit` */
export function createBuffer(device: GPUDevice, size: number, usage: GPUBufferUsageFlags, label: string): GPUBuffer {
  const { maxBuffer } = caps(device);
  if (size > maxBuffer)
    fail(
      label,
      "limit",
      `it needs a ${size}-byte buffer; this device allows ${maxBuffer}. Ask requestDevice for maxBufferSize, or split it.`,
    );
  const buffer = device.createBuffer({ size: Math.max(16, Math.ceil(size / 16) * 16), usage, label });
  owners.set(buffer, device);
  return buffer;
}

/** The device that made a buffer, where the runtime made it. */
export const ownerOf = (buffer: GPUBuffer): GPUDevice | undefined => owners.get(buffer);
