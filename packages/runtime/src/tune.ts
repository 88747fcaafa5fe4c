// The tuner: which variant and tile is fastest here. An entry of its own, so that who never tunes pays nothing.
import { caps } from "./caps.ts";
import type { KernelCase } from "./cases.ts";
import { type Call, type Candidate, type Contest, candidatesOf, contest, filled, nameOf } from "./contest.ts";
import { KernelError } from "./error.ts";
import { halving } from "./halving.ts";
import type { Inputs, Kernel, Operands } from "./kernel.ts";
import type { AnyKernel } from "./tape.ts";
import type { HostTensor, TensorType } from "./tensor.ts";
import {
  adapterKey,
  type Bucket,
  bucketOf,
  dtypesOf,
  type Timed,
  TUNING_SCHEMA,
  type TuneEntry,
  type TuneTable,
} from "./tuning.ts";

export {
  adapterKey,
  type Bucket,
  FAR,
  mergeTuning,
  type Timed,
  TUNING_SCHEMA,
  type TuneEntry,
  type TuneTable,
  type Tuning,
  useTuning,
} from "./tuning.ts";

/** A call to be fast at: inputs as host tensors, or as `{ shape, dtype }` alone, which are filled with seeded numbers in [-1, 1). */
export interface TuneCall<O extends Operands, Options> {
  readonly inputs: Inputs<O, HostTensor | TensorType>;
  readonly options?: Options | undefined;
}

/** What became of a variant with a tile. */
export interface Tried extends Omit<Timed, "ms"> {
  /**
   * `timed` by the rules; `slow`: dropped after one run; `once`: run, but there was no time for more; `wrong`: its result is outside the bound;
   * `failed`: it did not compile or run; `pruned`: not for this class of adapter; `untried`: there was no time.
   */
  readonly status: "timed" | "slow" | "once" | "wrong" | "failed" | "pruned" | "untried";
  /** Median of the last round it was in, or its one run. */
  readonly ms?: number;
  /** The last round it was in. */
  readonly round?: number;
  readonly reason?: string;
}

/** One problem's end. */
export interface TuneResult {
  /** Which of the problems. */
  readonly index: number;
  readonly dtypes: string;
  readonly bucket: Bucket;
  /** What went into the table; undefined where nothing could be told within the budget. */
  readonly entry?: TuneEntry;
  /** Why there is no entry. */
  readonly reason?: string;
  readonly tried: readonly Tried[];
  /** The inputs' shapes that results were checked on, where they are smaller than the problem's. */
  readonly checkedOn?: string;
  /** Milliseconds that it took. */
  readonly took: number;
}

export interface TuneProgress {
  readonly problem: number;
  readonly problems: number;
  /** 0: candidates are compiled, checked and run once. Then rounds of timing. */
  readonly round: number;
  /** Who is about to run: `quad 16x4`. In rounds of timing all of them. */
  readonly candidate: string;
  readonly best: Timed | undefined;
  /** Milliseconds since the start. */
  readonly elapsed: number;
}

export interface TuneHow {
  /** For all problems together, shared out evenly as they come. It ends within about 1.2 times that and the running sample. Default 10 s. */
  readonly budgetMs?: number | undefined;
  onProgress?(progress: TuneProgress): void;
  onResult?(result: TuneResult): void;
  /** Ends before the next run; the table of the problems done so far is returned. */
  readonly signal?: AbortSignal | undefined;
}

/** A round may go on so much past its time before it is cut short. */
const GRACE = 0.1;

/**
 * Finds the fastest variant and tile of a kernel for each problem on this device.
 *
 * Candidates that the adapter's class speaks against are left out, each other is compiled, compared with the reference within the kernel's
 * bound (problems over 30 MFLOP on a smaller one that runs the same shaders) and run once; then successive halving, contestants in turns,
 * buffers rotated past the last cache, samples of 10 ms and more, and the last two against the kernel's own choice with at least 5 samples.
 * @returns a plain JSON table for {@link useTuning}. Problems that fall into one bucket are tuned once.
 * @throws KernelError `shape`, `dtype` for a wrong call, `device-lost`
 */
