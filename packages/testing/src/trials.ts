import { type Caps, refusal, type Tile, type Variant } from "@tilewright/runtime";
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

/** On software adapters, tiles with barriers take seconds to compile: they see every third case of a dtype. */
const BARRIER_STRIDE = 3;

/**
 * Every case on every variant. Tiles take turns, so that each meets several shapes and every dtype without a pipeline for each
 * combination; a path names the tile where it is not the variant's first.
 */
export function trials(suite: Suite, can: Caps, filter?: string): Trial[] {
  const list: Trial[] = [];
  for (const variant of suite.kernel.variants) {
    const seen: Record<string, number> = {};
    for (const kase of suite.cases) {
      const turn = seen[kase.dtype] ?? 0;
      seen[kase.dtype] = turn + 1;
      const turns = variant.tiles[turn % variant.tiles.length]!;
      const barrier = (each: Tile) => can.software && variant.needs(each).workgroupBytes;
      // Cases whose turn is a slow one go to a tile without barriers, where there is one.
      const tile = barrier(turns) && turn % BARRIER_STRIDE > 0 ? variant.tiles.find((each) => !barrier(each)) : turns;
      if (!tile) continue;
      const path = casePath(suite.kernel.name, variant.name, kase, tile === variant.tiles[0] ? undefined : tile);
      if (!matches(path, filter)) continue;
      const problem = suite.kernel.problem(kase.inputs(), kase.options);
      list.push({ path, suite, kase, variant, tile, skip: refusal(variant, tile, problem, can) });
    }
  }
  return list;
}
