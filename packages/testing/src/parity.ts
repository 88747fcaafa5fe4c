import {
  arrayOf,
  type Bindable,
  bytesOf,
  decode,
  type HostTensor,
  memoryOf,
  type Problem,
  sizeOf,
  type TensorType,
  upload,
} from "@tilewright/runtime";
import { type AnyKernel, type Expected, errorOf, expectation, type KernelCase } from "@tilewright/runtime/cases";
import { firstSeen } from "./cold.ts";
import type { Trial } from "./trials.ts";

export interface Worst {
  readonly operand: string;
  readonly index: number;
  readonly expected: number;
  readonly got: number;
  readonly bound: number;
}

export interface Outcome {
  readonly path: string;
  readonly status: "passed" | "failed" | "skipped";
  /** The largest error / bound of any element; at most 1 passes. */
  readonly ratio: number;
  /** Why it failed or was skipped. */
  readonly reason?: string;
  /** The element with the largest ratio. */
  readonly worst?: Worst;
  readonly ms: number;
  /** The shader, where the trial failed. */
  readonly code?: readonly string[];
}

const known = new WeakMap<KernelCase, Map<string, Promise<Expected>>>();

/** The reference and its bounds; computed once a kernel and case. */
export function expected(kernel: AnyKernel, kase: KernelCase): Promise<Expected> {
  const mine = known.get(kase) ?? new Map<string, Promise<Expected>>();
  known.set(kase, mine);
  let made = mine.get(kernel.name);
  if (!made) {
    made = expectation(kernel, kase.inputs(), kase.options);
    mine.set(kernel.name, made);
  }
  return made;
}

const GUARD = 256; // bytes before and behind an output
const CANARY = 0xa5;
/**
 * What outputs hold before the first and before the second run, in every byte: as f32 and f16 first a NaN that no arithmetic gives. An
 * integer may be either by right, so an element was not written when it still holds the first after the first run and the second after the second.
 */
const POISON = [0xff, 0x5a] as const;

/**
 * Runs a trial twice into poisoned outputs between canaries, and compares with the reference element by element:
 * within the bound, NaN where the reference is NaN, the same infinity, everything written, nothing else touched, twice the same bits.
 */
export async function runTrial(
  device: GPUDevice,
  { path, suite: { kernel }, kase, variant, tile, skip }: Trial,
): Promise<Outcome> {
  const start = performance.now();
  const outcome = (status: Outcome["status"], more: Partial<Outcome> = {}): Outcome => ({
    path,
    status,
    ratio: 0,
    ms: performance.now() - start,
    ...more,
  });
  if (skip) return outcome("skipped", { reason: skip });
  let code: readonly string[] = [];
  try {
    const { inputs, problem, reference, bound } = await expected(kernel, kase);
    const plan = await kernel.plan(device, inputs, kase.options, { variant: variant.name, tile });
    code = plan.code;
    firstSeen(device, code);
    const [first, second] = await runTwice(device, plan, kernel.operands, inputs, problem);
    plan.destroy();
    let worst: Worst | undefined;
    let ratio = 0;
    for (const [operand, bytes] of Object.entries(first)) {
      const type = problem.types[operand]!;
      const from = GUARD;
      const to = GUARD + sizeOf(type);
      const other = second[operand]!;
      const stray = bytes.findIndex((byte, i) => (i < from || i >= to) && byte !== CANARY);
      if (stray >= 0)
        return outcome("failed", { reason: `${operand}: a stray write at byte ${stray - from} of ${to - from}`, code });
      const values = decode({ data: new (arrayOf(type.dtype))(bytes.slice(from, to).buffer), dtype: type.dtype });
      const width = bytesOf(type.dtype);
      const count = reference[operand]!.length;
      for (let i = 0; i < count; i++) {
        const here = { operand, index: i, expected: reference[operand]![i]!, got: values[i]!, bound: bound[operand]![i]! };
        const at = from + i * width;
        const kept = (run: Uint8Array, poison: number) => run.subarray(at, at + width).every((byte) => byte === poison);
        if (kept(bytes, POISON[0]) && kept(other, POISON[1]))
          return outcome("failed", { reason: `${operand}[${i}] was not written`, worst: here, ratio: Infinity, code });
        const error = errorOf(here, type.dtype);
        if (!(error <= ratio)) {
          ratio = Number.isNaN(error) ? Infinity : error;
          worst = here;
        }
      }
      // Behind the last element lies what fills its word: any value, or the poison.
      const differs = bytes.findIndex((byte, i) => byte !== other[i] && !(i >= from + count * width && i < to));
      if (differs >= 0) return outcome("failed", { reason: `${operand}: two runs differ at byte ${differs - from}`, code });
    }
    const more = { ratio, ...(worst && { worst }) };
    if (ratio <= 1) return outcome("passed", more);
    const { operand, index, expected: want, got, bound: most } = worst!;
    return outcome("failed", {
      ...more,
      code,
      reason: `${operand}[${index}] is ${got}, expected ${want} within ${most.toExponential(2)}`,
    });
  } catch (error) {
    return outcome("failed", { reason: (error as Error).message, code });
  }
}

