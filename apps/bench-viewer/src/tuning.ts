// The tune table of this device, as the page has it: used or not, merged with what a run finds, kept for the next visit.
import { mergeTuning, type TuneTable, type Tuning } from "@tilewright/runtime/tune";
import type { TunedSize } from "@tilewright/testing";
import { type Kept, keep, kept, NOTHING_KEPT } from "./kept.ts";
import type { Command } from "./protocol.ts";
import type { State } from "./state.ts";

export function createTuning(state: State, changed: () => void, tell: (command: Command) => void) {
  let used: PromiseWithResolvers<Tuning> | undefined;

  /** Lets the device go by a table, or by none. */
  async function use(table: TuneTable | undefined): Promise<Tuning> {
    used = Promise.withResolvers();
    tell({ type: "use", table });
    const tuning = await used.promise;
    state.notes = tuning.notes;
    if (tuning.table || !table) state.using = tuning.entries;
    changed();
    return tuning;
  }

  async function change(next: Kept): Promise<void> {
    state.kept = next;
    const problem = await keep(state.adapterKey, next);
    if (problem) state.notes = [...state.notes, problem];
    changed();
  }

  return {
    /** What the worker says became of a table. */
    using: (tuning: Tuning): void => used?.resolve(tuning),
    /** A size that a run is done with. */
    tried(size: TunedSize): void {
      const others = state.kept.sizes.filter((one) => one.kernel !== size.kernel || one.size !== size.size);
      state.kept = { ...state.kept, sizes: [...others, size] };
    },
    /** What a run found. */
    async add(found: TuneTable): Promise<void> {
      const { applied, table, sizes } = state.kept;
      const merged = mergeTuning(table, found);
      if (applied) await use(merged);
      await change({ applied, table: merged, sizes });
    },
    /** What was kept for this device in an earlier visit, in use again if it was. */
    async restore(): Promise<void> {
      const found = await kept(state.adapterKey);
      if (!found) return;
      const { table, notes } = await use(found.table); // sifted: what is stored is no more to be trusted than a file
      if (!found.applied) await use(undefined);
      Object.assign(state, { notes, kept: table ? { ...found, table } : NOTHING_KEPT });
      changed();
    },
    /** Goes by the kept table, or by none. */
    async apply(applied: boolean): Promise<void> {
      await use(applied ? state.kept.table : undefined);
      await change({ ...state.kept, applied });
      state.news = applied ? `${state.using} entries in use` : "back to the kernels' own choices";
    },
    async reset(): Promise<void> {
      await use(undefined);
      await change(NOTHING_KEPT);
      state.news = "tuning forgotten";
    },
    /** Puts a table in use that was exported here or made by `pnpm tune`. */
    async load(text: string): Promise<void> {
      let given: TuneTable;
      try {
        given = JSON.parse(text) as TuneTable;
      } catch (error) {
        state.notes = [`the file is no JSON: ${(error as Error).message}`];
        changed();
        return;
      }
      const { table, entries } = await use(given ?? {});
      if (table) await change({ applied: true, table, sizes: [] });
      state.news = `${entries} entries imported`;
      changed();
    },
  };
}
