// One problem's contest: who enters, on what data, and what is measured of each.
import type { Caps } from "./caps.ts";
import { fill } from "./cases.ts";
import { type Expected, expectation, poison, wrongIn } from "./check.ts";
import { choose, refusal, showTile } from "./choose.ts";
import type { Plan } from "./kernel.ts";
import { type Dispatch, record } from "./plan.ts";
import type { AnyKernel } from "./tape.ts";
import { countOf, type GpuTensor, type HostTensor, type Named, sizeOf, type TensorType } from "./tensor.ts";
import { submit, time, type Work } from "./time.ts";
import { allocate, upload, write } from "./transfer.ts";
import { type Problem, type Tile, type Variant, variantsOf } from "./variant.ts";

/** A variant with a tile. */
export interface Candidate {
  readonly variant: string;
  readonly tile: Tile;
  /** Not tried at all: why. */
  readonly pruned?: string;
}

/** A call: host tensors, or types alone, which are filled with seeded numbers in [-1, 1). */
export interface Call {
  readonly inputs: Named<HostTensor | TensorType | undefined>;
  readonly options: object;
}

/** A problem dearer than this is checked on a smaller one of the same text, where there is one: the reference runs on one CPU thread. */
const CHECKED_FLOPS = 3e7;
/** And where there is none, not above this. */
const MOST_FLOPS = 6e8;

export const nameOf = ({ variant, tile }: Candidate): string => `${variant} ${showTile(tile)}`;

/** Why a variant is not worth a try on this class of adapter, if so; where it cannot run at all is not asked here. */
function unfit(variant: Variant<string, unknown>, tile: Tile, { software, vendor }: Caps): string | undefined {
  const { invocations, workgroupBytes = 0 } = variant.needs(tile);
  if (software) return workgroupBytes ? "on CPU adapters barriers are slow to run and take seconds to compile" : undefined;
  const wave = vendor === "intel" ? 16 : 32;
  return invocations < wave ? `${invocations} threads leave most of a GPU's ${wave} lanes idle` : undefined;
}

/**
 * Everyone who can run the problem, in a fixed order: the kernel's own choice, then every variant's first tile, then their second ones …,
 * variants that call themselves a good choice here before the others.
 */
export async function candidatesOf(
  kernel: AnyKernel,
  problem: Problem,
  can: Caps,
): Promise<{ standard: Candidate; candidates: Candidate[] }> {
  const own = await choose(kernel, problem, can, {});
  const standard: Candidate = { variant: own.variant.name, tile: own.tile };
  const variants = [...(await variantsOf(kernel))].sort((a, b) => Number(b.when(problem, can)) - Number(a.when(problem, can)));
  const most = Math.max(...variants.map(({ tiles }) => tiles.length));
  const candidates = [standard];
  for (let t = 0; t < most; t++) {
    for (const variant of variants) {
      const tile = variant.tiles[t];
      if (!tile || refusal(variant, tile, problem, can) || (variant === own.variant && tile === own.tile)) continue;
      const pruned = unfit(variant, tile, can);
      candidates.push({ variant: variant.name, tile, ...(pruned && { pruned }) });
    }
  }
  return { standard, candidates };
}

/** Host tensors for a call whose inputs may be types alone. */
export function filled({ inputs, options }: Call): { inputs: Named<HostTensor>; options: object } {
  const given = Object.entries(inputs).flatMap(([name, t]) => (t ? [[name, t] as const] : []));
  const made = given.map(([name, t], i) => [name, "data" in t ? t : fill("uniform", t.shape, t.dtype, i + 1)] as const);
  return { inputs: Object.fromEntries(made), options };
}

/**
 * The same call with its large dimensions divided, all equal ones alike and each as long modulo 4 as before, so that the same shaders run;
 * undefined where that is another call, and with integers, which may be indices into a dimension.
 */