type AnyPlan = Awaited<ReturnType<AnyKernel["plan"]>>;

type Outputs = Record<string, Uint8Array<ArrayBuffer>>;

/** Two runs in one submission, on the same inputs, each with outputs of its own and its own poison in them. */
async function runTwice(
  device: GPUDevice,
  plan: AnyPlan,
  roles: AnyKernel["operands"],
  inputs: Readonly<Record<string, HostTensor>>,
  problem: Problem,
): Promise<readonly [Outputs, Outputs]> {
  const made: GPUBuffer[] = [];
  const buffer = (size: number, usage: number) => {
    const fresh = device.createBuffer({ size, usage });
    made.push(fresh);
    return fresh;
  };
  device.pushErrorScope("validation");
  let scope: Promise<GPUError | null> | undefined;
  try {
    const encoder = device.createCommandEncoder();
    const given: Record<string, Bindable> = {};
    const written: [operand: string, type: TensorType, before: Uint8Array | undefined][] = [];
    for (const [operand, type] of Object.entries(problem.types)) {
      const input = inputs[operand];
      const updated = input && roles[operand] === "inout";
      if (input && !updated) {
        const placed = upload(device, { ...input, dtype: type.dtype }, operand);
        made.push(placed.buffer);
        given[operand] = placed;
      } else written.push([operand, type, updated ? memoryOf(input, type.dtype) : undefined]);
    }
    const runs = POISON.map((poison) => {
      const buffers = { ...given };
      const results = written.map(([operand, type, before]) => {
        const size = sizeOf(type);
        const bytes = new Uint8Array(size + 2 * GUARD).fill(CANARY).fill(poison, GUARD, GUARD + size);
        if (before) bytes.set(before, GUARD);
        const target = buffer(bytes.length, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST);
        const back = buffer(bytes.length, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
        device.queue.writeBuffer(target, 0, bytes);
        buffers[operand] = { buffer: target, offset: GUARD };
        return { operand, target, back };
      });
      const pass = encoder.beginComputePass();
      plan.record(pass, buffers);
      pass.end();
      for (const { target, back } of results) encoder.copyBufferToBuffer(target, 0, back, 0, target.size);
      return results;
    });
    device.queue.submit([encoder.finish()]);
    scope = device.popErrorScope();
    const mapped = Promise.all(runs.flat().map(({ back }) => back.mapAsync(GPUMapMode.READ)));
    mapped.catch(() => {}); // the scope says why
    const error = await scope;
    if (error) throw new Error(error.message);
    await mapped;
    const [first, second] = runs.map(
      (results): Outputs =>
        Object.fromEntries(results.map(({ operand, back }) => [operand, new Uint8Array(back.getMappedRange().slice(0))])),
    );
    return [first!, second!];
  } finally {
    if (!scope) await device.popErrorScope();
    for (const one of made) one.destroy();
  }
}
