import {
  allocate,
  caps,
  choiceOn,
  choose,
  type GpuTensor,
  type Problem,
  record,
  refusal,
  showTile,
  submit,
  type Tile,
  time,
  upload,
  variantsOf,
  type Work,
} from "@tilewright/runtime";
import { casePath, type KernelCase, poison, type Suite, wrongIn } from "@tilewright/runtime/cases";
import { firstSeen } from "./cold.ts";
import { expected } from "./parity.ts";
import { replayCost } from "./replay.ts";
import { type Roofs, roofs } from "./roofs.ts";
import { setsPastCache } from "./rotate.ts";
import { matches, problemOf } from "./trials.ts";

export interface Measurement {
  readonly path: string;
  readonly kernel: string;
  readonly variant: string;
  readonly tile: string;
  readonly dtype: string;
  /** The size, without the variant: rows of one size can be compared. */
  readonly size: string;
  readonly flops: number;
  readonly bytes: number;
  /** The kernel's own choice here, or that of the device's tune table. */
  readonly chosen: boolean;
  /** Median milliseconds of one run; spread is (third quartile − first) / median. */
  readonly ms: number;
  readonly spread: number;
  readonly gflops: number;
  readonly gbps: number;
  /** Percent of the nearer roof. */
  readonly roof: number;
  /** Making the pipeline, and the first run after it (drivers compile there too). */
  readonly compileMs: number;
  readonly firstMs: number;
  /** The device had not seen this text before: both figures are those of a first call. */
  readonly cold: boolean;
  /** Sets of buffers gone round in, so that none is in a cache when its turn comes; 1 where arithmetic decides. */
  readonly sets: number;
  readonly by: "timestamp" | "wall";
  /** Compared with the reference after timing; sizes whose reference takes too long are not. */
  readonly checked: boolean;
}

export interface Bench {
  readonly roofs: Roofs;
  /** Microseconds of JavaScript a replayed dispatch. */
  readonly replayUs: number;
  readonly measurements: readonly Measurement[];
  readonly failures: readonly { readonly path: string; readonly reason: string }[];
  /** What is too slow here to be timed. */
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[];
}

export interface BenchHow {
  readonly filter?: string | undefined;
  /** Before the first size. */
  onRoofs?(roofs: Roofs): void;
  /** Before each variant; where it gives a promise the bench waits for it. */
  onProgress?(done: number, total: number, path: string): void | Promise<void>;
  onMeasurement?(measurement: Measurement): void;
  /** Stops before the next sample; sizes done so far are returned. */
  readonly signal?: AbortSignal | undefined;
}

const CHECKED_FLOPS = 6e8; // the reference's share of a bench's time
const SLOW_MS = 1500; // a variant slower than this is timed run by run
const TOO_SLOW_MS = 4000; // and slower than this not at all

// Samples of a variant: a burst of something else in the process, garbage collection say, spoils the median of fewer than fill LONG_MS.
const LONG_MS = 200;
const FEWEST = 7;
const MOST = 31;

/** Times every variant at every size, in turns within a size, against this adapter's measured ceilings. */
export async function bench(device: GPUDevice, suites: readonly Suite[], how: BenchHow = {}): Promise<Bench> {
  const ceilings = await roofs(device, caps(device).software);
  how.onRoofs?.(ceilings);
  const asked = suites.flatMap((suite) => suite.sizes.map((kase) => ({ suite, kase })));
  const jobs = await Promise.all(
    asked.map(async ({ suite, kase }) => ({ suite, kase, variants: await contestants(device, suite, kase, how.filter) })),
  );
  const total = jobs.reduce((sum, { variants }) => sum + variants.length, 0);
  const result: Result = { roofs: ceilings, replayUs: Number.NaN, measurements: [], failures: [], leftOut: [] };
  let done = 0;
  for (const job of jobs) {
    if (how.signal?.aborted || job.variants.length === 0) continue;
    await measure(device, job, result, how, (path) => how.onProgress?.(done++, total, path));
  }
  // Last: it compiles, and first calls are to be cold.
  const replayUs = how.signal?.aborted ? Number.NaN : await replayCost(device, suites[0]!);
  how.onProgress?.(total, total, "");
  return { ...result, replayUs };
}

interface Entrant {
  readonly path: string;
  readonly variant: string;
  readonly tile?: Tile;
  readonly chosen: boolean;
}

interface Job {
  readonly suite: Suite;
  readonly kase: KernelCase;
  readonly variants: readonly Entrant[];
}

type Result = { [K in keyof Bench]: Bench[K] extends readonly (infer T)[] ? T[] : Bench[K] };
type Contestant = Pick<Measurement, "path" | "variant" | "tile" | "chosen" | "compileMs" | "firstMs" | "cold"> & {
  readonly work: Work;
  destroy(): void;
};

