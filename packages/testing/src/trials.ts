import {
  type Caps,
  type HostTensor,
  type Problem,
  refusal,
  showTile,
  type TensorType,
  type Tile,
  type Variant,
  variantsOf,
} from "@tilewright/runtime";
import { type AnyKernel, casePath, type KernelCase, type Suite } from "@tilewright/runtime/cases";

/** A case on a forced variant and tile. */
export interface Trial {
  readonly path: string;
  readonly suite: Suite;
  readonly kase: KernelCase;
  readonly variant: Variant<string, unknown>;
  readonly tile: Tile;
  /** Why the device cannot run it, if so. */
  readonly skip: string | undefined;
}

/** What a case's inputs are: their data, which may take long to make, stay unread where their type is named. */
export const shapesOf = (kase: KernelCase): Readonly<Record<string, HostTensor | TensorType>> =>
  Object.fromEntries(
    Object.entries(kase.inputs()).map(([name, given]) => {
      const { shape, dtype } = given;
      return [name, dtype ? { shape, dtype } : given];
    }),
  );

/** What a case asks of a kernel, without its data. */
export const problemOf = (kernel: AnyKernel, kase: KernelCase): Problem => kernel.problem(shapesOf(kase), kase.options);

/** A path matches a filter when every part of the filter, cut at blanks, stands in it. */
export const matches = (path: string, filter = ""): boolean => filter.split(/\s+/).every((part) => path.includes(part));

/**
 * Software adapters compile for seconds what has barriers, and CPU lanes have a budget of pipelines: there such tiles, and variants where the
 * device would not choose them, see every third case of a dtype that they can do.
 */
const STRIDE = 3;

/** Workgroup memory is shared by way of barriers, and not without. */
const hasBarriers = (variant: Trial["variant"], tile: Tile): boolean => (variant.needs(tile).workgroupBytes ?? 0) > 0;

/**
 * Every case on every variant. Tiles take turns, so that each meets several shapes and every dtype without a pipeline for each
 * combination; a path names the tile where it is not the variant's first.
 */
export async function trials(suite: Suite, can: Caps, filter?: string): Promise<Trial[]> {
  const list: Trial[] = [];
  const { kernel } = suite;
  const problems = suite.cases.map((kase) => ({ kase, problem: problemOf(kernel, kase) }));
  for (const variant of await variantsOf(kernel)) {
    const met: Record<string, number> = {};
    const done: Record<string, number> = {};
    for (const { kase, problem } of problems) {
      const turn = met[kase.dtype] ?? 0;
      met[kase.dtype] = turn + 1;
      let tile = variant.tiles[turn % variant.tiles.length]!;
      let skip = refusal(variant, tile, problem, can);
      if (!skip) {
        const runs = done[kase.dtype] ?? 0;
        done[kase.dtype] = runs + 1;
        if (can.software && runs % STRIDE > 0) {
          // A case that is not a slow tile's goes to one without barriers, where there is one.
          const quick = hasBarriers(variant, tile) ? variant.tiles.find((each) => !hasBarriers(variant, each)) : tile;
          if (!quick || !variant.when(problem, can)) continue;
          tile = quick;
          skip = refusal(variant, tile, problem, can);
        }
      }
      const path = casePath(kernel.name, variant.name, kase, tile === variant.tiles[0] ? undefined : tile);
      if (matches(path, filter)) list.push({ path, suite, kase, variant, tile, skip });
    }
  }
  return list;
}

const FACTS = {
  dtype: ({ kase }: Trial) => `dtype ${kase.dtype}`,
  tile: ({ tile }: Trial) => `tile ${showTile(tile)}`,
};

/** What a trial shows, alone and two at a time: its dtype, its tile, each key of its case. */
function shows(trial: Trial): string[] {
  const facts = [FACTS.dtype(trial), FACTS.tile(trial), ...Object.entries(trial.kase.keys).map((fact) => fact.join("="))].sort();
  return facts.flatMap((fact, i) => [fact, ...facts.slice(i + 1).map((other) => `${fact}, ${other}`)]);
}

export interface Budget {
  /** Trials of each variant; more only where what it must meet is more. */
  readonly most: number;
  /** What every variant must meet all of. */
  readonly all: readonly ("dtype" | "tile")[];
  /** Whether f16 comes first, where a variant has it. */
  readonly f16?: boolean;
}

/**
 * What a lane runs of all trials: of each variant f16 if it comes first, what it must meet, and as many more as its budget gives, each the one that shows most pairs of
 * facts not shown before (pairwise testing by the greedy method: Cohen et al. 1997, doi:10.1109/32.605761). Tiles with barriers, whose texts CPU
 * drivers compile for seconds, come only for themselves, and for a dtype that no quicker tile sees. What is skipped anyway stays.
 */
export function sample(list: readonly Trial[], { most, all: musts, f16 }: Budget): Trial[] {
  const chosen = new Set<Trial>();
  const runs = list.filter(({ skip }) => !skip);
  for (const all of Map.groupBy(runs, ({ suite, variant }) => `${suite.kernel.name}/${variant.name}`).values()) {
    const facts = new Map(all.map((trial) => [trial, shows(trial)]));
    const met = new Set<string>();
    let count = 0;
    /** Takes the trial that shows most; false where none is left. */
    const take = (from: readonly Trial[]): boolean => {
      const open = from.filter((trial) => !chosen.has(trial));
      const news = open.map((trial) => facts.get(trial)!.filter((fact) => !met.has(fact)).length);
      const best = open[news.indexOf(Math.max(...news))];
      if (!best) return false;
      for (const fact of facts.get(best)!) met.add(fact);
      chosen.add(best);
      count++;
      return true;
    };
    const quick = all.filter(({ variant, tile }) => !hasBarriers(variant, tile));
    const takeQuick = (fits: (trial: Trial) => boolean) => take(quick.filter(fits)) || take(all.filter(fits));
    if (f16) takeQuick(({ kase }) => kase.dtype.includes("f16"));
    for (const must of musts)
      for (const fact of new Set(all.map(FACTS[must]))) if (!met.has(fact)) takeQuick((trial) => FACTS[must](trial) === fact);
    while (count < most && (take(quick) || (count === 0 && take(all))));
  }
  return list.filter((trial) => trial.skip || chosen.has(trial));
}
