import { LOW_PROFILE, maskCaps, requestDevice } from "@tilewright/runtime";

/** A device where the tests run: the browser's, or Dawn's in Node. `low` masks it to what every WebGPU device has. */
export async function testDevice(low = false): Promise<GPUDevice> {
  const node = "process" in globalThis && !("document" in globalThis);
  const device = node ? await (await import("@tilewright/runtime/node")).requestDevice() : await requestDevice();
  if (low) maskCaps(device, LOW_PROFILE);
  return device;
}

export interface AdapterCard {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly software: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** Who computes, for people and for run files. */
export function adapterCard({ adapterInfo, features, limits }: GPUDevice): AdapterCard {
  const info = adapterInfo as Partial<GPUAdapterInfo> | undefined; // absent in older browsers
  const numbers: Record<string, number> = {};
  for (const name in limits) {
    const value = limits[name as keyof GPUSupportedLimits];
    if (typeof value === "number") numbers[name] = value;
  }
  return {
    vendor: info?.vendor ?? "",
    architecture: info?.architecture ?? "",
    device: info?.device ?? "",
    description: info?.description ?? "",
    software: info?.isFallbackAdapter ?? false,
    features: [...features].sort(),
    limits: numbers,
  };
}
