// Ours beside theirs. A page imports this lazily; each rival's library is fetched only when it is loaded.
import type { AnyKernel, KernelCase, Suite } from "@tilewright/runtime/cases";
import pack from "../package.json" with { type: "json" };
import { READ } from "./contestant.ts";
import type { OrtWhere } from "./ort.ts";
import { loadOurs } from "./ours.ts";
import { type Race, type RaceHow, race, racePath, type Start } from "./race.ts";

export { byKernel, type Contestant, type Prepare, type Runnable, type Task, Unable } from "./contestant.ts";
export { type Entry, type Race, type RaceHow, race, type Start } from "./race.ts";
export { makeRivalsRun, type RivalsRun, rivalsTable } from "./report.ts";

/** The exact versions that are raced. */
export const versions: Readonly<Record<string, string>> = pack.dependencies;

/** Kernels that are written down for the rivals. */
export const raced: readonly string[] = Object.keys(READ);

/** What can be raced: the sizes of those kernels, each by its {@link racePath}. */
export const raceable = (
  suites: readonly Suite[],
): { readonly path: string; readonly kernel: AnyKernel; readonly kase: KernelCase }[] =>
  suites.flatMap(({ kernel, sizes }) =>
    raced.includes(kernel.name) ? sizes.map((kase) => ({ path: racePath(kernel, kase), kernel, kase })) : [],
  );

/** Everyone who takes part, ours first; nothing is loaded yet. */
export function starts(kernels: readonly AnyKernel[], where: OrtWhere = {}): Start[] {
  return [
    { name: "Tilewright", load: () => loadOurs(kernels) },
    { name: "Tilewright, composed", only: "attention", load: async () => (await import("./composed.ts")).load(kernels) },
    { name: "jax-js", load: async () => (await import("./jax.ts")).load(versions["@jax-js/jax"]!) },
    { name: "tfjs", load: async () => (await import("./tfjs.ts")).load() },
    { name: "ONNX Runtime Web", load: async () => (await import("./ort.ts")).load(where) },
  ];
}

/** Everyone on one of {@link raceable}. @throws Error where there is no such path */
export async function raceAt(suites: readonly Suite[], path: string, { wasm, ...how }: RaceHow & OrtWhere = {}): Promise<Race> {
  const found = raceable(suites).find((one) => one.path === path);
  if (!found) throw new Error(`there is no ${path}`);
  return race(
    starts(
      suites.map(({ kernel }) => kernel),
      { wasm },
    ),
    found.kernel,
    found.kase,
    how,
  );
}
