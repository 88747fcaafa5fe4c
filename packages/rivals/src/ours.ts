// Tilewright as a contestant: the kernel's own choice of variant, a submit for every run, as a user without a program would.
import { allocate, decode, download, type GpuTensor, record, requestDevice, upload } from "@tilewright/runtime";
import type { AnyKernel } from "@tilewright/runtime/cases";
import { type Contestant, enqueue, type Runnable, type Task, Unable, waitFor } from "./contestant.ts";

/** Our kernels, on a device of their own. */
export async function loadOurs(kernels: readonly AnyKernel[]): Promise<Contestant> {
  const device = await requestDevice();

  async function prepare({ kernel: name, inputs, outputs, options }: Task): Promise<Runnable> {
    const kernel = kernels.find((one) => one.name === name);
    if (!kernel) throw new Unable(`there is no ${name}`);
    const tensors: Record<string, GpuTensor> = {};
    for (const [operand, tensor] of Object.entries(inputs)) tensors[operand] = upload(device, tensor, operand);
    for (const [operand, type] of Object.entries(outputs)) tensors[operand] ??= allocate(device, type, operand);
    const plan = await kernel.plan(device, inputs, options);
    const dispatches = plan.bind(tensors);
    return {
      note: plan.variant.name,
      run: () => enqueue(device, (pass) => record(pass, dispatches)),
      sync: () => waitFor(device, tensors[Object.keys(outputs)[0]!]!.buffer),
      async read() {
        const all = Object.keys(outputs).map(async (key) => [key, decode(await download(device, tensors[key]!))] as const);
        return Object.fromEntries(await Promise.all(all));
      },
      dispose() {
        plan.destroy();
        for (const { buffer } of Object.values(tensors)) buffer.destroy();
      },
    };
  }
  return { name: "Tilewright", version: "", prepare, close: () => device.destroy() };
}
