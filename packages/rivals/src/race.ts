// One size, all contestants: first calls, then timed in turns, then checked.
import { caps, type HostTensor, requestDevice, type TensorType } from "@tilewright/runtime";
import { type AnyKernel, casePath, errorOf, type KernelCase } from "@tilewright/runtime/cases";
import { type AdapterCard, adapterCard, expected, setsPastCache } from "@tilewright/testing";
import { type Contestant, type Runnable, type Task, Unable } from "./contestant.ts";

export interface Start {
  readonly name: string;
  /** The kernel that it takes part for; all, unless given. */
  readonly only?: string;
  load(): Promise<Contestant>;
}

export interface Entry {
  readonly name: string;
  readonly version: string;
  /** `unable` does not do this; `unchecked` only where the reference takes too long. */
  readonly status: "right" | "wrong" | "unchecked" | "unable" | "failed";
  /** Why, where it is not right. */
  readonly reason?: string | undefined;
  /** How it is done, where there is no kernel of that name. */
  readonly note?: string | undefined;
  /** Loading the library and opening its device. */
  readonly loadMs?: number;
  /** The first call: from arrays in JavaScript, through compiling, to the first word of the result. */
  readonly firstMs?: number;
  /** Median milliseconds of a run, the least, and (third quartile − first) / median. */
  readonly ms?: number;
  readonly min?: number;
  readonly spread?: number;
  /** Runs queued back to back in a sample, before one word is read. */
  readonly repeats?: number;
  readonly samples?: readonly number[];
  /** The largest error / bound of any element; at most 1 is right. */
  readonly error?: number;
}

export interface Race {
  readonly path: string;
  readonly kernel: string;
  readonly dtype: string;
  readonly size: string;
  readonly flops: number;
  readonly bytes: number;
  readonly adapter: AdapterCard;
  /** Sets of buffers that each contestant goes round in. */
  readonly sets: number;
  /** Ours first. */
  readonly entries: readonly Entry[];
}

export interface RaceHow {
  /** Rounds of turns. Default 5, and 3 for who takes more than a second. */
  readonly samples?: number | undefined;
  onProgress?(what: string): void;
}

const SAMPLE_MS = 40;
const LONG_MS = 1000;
const MOST_REPEATS = 200;
const MOST_SETS = 16;
const CHECKED_FLOPS = 4e9;
const STEP_MS = 120_000; // who has not answered by then has failed; the others go on

/** The path that filters see: the variant is each library's own choice. */
export const racePath = (kernel: AnyKernel, kase: KernelCase): string => casePath(kernel.name, "*", kase);

interface Running {
  entry: Entry;
  readonly contestant?: Contestant;
  readonly runnables: Runnable[];
  readonly taken: number[];
  repeats: number;
  turn: number;
}

const FRESH = { repeats: 0, turn: 0 } as const;

/** Runs a case with everyone. Each has its own device, as its users have. */
export async function race(
  starts: readonly Start[],
  kernel: AnyKernel,
  kase: KernelCase,
  { samples = 5, onProgress = () => {} }: RaceHow = {},
): Promise<Race> {
  const { adapter, software } = await lookAround();
  const given = kase.inputs();
  const problem = kernel.problem(given, kase.options);
  const cost = kernel.cost(problem);
  const inputs: Record<string, HostTensor & TensorType> = {};
  const outputs: Record<string, TensorType> = {};
  for (const [name, type] of Object.entries(problem.types)) {
    if (given[name]) inputs[name] = { ...given[name], ...type };
    else outputs[name] = type;
  }
  const task: Task = { kernel: kernel.name, inputs, outputs, options: kase.options, constant: kase.constant ?? [] };
  const sets = Math.min(MOST_SETS, Math.max(2, setsPastCache(cost, software)));

  const all: Running[] = [];
  for (const start of starts.filter(({ only = kernel.name }) => only === kernel.name)) {
    onProgress(`${start.name}: first call`);
    const late: Running = { entry: { name: start.name, version: "", status: "failed" }, runnables: [], taken: [], ...FRESH };
    all.push(await inTime(begin(start, task, sets)).catch((error) => failed(late, error)));
  }
  const ready = all.filter(({ runnables }) => runnables.length > 0);
  for (let round = 0; round < samples; round++) {
    for (const one of ready) {
      if (one.entry.status === "failed" || (one.taken[0]! > LONG_MS && round >= 3)) continue;
      onProgress(`${one.entry.name}: round ${round + 1} of ${samples}`);
      await attempt(one, async () => one.taken.push(await sample(one)));
    }
  }
  const entries: Entry[] = [];
  for (const one of all) {
    onProgress(`${one.entry.name}: checked`);
    if (one.taken.length > 0) await attempt(one, () => finish(one, kernel, kase, cost.flops <= CHECKED_FLOPS));
    await end(one);
    entries.push(one.entry);
  }
  const path = racePath(kernel, kase);
  const size = casePath("", "", kase).slice(2);
  return { path, kernel: kernel.name, dtype: kase.dtype, size, ...cost, adapter, sets, entries };
}

