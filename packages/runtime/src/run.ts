import { defaultDevice } from "./device.ts";
import { checkDynamic } from "./dynamic.ts";
import { fail } from "./error.ts";
import { decode, encode } from "./host.ts";
import type { Inputs, Kernel, Operands, Returned, RunHow } from "./kernel.ts";
import type { GpuTensor, HostTensor, Named, Result, TensorType } from "./tensor.ts";
import { allocate, guarded, staging, write } from "./transfer.ts";

/** The simple style: host arrays in, host arrays out. */
export async function run<O extends Operands, P extends string, Options extends object, Spec>(
  kernel: Kernel<O, P, Options, Spec>,
  inputs: Inputs<O, HostTensor | GpuTensor>,
  options: Options | undefined,
  how: RunHow = {},
): Promise<Returned<O, Result>> {
  if (![undefined, "gpu", "cpu"].includes(how.on)) fail(kernel.name, "feature", `on is "${how.on}"; it may be "gpu" or "cpu".`);
  const outs = Object.keys(kernel.operands).filter((operand) => /out/.test(kernel.operands[operand]!));
  const results = how.on === "cpu" ? await onCpu(kernel, inputs, options, how) : await onGpu(kernel, inputs, options, how, outs);
  return (outs.length === 1 ? results[outs[0]!] : results) as Returned<O, Result>;
}

/** The reference itself, its results rounded to their dtype. */
async function onCpu<O extends Operands, P extends string, Options extends object, Spec>(
  kernel: Kernel<O, P, Options, Spec>,
  inputs: Named<HostTensor | GpuTensor | undefined>,
  options: Options | undefined,
  { params }: RunHow,
): Promise<Named<Result>> {
  const problem = kernel.problem(inputs as never, options);
  const { types } = problem;
  checkDynamic(kernel, problem, params);
  for (const key in params) {
    if (kernel.params[key as P] !== "f32")
      fail(kernel.name, "feature", `${key} cannot change on the cpu. Give tensors of the size that is meant.`);
  }
  const numbers: Record<string, ArrayLike<number>> = {};
  for (const [key, input] of Object.entries(inputs)) {
    if (!input) continue;
    if ("buffer" in input) fail(kernel.name, "buffer", `${key} is on the GPU; on: "cpu" needs host arrays.`);
    numbers[key] = decode({ data: input.data, dtype: types[key]!.dtype });
  }
  const { reference } = await kernel.proof();
  const values: Named<Float64Array> = reference({ ...problem, params: { ...problem.params, ...params } }, numbers as never);
  return Object.fromEntries(
    Object.entries(values).map(([key, v]) => [key, { ...types[key]!, data: encode(v, types[key]!.dtype) }]),
  );
}

/** Uploads what is on the host, records one pass, submits, reads every output back, and frees all that it made. */
async function onGpu<O extends Operands, P extends string, Options extends object, Spec>(
  kernel: Kernel<O, P, Options, Spec>,
  inputs: Named<HostTensor | GpuTensor | undefined>,
  options: Options | undefined,
  how: RunHow,
  outs: readonly string[],
): Promise<Named<Result>> {
  const { name } = kernel;
  kernel.problem(inputs as Inputs<O, TensorType>, options); // a wrong call is said before a missing device
  const device = how.device ?? (await defaultDevice(name));
  const plan = await kernel.plan(device, inputs as Inputs<O, TensorType>, options, { ...how, dynamic: how.params });
  const { types } = plan.problem;
  const made: GPUBuffer[] = [];
  let back: ReturnType<typeof staging> | undefined;
  try {
    return await guarded(name, device, () => {
      const tensors: Record<string, GpuTensor> = {};
      for (const [key, type] of Object.entries(types)) {
        const input = inputs[key];
        if (input && "buffer" in input) {
          tensors[key] = input;
          continue;
        }
        tensors[key] = allocate(device, type, name);
        made.push(tensors[key].buffer);
        if (input) write(device, tensors[key], input);
      }
      back = staging(device, Object.fromEntries(outs.filter((key) => types[key]).map((key) => [key, types[key]!])));
      const encoder = device.createCommandEncoder({ label: name });
      const pass = encoder.beginComputePass({ label: name });
      plan.record(pass, tensors as never, how.params);
      pass.end();
      back.copy(encoder, tensors);
      device.queue.submit([encoder.finish()]);
      return back.read();
    });
  } finally {
    back?.destroy();
    for (const buffer of made) buffer.destroy();
    plan.destroy();
  }
}
