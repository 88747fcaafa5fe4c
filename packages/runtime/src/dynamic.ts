// Params that change from call to call: fetched by the first plan that leaves some open.
import type { Draft } from "./draft.ts";
import { fail } from "./error.ts";
import type { Dispatch } from "./plan.ts";
import type { Named } from "./tensor.ts";
import type { Params, Problem } from "./variant.ts";

/** Checks which params a plan may leave open, and how far. @throws KernelError `shape` */
export function checkDynamic(
  { name, params }: { readonly name: string; readonly params: Named<string> },
  problem: Problem,
  dynamic: Named<number> = {},
): void {
  for (const [key, most] of Object.entries(dynamic)) {
    const { open = [] } = problem;
    if (!open.includes(key))
      fail(name, "shape", `${key} cannot change from call to call here; ${open.join(", ") || "nothing"} can.`);
    const planned = problem.params[key]!;
    if (params[key] !== "f32" && most > planned)
      fail(name, "shape", `${key} can be ${most}, but the shapes hold ${planned}. Plan with the largest shape.`);
  }
}

/**
 * Where params are uniforms: the planned set, and a ring of changed ones. A record must be submitted before the ring comes round,
 * 1,023 other sets later; within one pass that is checked.
 */
export const SLOTS = 1024;

/** What a compiled call has to do with its params. */
export interface Encoder<P extends string> {
  /** The words that `encode` writes. */
  readonly words: Uint32Array<ArrayBuffer>;
  encode(params: Named<number>): void;
  /** Puts the words into a slot of the ring, where there is one, and gives its byte offset. */
  write(slot: number): number;
  /** Sizes a dispatch of stage `at` anew. */
  setGrid(dispatch: Dispatch, at: number, params: Params<P>): void;
  /** Which stage each dispatch runs, and what it sets. */
  readonly turns: readonly { readonly at: number; readonly set?: Named<number> }[];
}

/** Sets params of dispatches that are about to be recorded into `pass`. @param dynamic the most each can be */
export function changing<P extends string, Spec>(
  { kernel, params: kinds, problem }: Draft<P, Spec>,
  dynamic: Named<number>,
  { words, encode, write, setGrid, turns }: Encoder<P>,
): (pass: GPUComputePassEncoder, dispatches: readonly Dispatch[], params: Named<number>) => void {
  let slot = 0;
  let offset = 0;
  let last = words.slice();
  let busy: { pass: WeakRef<GPUComputePassEncoder>; sets: number } | undefined;
  const offsetIn = (pass: GPUComputePassEncoder): number => {
    if (busy?.pass.deref() !== pass) busy = { pass: new WeakRef(pass), sets: slot ? 1 : 0 };
    if (words.some((word, i) => word !== last[i])) {
      if (++busy!.sets >= SLOTS)
        fail(
          kernel,
          "limit",
          `one pass holds ${SLOTS - 1} different sets of params where the device has no immediates. Split the pass, and submit in between.`,
        );
      last = words.slice();
      slot = (slot % (SLOTS - 1)) + 1;
      offset = write(slot);
    }
    return offset;
  };
  return (pass, dispatches, params) => {
    for (const name in params) {
      const value = params[name]!;
      if (kinds[name as P] !== "f32" && !Number.isInteger(value))
        fail(kernel, "shape", `${name} is ${value}; needed is an integer.`);
      if (!(value <= dynamic[name]!) || (kinds[name as P] === "u32" && value < 0))
        fail(kernel, "shape", `${name} is ${value}; it was planned as at most ${dynamic[name]}.`);
    }
    const all = { ...problem.params, ...params };
    dispatches.forEach((dispatch, turn) => {
      const { at, set } = turns[turn]!;
      encode({ ...all, ...set });
      dispatch.immediates.set(words);
      if (dispatch.offsets) dispatch.offsets[0] = offsetIn(pass);
      setGrid(dispatch, at, all);
    });
  };
}