/** Who computes; and what a process does once, for whoever comes first, is done: a driver's own start, its compiler's. */
async function lookAround(): Promise<{ adapter: AdapterCard; software: boolean }> {
  const device = await requestDevice();
  const code = "@compute @workgroup_size(1) fn main() {}";
  const pipeline = await device.createComputePipelineAsync({
    layout: "auto",
    compute: { module: device.createShaderModule({ code }) },
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.dispatchWorkgroups(1);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  const seen = { adapter: adapterCard(device), software: caps(device).software };
  device.destroy();
  return seen;
}

async function attempt(one: Running, what: () => Promise<unknown>): Promise<void> {
  await inTime(what()).catch((error) => failed(one, error));
}

function failed(one: Running, error: unknown): Running {
  one.entry = { ...one.entry, status: "failed", reason: textOf(error) };
  return one;
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer in ${STEP_MS / 1000} s`)), STEP_MS);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

const textOf = (error: unknown): string =>
  (error instanceof Error ? error.message || error.name : String(error)).replace(/\s+/g, " ").slice(0, 300);

/** Loads a contestant and makes its sets ready; the first set's first run is the first call. */
async function begin({ name, load }: Start, task: Task, sets: number): Promise<Running> {
  let entry: Entry = { name, version: "", status: "unchecked" };
  let contestant: Contestant | undefined;
  const runnables: Runnable[] = [];
  try {
    const start = performance.now();
    contestant = await load();
    const loaded = performance.now();
    entry = { ...entry, version: contestant.version, loadMs: loaded - start };
    const first = await contestant.prepare(task);
    runnables.push(first);
    await first.run();
    await first.sync();
    entry = { ...entry, firstMs: performance.now() - loaded, note: first.note };
    while (runnables.length < sets) runnables.push(await contestant.prepare(task));
    const warm: number[] = [];
    for (const runnable of [...runnables.slice(1), first]) {
      const before = performance.now();
      await runnable.run();
      await runnable.sync();
      warm.push(performance.now() - before);
    }
    const repeats = Math.min(MOST_REPEATS, Math.max(1, Math.round(SAMPLE_MS / Math.min(...warm))));
    return { entry, contestant, runnables, taken: [], repeats, turn: 0 };
  } catch (error) {
    entry = { ...entry, status: error instanceof Unable ? "unable" : "failed", reason: textOf(error) };
    for (const runnable of runnables) await runnable.dispose();
    return { entry, ...(contestant && { contestant }), runnables: [], taken: [], ...FRESH };
  }
}

/** Frees what a contestant holds. Its results are in, whatever it says now. */
async function end({ runnables, contestant }: Running): Promise<void> {
  try {
    for (const runnable of runnables) await runnable.dispose();
    await contestant?.close();
  } catch (error) {
    console.warn(`${contestant?.name} while closing: ${textOf(error)}`);
  }
}

/** Milliseconds a run, of `repeats` queued back to back. */
async function sample(one: Running): Promise<number> {
  const start = performance.now();
  let last: Runnable | undefined;
  for (let r = 0; r < one.repeats; r++) {
    last = one.runnables[one.turn++ % one.runnables.length]!;
    await last.run();
  }
  await last!.sync();
  return (performance.now() - start) / one.repeats;
}

/** Medians, and every set's last output against our reference. */
async function finish(one: Running, kernel: AnyKernel, kase: KernelCase, check: boolean): Promise<void> {
  const sorted = [...one.taken].sort((a, b) => a - b);
  const at = (q: number) => sorted[Math.round(q * (sorted.length - 1))]!;
  const timing = {
    ms: at(0.5),
    min: sorted[0]!,
    spread: (at(0.75) - at(0.25)) / at(0.5),
    repeats: one.repeats,
    samples: one.taken,
  };
  one.entry = { ...one.entry, ...timing };
  if (one.entry.status === "failed" || !check) return;
  const { error, reason } = await worst(one.runnables, kernel, kase);
  one.entry = { ...one.entry, status: error <= 1 ? "right" : "wrong", error, ...(reason && { reason }) };
}

async function worst(
  runnables: readonly Runnable[],
  kernel: AnyKernel,
  kase: KernelCase,
): Promise<{ error: number; reason?: string }> {
  const { problem, reference, bound } = await expected(kernel, kase);
  let most = { error: 0, reason: "" };
  for (const runnable of runnables) {
    const outputs = await runnable.read();
    for (const [name, want] of Object.entries(reference)) {
      if (runnable.gives && !runnable.gives.includes(name)) continue;
      const got = outputs[name];
      if (got?.length !== want.length)
        return { error: Infinity, reason: `${name} has ${got?.length} elements of ${want.length}` };
      for (let i = 0; i < want.length; i++) {
        const here = { expected: want[i]!, got: got[i]!, bound: bound[name]![i]! };
        const error = errorOf(here, problem.types[name]!.dtype);
        if (error > most.error)
          most = {
            error,
            reason: `${name}[${i}] is ${here.got}, expected ${here.expected} within ${here.bound.toExponential(1)}`,
          };
      }
    }
  }
  return most.error <= 1 ? { error: most.error } : most;
}
