import { caps } from "./caps.ts";
import { requestDevice as request } from "./device.ts";
import { fail } from "./error.ts";
import { leaveCores } from "./patience.ts";

export { leaveCores };

let gpu: Promise<GPU> | undefined; // Dawn aborts the process when this is collected while devices live

async function open(): Promise<GPU> {
  const name = "webgpu";
  const dawn: { create(options: string[]): GPU; globals: object } = await import(name).catch((cause) => {
    fail(
      "requestDevice",
      "feature",
      `WebGPU in Node comes from the optional package "webgpu": npm install webgpu. (${cause.message})`,
    );
  });
  Object.assign(globalThis, dawn.globals);
  return dawn.create([]);
}

/**
 * A device in Node, through the optional peer dependency `webgpu` (Dawn), with the adapter's best limits and features.
 * Also defines WebGPU's constants (GPUBufferUsage …) as globals, as in a browser. On an adapter that computes on the CPU it calls {@link leaveCores}.
 * @throws KernelError `feature` where the package or an adapter is missing.
 */
export async function requestDevice(options?: GPURequestAdapterOptions): Promise<GPUDevice> {
  const mine = (gpu ??= open());
  const device = await request(
    await mine.catch((error) => {
      gpu = undefined; // so that the next call asks again
      throw error;
    }),
    options,
  );
  if (caps(device).software) leaveCores();
  return device;
}
