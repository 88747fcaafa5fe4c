import { type Caps, refusal, showTile, type Tile, type Variant, variantsOf } from "@tilewright/runtime";
import { casePath, type KernelCase, type Suite } from "@tilewright/runtime/cases";

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
  const problems = suite.cases.map((kase) => ({ kase, problem: kernel.problem(kase.inputs(), kase.options) }));
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

/**
 * About `most` trials of each variant and dtype, evenly from first to last, and the first of each variant's tiles; what is skipped anyway stays.
 * Of tiles with barriers, whose texts CPU drivers compile for seconds, only the first, and one for each dtype that no quicker tile sees.
 */
export function sample(list: readonly Trial[], most: number): Trial[] {
  if (most === Infinity) return [...list];
  const way = ({ suite, variant }: Trial) => `${suite.kernel.name}/${variant.name}`;
  const key = (trial: Trial) => `${way(trial)}/${trial.kase.dtype}`;
  const slow = ({ variant, tile }: Trial) => hasBarriers(variant, tile);
  const count: Record<string, number> = {};
  for (const trial of list) if (!trial.skip && !slow(trial)) count[key(trial)] = (count[key(trial)] ?? 0) + 1;
  const seen: Record<string, number> = {};
  const tiles = new Set<string>();
  return list.filter((trial) => {
    if (trial.skip) return true;
    const tile = `${way(trial)}/${showTile(trial.tile)}`;
    const first = !tiles.has(tile);
    tiles.add(tile);
    const all = count[key(trial)] ?? 0;
    if (slow(trial) && all > 0) return first;
    const i = seen[key(trial)] ?? 0;
    seen[key(trial)] = i + 1;
    if (slow(trial)) return first || i === 0;
    // Kept where the share of `most` that is due grows by a whole.
    return first || all <= most || Math.floor((i * most) / all) > Math.floor(((i - 1) * most) / all);
  });
}
