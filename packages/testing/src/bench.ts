import { allocate, caps, download, type GpuTensor, refusal, showTile, time, type TimeHow, upload, type Work } from "@tilewright/runtime";
import { casePath, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { expected } from "./parity.ts";
import { type Roofs, roofs } from "./roofs.ts";
import { matches } from "./trials.ts";

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
  /** The kernel's own choice here. */
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
  readonly by: "timestamp" | "wall";
  /** Compared with the reference after timing; sizes whose reference takes too long are not. */
  readonly checked: boolean;
}

export interface Bench {
  readonly roofs: Roofs;
  readonly measurements: readonly Measurement[];
  readonly failures: readonly { readonly path: string; readonly reason: string }[];
}

export interface BenchHow {
  readonly filter?: string | undefined;
  readonly samples?: number | undefined;
  /** Before the first size. */
  onRoofs?(roofs: Roofs): void;
  onProgress?(done: number, total: number, path: string): void;
  onMeasurement?(measurement: Measurement): void;
  /** Stops before the next sample; sizes done so far are returned. */
  readonly signal?: AbortSignal | undefined;
}

const CHECKED_FLOPS = 6e8; // the reference's share of a bench's time
const SLOW_MS = 1500; // a variant slower than this is timed once

/** Times every variant at every size, in turns within a size, against this adapter's measured ceilings. */
export async function bench(device: GPUDevice, suites: readonly Suite[], { filter, samples = 7, onRoofs, onProgress, onMeasurement, signal }: BenchHow = {}): Promise<Bench> {
  const can = caps(device);
  const ceilings = await roofs(device, can.software);
  onRoofs?.(ceilings);
  const measurements: Measurement[] = [];
  const failures: { path: string; reason: string }[] = [];
  const jobs = suites.flatMap((suite) => suite.sizes.map((kase) => ({ suite, kase, variants: contestants(device, suite, kase, filter) }))).filter(({ variants }) => variants.length > 0);
  const total = jobs.reduce((sum, { variants }) => sum + variants.length, 0);
  let done = 0;
  for (const { suite, kase, variants } of jobs) {
    if (signal?.aborted) break;
    const { kernel } = suite;
    const problem = kernel.problem(kase.inputs(), kase.options);
    const { flops, bytes } = kernel.cost(problem);
    const inputs = Object.fromEntries(Object.entries(kase.inputs()).map(([name, t]) => [name, upload(device, t, name)]));
    const outputs: Record<string, GpuTensor> = {};
    for (const [name, type] of Object.entries(problem.types)) if (!inputs[name]) outputs[name] = allocate(device, type, name);
    const works: { path: string; variant: string; tile: string; chosen: boolean; compileMs: number; firstMs: number; work: Work }[] = [];
    for (const { path, variant, chosen } of variants) {
      if (signal?.aborted) break;
      onProgress?.(done++, total, path);
      try {
        const start = performance.now();
        const plan = await kernel.plan(device, inputs, kase.options, { variant });
        const compiled = performance.now();
        const work: Work = (pass) => plan.record(pass, { ...inputs, ...outputs });
        await submit(device, work);
        works.push({ path, variant, tile: showTile(plan.tile), chosen, compileMs: compiled - start, firstMs: performance.now() - compiled, work });
      } catch (error) {
        failures.push({ path, reason: (error as Error).message });
      }
    }
    const quick = works.filter(({ firstMs }) => firstMs < SLOW_MS);
    const slow = works.filter((work) => !quick.includes(work));
    const timed = async (contestants: typeof works, how: TimeHow) =>
      time(
        device,
        contestants.map(({ work }): Work => (pass, i) => {
          signal?.throwIfAborted();
          work(pass, i);
        }),
        how,
      ).catch((error) => {
        if (signal?.aborted) return [];
        throw error;
      });
    const timings = [...(await timed(quick, { samples })), ...(await timed(slow, { samples: 5, minMs: 0 }))];
    const checked = flops <= CHECKED_FLOPS;
    for (const [i, { work, ...one }] of [...quick, ...slow].entries()) {
      const timing = timings[i];
      if (signal?.aborted || !timing) break;
      const { ms, spread, by } = timing;
      if (checked) {
        const wrong = await check(device, suite, kase, outputs, work);
        if (wrong) {
          failures.push({ path: one.path, reason: wrong });
          continue;
        }
      }
      const gflops = flops / ms / 1e6;
      const gbps = bytes / ms / 1e6;
      const roof = 100 * Math.max(gflops / ceilings.gflops, gbps / ceilings.gbps);
      const size = casePath("", "", kase).slice(2);
      const measurement = { ...one, kernel: kernel.name, dtype: kase.dtype, size, flops, bytes, ms, spread, gflops, gbps, roof, by, checked };
      measurements.push(measurement);
      onMeasurement?.(measurement);
    }
    for (const { buffer } of [...Object.values(inputs), ...Object.values(outputs)]) buffer.destroy();
  }
  onProgress?.(total, total, "");
  return { roofs: ceilings, measurements, failures };
}

/** The variants that can run a size here, and which of them the kernel would choose. */
function contestants(device: GPUDevice, { kernel }: Suite, kase: KernelCase, filter: string | undefined) {
  const can = caps(device);
  const problem = kernel.problem(kase.inputs(), kase.options);
  const able = kernel.variants.filter((variant) => variant.tiles.some((tile) => !refusal(variant, tile, problem, can)));
  const chosen = able.find((variant) => variant.when(problem, can)) ?? able[0];
  return able
    .map((variant) => ({ path: casePath(kernel.name, variant.name, kase), variant: variant.name, chosen: variant === chosen }))
    .filter(({ path }) => matches(path, filter));
}

async function submit(device: GPUDevice, work: Work): Promise<void> {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  work(pass, 0);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
}

/** What is wrong with a timed variant's output, if anything. */
async function check(device: GPUDevice, { kernel }: Suite, kase: KernelCase, outputs: Readonly<Record<string, GpuTensor>>, work: Work): Promise<string | undefined> {
  await submit(device, work);
  const { reference, bound } = expected(kernel, kase);
  for (const [name, tensor] of Object.entries(outputs)) {
    const { data } = await download(device, tensor);
    for (let i = 0; i < data.length; i++) {
      if (!(Math.abs(data[i]! - reference[name]![i]!) <= bound[name]![i]!)) return `wrong: ${name}[${i}] is ${data[i]}, expected ${reference[name]![i]}`;
    }
  }
  return undefined;
}
