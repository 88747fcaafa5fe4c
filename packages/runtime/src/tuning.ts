// Tune tables: what they hold, which entry a problem gets, and how a device comes to use one. The tuner itself is in tune.ts.
import { caps, stateOf } from "./caps.ts";
import { type Chosen, refusal, showNamed, type Tuned } from "./choose.ts";
import type { AnyKernel } from "./tape.ts";
import type { Named } from "./tensor.ts";
import { type Problem, type Tile, variantOf } from "./variant.ts";

/** The format's name and version: a table with another is ignored. */
export const TUNING_SCHEMA = "tilewright-tuning/1";

/** What tells problems apart: sizes by their params' names, and the parts of spec. Left out: sizes of 1, and what is false or absent. */
export type Bucket = Named<number | string | boolean>;

/** A variant with a tile, and the median milliseconds of a run. */
export interface Timed {
  readonly variant: string;
  readonly tile: Tile;
  readonly ms: number;
}

/** The fastest for the problems of a bucket, beside what the kernel itself would have taken, timed in the same run. */
export interface TuneEntry extends Timed {
  /** Sizes rounded to powers of two. */
  readonly bucket: Bucket;
  /** Absent where the kernel's own choice gave a wrong result. */
  readonly standard?: Timed;
}

/** Plain JSON. By kernel, then by the dtypes of its required operands in order (`f32,f32,f32`), then by nearest bucket. */
export interface TuneTable {
  readonly schema: string;
  /** {@link adapterKey} of the device it was made on. */
  readonly adapter: string;
  readonly kernels: Named<Named<readonly TuneEntry[]>>;
}

/** Who computes, and what it can do as far as that decides which variants run: tables of another adapter are worth nothing. */
export function adapterKey(device: GPUDevice): string {
  const can = caps(device);
  const { device: model, description } = (device.adapterInfo ?? {}) as Partial<GPUAdapterInfo>; // absent in older browsers
  const who = [can.vendor, can.architecture, model, description].filter(Boolean).join(" ");
  const has = (["f16", "subgroups", "immediates"] as const).filter((name) => can[name]).join(" ");
  return `${who}; ${has}; ${can.maxInvocations} threads, ${can.maxWorkgroupBytes} bytes`;
}

/** The dtypes of a problem's required operands, as a table has them. */
export const dtypesOf = ({ operands }: Chosen, { types }: Problem): string =>
  Object.keys(operands)
    .filter((name) => !operands[name]!.endsWith("?"))
    .map((name) => types[name]!.dtype)
    .join(",");

const power = (x: number) => (x > 0 ? 2 ** Math.round(Math.log2(x)) : 0);

/** A problem as tables see it: exactly, or as the bucket that it falls into. */
export function bucketOf({ params, tuneBy = {} }: Chosen, problem: Problem, exact = false): Bucket {
  const bucket: Record<string, number | string | boolean> = {};
  for (const name of tuneBy.params ?? Object.keys(params).filter((key) => params[key] === "u32")) {
    const size = problem.params[name]!;
    if (size !== 1) bucket[name] = exact ? size : power(size);
  }
  const spec = (problem.spec ?? {}) as Named<unknown>;
  for (const name of tuneBy.spec ?? Object.keys(spec)) {
    const value = spec[name];
    if (value) bucket[name] = typeof value === "object" ? JSON.stringify(value) : (value as number | string | boolean);
  }
  return bucket;
}

/** An entry further from a problem than this is not used. */
export const FAR = 2;

/**
 * How far two buckets are apart: sizes as the Euclidean distance of their binary logarithms (all of three sizes doubled: √3),
 * and 1 for every part of spec that differs (a transpose, a bias). NaN, which is never near, where they cannot be compared.
 */
export function distance(a: Bucket, b: Bucket): number {
  const log = (x: unknown = 1) => Math.log2(Math.max(typeof x === "number" ? x : Number.NaN, 0.5));
  let squares = 0;
  let flags = 0;
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [x, y] = [a[key], b[key]];
    if (typeof x === "number" || typeof y === "number") squares += (log(x) - log(y)) ** 2;
    else if (x !== y) flags++;
  }
  return Math.sqrt(squares) + flags;
}

/** The kernel's variant and tile that an entry names, where it still has them: the kernel's own objects, none of the table's. */
async function known({ variants }: Chosen, entry: TuneEntry) {
  const way = variants.find(({ name }) => name === entry.variant);
  const variant = way && (await variantOf(way));
  const tile = variant?.tiles.find((one) => showNamed(one) === showNamed(entry.tile));
  return variant && tile && { variant, tile };
}

const isObject = (x: unknown): x is Named<unknown> => typeof x === "object" && x !== null && !Array.isArray(x);

const isTimed = (x: unknown): boolean =>
  isObject(x) && typeof x["variant"] === "string" && isObject(x["tile"]) && Number.isFinite(x["ms"]);

const isEntry = (x: unknown): x is TuneEntry =>
  isObject(x) && isTimed(x) && isObject(x["bucket"]) && (x["standard"] === undefined || isTimed(x["standard"]));