export async function tune<O extends Operands, P extends string, Options extends object, Spec>(
  device: GPUDevice,
  kernel: Kernel<O, P, Options, Spec>,
  problems: readonly (TuneCall<O, Options> | KernelCase)[],
  { budgetMs = 10_000, onProgress, onResult, signal }: TuneHow = {},
): Promise<TuneTable> {
  const any = kernel as unknown as AnyKernel;
  const start = performance.now();
  const entries: Record<string, TuneEntry[]> = {};
  const calls = distinct(any, problems);
  for (const [done, { index, call, dtypes, bucket }] of calls.entries()) {
    if (signal?.aborted) break;
    const now = performance.now();
    const share = (start + budgetMs - now) / (calls.length - done);
    const tell = (round: number, candidate: string, best?: Timed) =>
      onProgress?.({ problem: index, problems: problems.length, round, candidate, best, elapsed: performance.now() - start });
    const found = await tuneOne(device, any, call(), now + share, now + (1 + GRACE) * share, tell, signal);
    const { standard, winner, ...rest } = found;
    const entry = winner && { bucket, ...winner, ...(standard && { standard }) };
    if (entry) (entries[dtypes] ??= []).push(entry);
    onResult?.({ index, dtypes, bucket, ...rest, ...(entry && { entry }), took: performance.now() - now });
  }
  return { schema: TUNING_SCHEMA, adapter: adapterKey(device), kernels: { [kernel.name]: entries } };
}

/** The calls, made when needed, the first of each bucket. */
function distinct<O extends Operands, Options extends object>(
  kernel: AnyKernel,
  problems: readonly (TuneCall<O, Options> | KernelCase)[],
) {
  const seen = new Set<string>();
  return problems.flatMap(({ inputs, options = {} }, index) => {
    const call = (): Call => ({ inputs: typeof inputs === "function" ? inputs() : (inputs as Call["inputs"]), options });
    const problem = kernel.problem(call().inputs as Call["inputs"] & Record<string, HostTensor>, options);
    const [dtypes, bucket] = [dtypesOf(kernel, problem), bucketOf(kernel, problem)];
    const key = dtypes + JSON.stringify(bucket);
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ index, call, dtypes, bucket }];
  });
}

type Found = Pick<TuneResult, "tried" | "checkedOn" | "reason"> & { winner?: Timed; standard?: Timed };

async function tuneOne(
  device: GPUDevice,
  kernel: AnyKernel,
  call: Call,
  deadline: number,
  cut: number,
  tell: (round: number, candidate: string, best?: Timed) => void,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const ready = filled(call);
  const problem = kernel.problem(ready.inputs, ready.options);
  const { standard, candidates } = await candidatesOf(kernel, problem, caps(device));
  const out = new Map<Candidate, Tried>();
  const gone = (candidate: Candidate, status: Tried["status"], reason: string) =>
    out.set(candidate, { variant: candidate.variant, tile: candidate.tile, status, reason });
  for (const one of candidates) if (one.pruned) gone(one, "pruned", one.pruned);
  let ring: Contest;
  try {
    ring = await contest(device, kernel, ready, signal);
  } catch (error) {
    return { tried: [...out.values()], reason: (error as Error).message };
  }
  let best: Timed | undefined;
  try {
    const { winner, standings } = await halving<Candidate>({
      candidates: candidates.filter(({ pruned }) => !pruned),
      standard,
      now: () => performance.now(),
      deadline,
      stopped: () => signal?.aborted ?? false,
      cost: ring.cost,
      async first(candidate) {
        tell(0, nameOf(candidate), best);
        try {
          const ms = await ring.enter(candidate);
          if (!best || ms < best.ms) best = { variant: candidate.variant, tile: candidate.tile, ms };
          return ms;
        } catch (error) {
          const { message } = error as Error;
          if (error instanceof KernelError && error.code === "device-lost") throw error;
          if (!signal?.aborted) gone(candidate, message.startsWith("wrong: ") ? "wrong" : "failed", message);
          return undefined;
        }
      },
      async time(contestants, samples, round) {
        tell(round, contestants.map(nameOf).join(", "), best);
        const taken = await ring.time(contestants, samples, () => performance.now() > cut);
        const first = taken.ms.indexOf(Math.min(...taken.ms));
        best = { variant: contestants[first]!.variant, tile: contestants[first]!.tile, ms: taken.ms[first]! };
        return taken;
      },
    });
    const ran = new Map(standings.map((s) => [s.candidate, s]));
    const timed = (c: Candidate | undefined): Timed | undefined => {
      const ms = c && ran.get(c)?.ms;
      return c && ms !== undefined ? { variant: c.variant, tile: c.tile, ms } : undefined;
    };
    const tried = candidates.map((c): Tried => {
      const { variant, tile } = c;
      const was = ran.get(c);
      if (!was) return out.get(c) ?? { variant, tile, status: "untried" };
      return { variant, tile, status: was.slow ? "slow" : was.round ? "timed" : "once", ms: was.ms, round: was.round };
    });
    const [won, own] = [timed(winner), timed(standard)];
    return {
      tried,
      ...(ring.checkedOn && { checkedOn: ring.checkedOn }),
      ...(won && { winner: won, ...(own && { standard: own }) }),
      ...(!won && { reason: standings.length > 0 ? "the budget was too small to tell" : "no candidate gave a right result" }),
    };
  } catch (error) {
    if (!signal?.aborted) throw error;
    return { tried: [...out.values()], reason: "stopped" };
  } finally {
    ring.destroy();
  }
}