/** One size: compiles its variants, times them in turns, then checks their results. */
async function measure(
  device: GPUDevice,
  { suite, kase, variants }: Job,
  result: Result,
  { onMeasurement, signal }: BenchHow,
  onVariant: (path: string) => void | Promise<void>,
): Promise<void> {
  const { kernel } = suite;
  const problem = problemOf(kernel, kase);
  const { flops, bytes } = kernel.cost(problem);
  const inputs = Object.fromEntries(Object.entries(kase.inputs()).map(([name, t]) => [name, upload(device, t, name)]));
  const sets = rotation(device, problem, inputs, setsPastCache({ flops, bytes }, caps(device).software));
  const outputs = Object.fromEntries(Object.entries(sets[0]!).filter(([name]) => !inputs[name]));
  const works: Contestant[] = [];
  try {
    for (const { path, variant, tile, chosen } of variants) {
      if (signal?.aborted) return;
      await onVariant(path);
      if (signal?.aborted) return;
      try {
        const start = performance.now();
        const plan = await kernel.plan(device, inputs, kase.options, { variant, tile });
        const compiled = performance.now();
        const bound = sets.map((set) => plan.bind(set));
        const work: Work = (pass, i) => {
          signal?.throwIfAborted();
          record(pass, bound[i % bound.length]!);
        };
        await submit(device, work);
        const firstMs = performance.now() - compiled;
        works.push({
          path,
          variant,
          tile: showTile(plan.tile),
          chosen,
          compileMs: compiled - start,
          firstMs,
          cold: firstSeen(device, plan.code),
          work,
          destroy: plan.destroy,
        });
      } catch (error) {
        result.failures.push({ path, reason: (error as Error).message });
      }
    }
    const [quick, slow] = [works.filter(({ firstMs }) => firstMs < SLOW_MS), works.filter(({ firstMs }) => firstMs >= SLOW_MS)];
    const again =
      slow.length > 0
        ? await time(
            device,
            slow.map(({ work }) => work),
            { samples: 1, minMs: 0 },
          )
        : []; // a slow first run may have been a slow compile
    const fair = slow.filter((one, i) => {
      const left = again[i]!.ms > TOO_SLOW_MS;
      if (left) result.leftOut.push({ path: one.path, reason: `a run takes ${(again[i]!.ms / 1000).toFixed(1)} s` });
      return !left;
    });
    const ready = [...quick, ...fair];
    const timings =
      ready.length > 0
        ? await time(
            device,
            ready.map(({ work }) => work),
            { samples: MOST, stop: enough(ready.length) },
          )
        : [];
    for (const [i, { work, destroy, ...one }] of ready.entries()) {
      const { ms, spread, by } = timings[i]!;
      const checked = flops <= CHECKED_FLOPS;
      const wrong = checked && (await check(device, suite, kase, outputs, work));
      if (wrong) {
        result.failures.push({ path: one.path, reason: wrong });
        continue;
      }
      const [gflops, gbps] = [flops / ms / 1e6, bytes / ms / 1e6];
      const roof = 100 * Math.max(gflops / result.roofs.gflops, gbps / result.roofs.gbps);
      const size = casePath("", "", kase).slice(2);
      const measurement = {
        ...one,
        kernel: kernel.name,
        dtype: kase.dtype,
        size,
        flops,
        bytes,
        ms,
        spread,
        gflops,
        gbps,
        roof,
        sets: sets.length,
        by,
        checked,
      };
      result.measurements.push(measurement);
      onMeasurement?.(measurement);
    }
  } catch (error) {
    if (!signal?.aborted) result.failures.push({ path: casePath(kernel.name, "*", kase), reason: (error as Error).message });
  } finally {
    for (const { buffer } of sets.flatMap((set) => Object.values(set))) buffer.destroy();
    for (const { destroy } of works) destroy();
  }
}

/** Tells, asked after each round, whether samples of so many contestants are enough. */
function enough(contestants: number): () => boolean {
  let rounds = 0;
  let start = Number.NaN;
  return () => {
    if (rounds++ === 0) start = performance.now();
    return rounds >= FEWEST && performance.now() - start >= LONG_MS * contestants;
  };
}

/** The variants that can run a size here, and which of them would be chosen. */
async function contestants(
  device: GPUDevice,
  { kernel }: Suite,
  kase: KernelCase,
  filter: string | undefined,
): Promise<Entrant[]> {
  const can = caps(device);
  const problem = problemOf(kernel, kase);
  const able = (await variantsOf(kernel)).filter((variant) =>
    variant.tiles.some((tile) => !refusal(variant, tile, problem, can)),
  );
  const chosen = await choose(kernel, problem, can, await choiceOn(device, kernel, problem));
  const retiled = chosen.tile !== (await choose(kernel, problem, can, { variant: chosen.variant.name })).tile;
  const entrants = able.map((variant): Entrant => {
    const { name } = variant;
    return { path: casePath(kernel.name, name, kase), variant: name, chosen: variant === chosen.variant && !retiled };
  });
  // A tune table may have chosen another tile than the variant's own.
  if (retiled) {
    const { variant, tile } = chosen;
    entrants.push({ path: casePath(kernel.name, variant.name, kase, tile), variant: variant.name, tile, chosen: true });
  }
  return entrants.filter(({ path }) => matches(path, filter));
}

/** Sets of buffers: the inputs and outputs of the first, and copies of them. */
function rotation(
  device: GPUDevice,
  { types }: Problem,
  inputs: Readonly<Record<string, GpuTensor>>,
  count: number,
): Record<string, GpuTensor>[] {
  const encoder = device.createCommandEncoder();
  const sets = Array.from({ length: count }, (_, i) => {
    const set: Record<string, GpuTensor> = {};
    for (const [name, type] of Object.entries(types)) {
      const from = inputs[name];
      set[name] = i === 0 && from ? from : allocate(device, type, name);
      if (i > 0 && from) encoder.copyBufferToBuffer(from.buffer, 0, set[name].buffer, 0, from.buffer.size);
    }
    return set;
  });
  device.queue.submit([encoder.finish()]);
  return sets;
}

/** What is wrong with a timed variant's output, if anything. What others left there is wiped first. */
async function check(
  device: GPUDevice,
  { kernel }: Suite,
  kase: KernelCase,
  outputs: Readonly<Record<string, GpuTensor>>,
  work: Work,
): Promise<string | undefined> {
  poison(device, outputs);
  await submit(device, work);
  return wrongIn(device, outputs, await expected(kernel, kase));
}
