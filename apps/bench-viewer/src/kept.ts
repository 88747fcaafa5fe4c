// What tuning found, kept in IndexedDB for each adapter; the page works without where a browser refuses it.
import type { TuneTable } from "@tilewright/runtime/tune";
import type { TunedSize } from "@tilewright/testing";
import { createStore, get, set, type UseStore } from "idb-keyval";

export interface Kept {
  readonly table: TuneTable | undefined;
  /** Every candidate of the sizes that were tuned here, for the heat map; an imported table has none. */
  readonly sizes: readonly TunedSize[];
  /** Whether the device goes by the table, now and after a reload. */
  readonly applied: boolean;
}

export const NOTHING_KEPT: Kept = { table: undefined, sizes: [], applied: false };

let store: UseStore | undefined;
const open = (): UseStore => (store ??= createStore("tilewright-tuning", "adapters"));

const isKept = (x: unknown): x is Kept =>
  typeof x === "object" && x !== null && "table" in x && "applied" in x && "sizes" in x && Array.isArray(x.sizes);

export async function kept(adapter: string): Promise<Kept | undefined> {
  try {
    const found: unknown = await get(adapter, open());
    return isKept(found) && found.table ? found : undefined;
  } catch {
    return undefined; // said when something is to be kept
  }
}

/** Keeps it. @returns why it could not, if so */
export async function keep(adapter: string, what: Kept): Promise<string | undefined> {
  try {
    await set(adapter, what, open());
    return undefined;
  } catch (error) {
    return `this browser does not keep it: ${(error as Error).message}. Export it instead.`;
  }
}