const goneNote = (kernel: string, { variant, tile }: TuneEntry) =>
  `${kernel} has no variant "${variant}" with tile ${showNamed(tile)}: an entry is ignored.`;

/** What of a table can be used on a device, and a note for everything that cannot. With kernels given, theirs alone. */
function sift(device: GPUDevice, table: unknown, kernels: readonly AnyKernel[]): { table?: TuneTable; notes: string[] } {
  const mine = adapterKey(device);
  if (!isObject(table) || table["schema"] !== TUNING_SCHEMA || !isObject(table["kernels"])) {
    const schema = isObject(table) ? table["schema"] : undefined;
    return {
      notes: [`the table is ignored: its schema is ${JSON.stringify(schema)}, and ${TUNING_SCHEMA} with kernels is needed.`],
    };
  }
  if (table["adapter"] !== mine)
    return { notes: [`the table is ignored: it is for ${JSON.stringify(table["adapter"])}, and this is "${mine}".`] };
  const notes: string[] = [];
  const malformed = (what: string) => notes.push(`${what}: an entry is ignored, being malformed.`);
  const kept = Object.entries(table["kernels"]).flatMap(([name, byTypes]) => {
    const kernel = kernels.find((one) => one.name === name) as Chosen | undefined;
    if (kernels.length && !kernel) notes.push(`there is no kernel "${name}" here: its entries are ignored.`);
    else if (!isObject(byTypes)) malformed(name);
    else {
      const lists = Object.entries(byTypes).map(([types, list]) => {
        const sound = (Array.isArray(list) ? list : [undefined]).filter((entry: unknown): entry is TuneEntry => {
          if (!isEntry(entry)) malformed(`${name} for ${types}`);
          else if (kernel && !kernel.variants.some(({ name }) => name === entry.variant)) notes.push(goneNote(name, entry));
          else return true;
          return false;
        });
        return [types, sound] as const;
      });
      return [[name, Object.fromEntries(lists)] as const];
    }
    return [];
  });
  return { table: { schema: TUNING_SCHEMA, adapter: mine, kernels: Object.fromEntries(kept) }, notes };
}

/** What a device made of a table. */
export interface Tuning {
  /** How many entries it uses. */
  readonly entries: number;
  /** These entries, and nothing else; undefined where the whole table is ignored. */
  readonly table: TuneTable | undefined;
  /** What it ignored, and why. Grows when a call meets an entry whose variant or tile its kernel no longer has. */
  readonly notes: readonly string[];
}

/**
 * Lets plans and programs made on the device from now on take their variant and tile from a table: of the kernel's entries for the same
 * dtypes the nearest that the device can run, if it is within {@link FAR}; a `variant` or `tile` given by the caller goes before it.
 * A table of another adapter or format, and entries that make no sense, are ignored with a note; nothing in a table can make a result wrong,
 * since it only names what the kernel itself has, and every choice is checked as without one.
 * @param table undefined: back to the kernels' own choices
 * @param kernels that they have the variants is checked now, and not only when an entry is first met; entries of others are ignored
 */
export function useTuning(device: GPUDevice, table: TuneTable | undefined, kernels: readonly AnyKernel[] = []): Tuning {
  const state = stateOf(device);
  if (table === undefined) {
    state.tuned = undefined;
    return { entries: 0, table, notes: [] };
  }
  const { table: sound, notes } = sift(device, table, kernels);
  if (!sound) return { entries: 0, table: sound, notes };
  const tuned: Tuned = async (kernel, problem) => {
    const here = bucketOf(kernel, problem, true);
    const near = (sound.kernels[kernel.name]?.[dtypesOf(kernel, problem)] ?? [])
      .map((entry) => ({ entry, far: distance(entry.bucket, here) }))
      .filter(({ far }) => far <= FAR)
      .sort((a, b) => a.far - b.far);
    for (const { entry } of near) {
      const found = await known(kernel, entry);
      const note = goneNote(kernel.name, entry);
      if (!found && !notes.includes(note)) notes.push(note);
      if (found && !refusal(found.variant, found.tile, problem, caps(device)))
        return { variant: found.variant.name, tile: found.tile };
    }
    return undefined;
  };
  state.tuned = tuned;
  const lists = Object.values(sound.kernels).flatMap((byTypes) => Object.values(byTypes));
  return { entries: lists.flat().length, table: sound, notes };
}

/** Both tables' entries, the newer's where they have the same bucket; the newer alone where they are of different adapters. */
export function mergeTuning(older: TuneTable | undefined, newer: TuneTable): TuneTable {
  if (older?.schema !== newer.schema || older.adapter !== newer.adapter) return newer;
  const kernels: Record<string, Named<readonly TuneEntry[]>> = { ...older.kernels };
  for (const [kernel, byTypes] of Object.entries(newer.kernels)) {
    const merged: Record<string, readonly TuneEntry[]> = { ...kernels[kernel] };
    for (const [types, list] of Object.entries(byTypes)) {
      const kept = (merged[types] ?? []).filter((old) => !list.some((entry) => distance(old.bucket, entry.bucket) === 0));
      merged[types] = [...kept, ...list];
    }
    kernels[kernel] = merged;
  }
  return { ...newer, kernels };
}
