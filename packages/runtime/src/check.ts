// Whether what came out is right: the reference, its bound, and the one comparison that tests, benchmarks and the tuner share.
import { decode } from "./host.ts";
import type { AnyKernel } from "./tape.ts";
import type { DType, GpuTensor, HostTensor, Named } from "./tensor.ts";
import { download } from "./transfer.ts";
import type { Problem } from "./variant.ts";

/** A call and what it should give. */
export interface Expected {
  readonly problem: Problem;
  readonly inputs: Named<HostTensor>;
  readonly reference: Named<Float64Array>;
  readonly bound: Named<Float64Array>;
}

/** Evaluates a call's reference and its bounds. */
export async function expectation(kernel: AnyKernel, inputs: Named<HostTensor>, options: object): Promise<Expected> {
  const problem = kernel.problem(inputs, options);
  const numbers = Object.fromEntries(
    Object.entries(inputs).map(([name, t]) => [name, decode({ data: t.data, dtype: problem.types[name]!.dtype })]),
  );
  const proof = await kernel.proof();
  const reference = proof.reference(problem, numbers) as Named<Float64Array>;
  return { problem, inputs, reference, bound: proof.bound(problem, numbers, reference) as Named<Float64Array> };
}

const MOST: Partial<Record<DType, number>> = { f32: 3.4028235677973366e38, f16: 65520 };

/** error / bound. What is not finite must be the same: NaN stays NaN, what overflows the type is its infinity. */
export function errorOf(
  { expected: want, got, bound }: { readonly expected: number; readonly got: number; readonly bound: number },
  dtype: DType,
): number {
  if (Number.isNaN(want)) return Number.isNaN(got) ? 0 : Infinity;
  if (want === got) return 0;
  if (Number.isNaN(got) || !Number.isFinite(want)) return Infinity;
  const overflow = got === Math.sign(want) * Infinity;
  const most = MOST[dtype] ?? Infinity;
  if (Math.abs(want) - bound >= most) return overflow ? 0 : Infinity;
  if (!Number.isFinite(got)) return overflow && Math.abs(want) + bound >= most ? 0 : Infinity; // either may be right
  return Number.isFinite(bound) ? Math.abs(got - want) / bound : Infinity;
}

/** Wipes outputs: as f32 and f16 a NaN that no arithmetic gives, so that an element which is not written is seen. */
export function poison(device: GPUDevice, outputs: Named<GpuTensor>): void {
  for (const { buffer } of Object.values(outputs)) device.queue.writeBuffer(buffer, 0, new Uint8Array(buffer.size).fill(0xff));
}

/** What is wrong with outputs on the GPU, if anything: the first element outside its bound. */
export async function wrongIn(
  device: GPUDevice,
  outputs: Named<GpuTensor>,
  { reference, bound }: Expected,
): Promise<string | undefined> {
  for (const [name, tensor] of Object.entries(outputs)) {
    const data = decode(await download(device, tensor));
    for (let i = 0; i < data.length; i++) {
      const here = { expected: reference[name]![i]!, got: data[i]!, bound: bound[name]![i]! };
      if (!(errorOf(here, tensor.dtype) <= 1)) return `wrong: ${name}[${i}] is ${here.got}, expected ${here.expected}`;
    }
  }
  return undefined;
}
