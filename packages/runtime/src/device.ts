import { stateOf } from "./caps.ts";
import { fail } from "./error.ts";

const FEATURES = [
  "shader-f16",
  "subgroups",
  "timestamp-query",
  "chromium-experimental-subgroup-matrix", // Dawn's, behind allow_unsafe_apis
] as GPUFeatureName[];
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxStorageBuffersPerShaderStage",
] as const satisfies (keyof GPUSupportedLimits)[];

/**
 * A device with the adapter's best limits and the features kernels use, where it has them.
 * @param gpu `navigator.gpu` unless given; in Node use `@tilewright/runtime/node`.
 * @throws KernelError `feature` where there is no WebGPU or no adapter.
 */
export async function requestDevice(
  gpu: GPU | undefined = globalThis.navigator?.gpu,
  options?: GPURequestAdapterOptions,
): Promise<GPUDevice> {
  if (!gpu) {
    fail(
      "requestDevice",
      "feature",
      'no WebGPU here. In a browser: use a current Chrome, Edge, Safari or Firefox, on https or localhost. In Node: import { requestDevice } from "@tilewright/runtime/node"; const device = await requestDevice();',
    );
  }
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance", ...options });
  if (!adapter) {
    fail(
      "requestDevice",
      "feature",
      "WebGPU found no adapter. In a browser see chrome://gpu or about:support; on Linux and in Node install a Vulkan driver (Mesa >= 24 brings a CPU one).",
    );
  }
  const device = await adapter.requestDevice({
    requiredFeatures: FEATURES.filter((name) => adapter.features.has(name)),
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  });
  stateOf(device, gpu);
  return device;
}

let lazy: Promise<GPUDevice> | undefined;

/** The device of the simple style: made on first use, made again after it was lost. */
export async function defaultDevice(who: string): Promise<GPUDevice> {
  if (!globalThis.navigator?.gpu) {
    fail(
      who,
      "feature",
      'no default WebGPU device here. In Node: import { requestDevice } from "@tilewright/runtime/node"; const device = await requestDevice(); then pass { device }. Or pass { on: "cpu" } for the reference.',
    );
  }
  const mine = (lazy ??= requestDevice());
  const forget = () => {
    if (lazy === mine) lazy = undefined; // so that the next call asks again
  };
  const device = await mine.catch((error) => {
    forget();
    throw error;
  });
  if (!stateOf(device).lost) return device;
  forget();
  return defaultDevice(who);
}