function smaller(kernel: AnyKernel, inputs: Named<HostTensor>, options: object, problem: Problem): Named<HostTensor> | undefined {
  if (Object.keys(inputs).some((name) => /^[iu]/.test(problem.types[name]!.dtype))) return undefined;
  for (let by = 2; by <= 4096; by *= 2) {
    const size = (d: number) => (d <= 64 ? d : (d % 4) + 4 * Math.max(9, Math.round((d - (d % 4)) / 4 / by)));
    const less = Object.fromEntries(
      Object.entries(inputs).map(([name, { data, shape }]) => {
        const cut = shape.map(size);
        const values = (data as Float32Array).slice(0, countOf(cut)); // a list has it too
        return [name, { data: values, shape: cut, dtype: problem.types[name]!.dtype }];
      }),
    );
    try {
      const made = kernel.problem(less, options);
      if (JSON.stringify(made.spec) !== JSON.stringify(problem.spec)) return undefined;
      if (kernel.cost(made).flops <= CHECKED_FLOPS) return less;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** One set of buffers. */
interface Place {
  readonly inputs: Named<GpuTensor>;
  readonly outputs: Named<GpuTensor>;
}

/** @param made learns of every buffer, so that none is left when one too many is asked for */
function place(device: GPUDevice, { types }: Problem, inputs: Named<HostTensor>, made: GPUBuffer[]): Place {
  const note = (tensor: GpuTensor): GpuTensor => {
    made.push(tensor.buffer);
    return tensor;
  };
  const all = Object.entries(types).map(([name, type]) => {
    const input = inputs[name];
    return [name, note(input ? upload(device, { ...input, dtype: type.dtype }, name) : allocate(device, type, name))] as const;
  });
  const some = (given: boolean) => Object.fromEntries(all.filter(([name]) => !!inputs[name] === given));
  return { inputs: some(true), outputs: some(false) };
}

/** Buffers are rotated over this many bytes, more than most last caches hold, but over no more sets than that. */
const ROTATED_BYTES = 64 * 2 ** 20;
const MOST_SETS = 16;
/** A sample is this long: clocks are coarse (Chrome's timestamps: 65,536 ns). */
const MIN_MS = 10;

export interface Contest {
  /** The shapes that were checked, where they are smaller than those that are timed. */
  readonly checkedOn: string | undefined;
  /** Compiles, compares the result with the reference, and runs once. @throws Error that says what is wrong */
  enter(candidate: Candidate): Promise<number>;
  time(
    contestants: readonly Candidate[],
    samples: number,
    stop: () => boolean,
  ): Promise<{ ms: readonly number[]; samples: number }>;
  /** About how long `time` takes for a contestant: a discarded run, a sample's doubling, and the samples. */
  cost(ms: number, samples: number): number;
  destroy(): void;
}

/** Data, buffers and reference of a problem. @throws Error where it cannot be checked */
export async function contest(
  device: GPUDevice,
  kernel: AnyKernel,
  { inputs, options }: ReturnType<typeof filled>,
  signal: AbortSignal | undefined,
): Promise<Contest> {
  const problem = kernel.problem(inputs, options);
  const { flops } = kernel.cost(problem);
  const less = flops > CHECKED_FLOPS ? smaller(kernel, inputs, options, problem) : undefined;
  if (!less && flops > MOST_FLOPS)
    throw new Error(`its reference would take ${(flops / 1e9).toFixed(1)} GFLOP on one CPU thread. Tune a smaller problem.`);
  const expected: Expected = await expectation(kernel, less ?? inputs, options);
  const buffers: GPUBuffer[] = [];
  const free = () => {
    for (const buffer of buffers) buffer.destroy();
  };
  const updated = Object.keys(kernel.operands).filter((name) => kernel.operands[name] === "inout" && expected.inputs[name]);

  const bytes = Object.values(problem.types).reduce((sum, type) => sum + sizeOf(type), 0);
  const sets = Math.max(1, Math.min(MOST_SETS, Math.ceil(ROTATED_BYTES / Math.max(1, bytes))));
  let checked: Place;
  let places: readonly Place[];
  try {
    checked = place(device, expected.problem, expected.inputs, buffers);
    places = Array.from({ length: sets }, () => place(device, problem, inputs, buffers));
  } catch (error) {
    free();
    throw error;
  }
  const entered = new Map<Candidate, { plan: Plan<AnyKernel["operands"]>; bound: readonly (readonly Dispatch[])[] }>();

  const work =
    (candidate: Candidate): Work =>
    (pass, i) => {
      signal?.throwIfAborted();
      const { bound } = entered.get(candidate)!;
      record(pass, bound[i % bound.length]!);
    };
  const shown = Object.values(expected.inputs).map(({ shape }) => `[${shape}]`);
  return {
    checkedOn: less && shown.join(" · "),
    async enter(candidate) {
      const { variant, tile } = candidate;
      const trial = await kernel.plan(device, expected.inputs, options, { variant, tile });
      const outputs = { ...checked.outputs, ...Object.fromEntries(updated.map((name) => [name, checked.inputs[name]!])) };
      poison(device, checked.outputs);
      for (const name of updated) write(device, checked.inputs[name]!, expected.inputs[name]!);
      try {
        await submit(device, (pass) => trial.record(pass, { ...checked.inputs, ...checked.outputs } as never));
      } finally {
        trial.destroy();
      }
      const wrong = await wrongIn(device, outputs, expected);
      if (wrong) throw new Error(wrong);
      const plan = (await kernel.plan(device, inputs, options, { variant, tile })) as Plan<AnyKernel["operands"]>;
      const bound = places.map((at) => plan.bind({ ...at.inputs, ...at.outputs } as never));
      entered.set(candidate, { plan, bound });
      return submit(device, work(candidate));
    },
    async time(contestants, samples, stop) {
      const timings = await time(device, contestants.map(work), { samples, minMs: MIN_MS, stop });
      return { ms: timings.map(({ ms }) => ms), samples: Math.min(...timings.map((t) => t.samples.length)) };
    },
    cost: (ms, samples) => (2 + samples) * Math.max(1.5 * MIN_MS, ms),
    destroy() {
      for (const { plan } of entered.values()) plan.destroy();
      free();
    },
  };
}
