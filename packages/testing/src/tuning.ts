import { casePath, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { adapterKey, mergeTuning, TUNING_SCHEMA, type TuneResult, type TuneTable, tune } from "@tilewright/runtime/tune";
import { matches } from "./trials.ts";

/** A size of a suite, tuned. */
export interface TunedSize extends TuneResult {
  readonly kernel: string;
  /** As measurements name it: `f32/k=512,m=512,n=512`. */
  readonly size: string;
}

export interface TuneRun {
  readonly table: TuneTable;
  readonly sizes: readonly TunedSize[];
}

export interface TuneSuitesHow {
  /** Sizes with a variant whose case path matches. */
  readonly filter?: string | undefined;
  /** For all sizes together; 5 s each unless given. */
  readonly budgetMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** `doing` says what runs now: a candidate, or a round of several. */
  onProgress?(done: number, total: number, path: string, doing: string): void;
  onSize?(size: TunedSize): void;
}

export const SIZE_BUDGET_MS = 5000;

const sizeOf = (kase: KernelCase): string => casePath("", "", kase).slice(2);

/** Tunes every kernel at the sizes of its suite. */
export async function tuneSuites(device: GPUDevice, suites: readonly Suite[], how: TuneSuitesHow = {}): Promise<TuneRun> {
  const jobs = suites.map(({ kernel, sizes }) => ({
    kernel,
    sizes: sizes.filter((kase) => kernel.variants.some(({ name }) => matches(casePath(kernel.name, name, kase), how.filter))),
  }));
  const total = jobs.reduce((sum, { sizes }) => sum + sizes.length, 0);
  const budget = how.budgetMs ?? SIZE_BUDGET_MS * total;
  const start = performance.now();
  const sizes: TunedSize[] = [];
  let table: TuneTable = { schema: TUNING_SCHEMA, adapter: adapterKey(device), kernels: {} };
  let before = 0;
  for (const job of jobs) {
    if (job.sizes.length === 0 || how.signal?.aborted) continue;
    const left = start + budget - performance.now();
    const made = await tune(device, job.kernel, job.sizes, {
      budgetMs: (left * job.sizes.length) / (total - before),
      signal: how.signal,
      onProgress({ problem, round, candidate }) {
        const doing = round === 0 ? `trying ${candidate}` : `round ${round}: ${candidate}`;
        how.onProgress?.(before + problem, total, `${job.kernel.name}/${sizeOf(job.sizes[problem]!)}`, doing);
      },
      onResult(result) {
        const size: TunedSize = { kernel: job.kernel.name, size: sizeOf(job.sizes[result.index]!), ...result };
        sizes.push(size);
        how.onSize?.(size);
      },
    });
    table = mergeTuning(table, made);
    before += job.sizes.length;
  }
  how.onProgress?.(before, total, "", "");
  return { table, sizes };
}

/** How many times faster than the kernel's own choice, both timed in one run; undefined where there is nothing to compare. */
export const gainOf = ({ entry }: TuneResult): number | undefined => entry?.standard && entry.standard.ms / entry.ms;
