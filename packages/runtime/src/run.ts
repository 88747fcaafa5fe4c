import type { Operands, Plan } from "./kernel.ts";
import type { Bindable } from "./plan.ts";
import type { GpuTensor, HostTensor, Result } from "./tensor.ts";
import { allocate, guarded, staging, write } from "./transfer.ts";

/** Uploads what is on the host, records one pass, submits, and reads every output back. Frees all that it made. */
export async function execute(
  { device, kernel, problem, record, destroy }: Plan<Operands> & { readonly kernel: string },
  inputs: { readonly [name: string]: HostTensor | GpuTensor | undefined },
  outputs: readonly string[],
  params: { readonly [name: string]: number } | undefined,
): Promise<Record<string, Result>> {
  const made: GpuTensor[] = [];
  const results = Object.fromEntries(outputs.map((name) => [name, problem.types[name]!]));
  let back: ReturnType<typeof staging> | undefined;
  try {
    return await guarded(kernel, device, () => {
      const buffers: Record<string, GpuTensor> = {};
      for (const [name, type] of Object.entries(problem.types)) {
        const input = inputs[name];
        if (input && "buffer" in input) {
          buffers[name] = input;
          continue;
        }
        const room = allocate(device, type, `${kernel} ${name}`);
        made.push(room);
        buffers[name] = room;
        if (input) write(device, room, input);
      }
      back = staging(device, results);
      const encoder = device.createCommandEncoder({ label: kernel });
      const pass = encoder.beginComputePass({ label: kernel });
      record(pass, buffers as { [name: string]: Bindable } as never, params);
      pass.end();
      back.copy(encoder, buffers);
      device.queue.submit([encoder.finish()]);
      return back.read();
    });
  } finally {
    back?.destroy();
    for (const { buffer } of made) buffer.destroy();
    destroy();
  }
}
