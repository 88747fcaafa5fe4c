import { caps, createBuffer } from "./caps.ts";
import { guarded } from "./transfer.ts";

/** Records the work of one run into a pass. `i` counts runs: use it to rotate buffers past the last cache. */
export type Work = (pass: GPUComputePassEncoder, i: number) => void;

export interface Timing {
  /** Median milliseconds of one run. */
  readonly ms: number;
  readonly min: number;
  /** (third quartile − first) / median */
  readonly spread: number;
  readonly samples: readonly number[];
  /** Runs in a sample. */
  readonly repeats: number;
  readonly by: "timestamp" | "wall";
}

export interface TimeHow {
  /** Samples of each contestant. Default 7; a median wants at least 5. */
  readonly samples?: number;
  /** A sample repeats the work until it takes this long. Default 10 ms: Chrome rounds timestamps to 65,536 ns. */
  readonly minMs?: number;
  /** Wall clock even where there are timestamps. Wall clock spans submit to completion. */
  readonly wall?: boolean;
  /** Whether to be content with the samples so far; asked before each round of them but the first. */
  stop?(): boolean;
}

/** Records work into a pass of its own, submits it and waits: wall-clock milliseconds, for coarse comparisons. */
export async function submit(device: GPUDevice, work: Work): Promise<number> {
  const start = performance.now();
  await guarded("submit", device, () => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    work(pass, 0);
    pass.end();
    device.queue.submit([encoder.finish()]);
    return device.queue.onSubmittedWorkDone();
  });
  return performance.now() - start;
}

/**
 * Times contestants in turns (A B C A B C …) in one run, so that they can be compared; the first run of each is discarded.
 * Timestamp queries around a pass of many repeats where the device has them, else the wall clock from submit to completion.
 */
export async function time(
  device: GPUDevice,
  contestants: readonly Work[],
  { samples = 7, minMs = 10, wall = false, stop }: TimeHow = {},
): Promise<Timing[]> {
  const stamps = caps(device).timestamps && !wall;
  const queries = stamps ? device.createQuerySet({ type: "timestamp", count: 2 }) : undefined;
  const resolved = createBuffer(device, 16, GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC, "timestamps");
  const back = createBuffer(device, 16, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST, "timestamps");
  const runs = contestants.map(() => 0);

  const sample = (c: number, repeats: number): Promise<number> =>
    guarded("time", device, async () => {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass(
        queries && { timestampWrites: { querySet: queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } },
      );
      for (let r = 0; r < repeats; r++) contestants[c]!(pass, runs[c]!++);
      pass.end();
      if (queries) encoder.resolveQuerySet(queries, 0, 2, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, back, 0, 16);
      const start = performance.now();
      device.queue.submit([encoder.finish()]);
      await back.mapAsync(GPUMapMode.READ);
      const elapsed = performance.now() - start;
      const [begin, end] = new BigUint64Array(back.getMappedRange().slice(0));
      back.unmap();
      return queries ? Math.max(0, Number(end! - begin!) / 1e6) : elapsed;
    });

  try {
    const repeats: number[] = [];
    for (let c = 0; c < contestants.length; c++) {
      await sample(c, 1);
      let count = 1; // doubled until a sample is long enough: one run alone is mostly the cost of a submit
      while (count < 2 ** 20 && (await sample(c, count)) < minMs) count *= 2;
      repeats.push(count);
    }
    const taken: number[][] = contestants.map(() => []);
    for (let s = 0; s < samples && !(s > 0 && stop?.()); s++) {
      for (let c = 0; c < contestants.length; c++) taken[c]!.push((await sample(c, repeats[c]!)) / repeats[c]!);
    }
    return taken.map((all, c) => {
      const sorted = [...all].sort((a, b) => a - b);
      const at = (q: number) => sorted[Math.round(q * (sorted.length - 1))]!;
      return {
        ms: at(0.5),
        min: sorted[0]!,
        spread: (at(0.75) - at(0.25)) / at(0.5),
        samples: all,
        repeats: repeats[c]!,
        by: stamps ? "timestamp" : "wall",
      };
    });
  } finally {
    queries?.destroy();
    resolved.destroy();
    back.destroy();
  }
}
