// The frame of the variants that hold a register tile of y. When they pay, and what they refuse: tiling.ts.
import type { Tile } from "@tilewright/kernels-matmul/text";
import { type Lanes, type Problem, wgsl } from "@tilewright/runtime";
import { channelsFirst } from "./channels-first.ts";
import { channelsLast } from "./channels-last.ts";
import { finishLanes } from "./epilogue.ts";
import { phaseSizes, phases } from "./phases.ts";
import type { P, Spec } from "./problem.ts";
import { alongI, alongO } from "./text.ts";
import { extent, laid, phased, storedApart } from "./tiling.ts";

export type { Tile };

/** Each lane of a quad loads a quarter of the tile's rows and hands it to the others. */
export interface How {
  readonly threads: readonly [across: number, down: number];
  readonly quad: boolean;
}

/** The text of a register tile: rows are pixels and columns channels (nhwc), or the other way round. */
export const tiled = (spec: Spec, tile: Tile, how: How): string =>
  spec.last ? channelsLast(spec, tile, how) : channelsFirst(spec, tile, how);

/** Every element of a row of y has one tap of a row. */
export const oneWide = (spec: Spec): boolean => spec.kernel[2] === 1 && !(phased(spec) && spec.strides[2] > 1);

/** The filter is read as vec4. */
export const vecFilter = (spec: Spec): boolean =>
  spec.vecW && (alongI(spec) ? spec.last || oneWide(spec) : spec.last && alongO(spec));

export const tileLanes = (spec: Spec): Lanes => ({
  ...finishLanes(storedApart(spec)),
  x: spec.vecX ? 4 : 1,
  w: vecFilter(spec) ? 4 : 1,
});

/** How many workgroups' tiles there are; `apart`: those of a transpose are of a phase each. */
export const tilesOf = (
  problem: Problem<P, Spec>,
  { rows, cols4 }: Tile,
  [across, down]: readonly [number, number],
  apart = false,
): number => {
  const { spec, params } = problem;
  const whole = apart && phased(spec) ? laid(spec, params, phaseSizes(spec, params), phases(spec)) : extent(problem);
  return (
    Math.ceil(whole.rows / (rows * down)) * Math.ceil(whole.columns / (4 * cols4 * across)) * whole.images * problem.params.groups
  );
};

/** Named values, one for each of `count`. */
export const named = (count: number, name: string, value: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `let ${name}${i} = ${value(i)};`).join("\n  ");

/**
 * Stores `v`, four neighbours of y from `at` on. Of those past the last (`last` WGSL of how many behind `at` it is) each stores what the one before
 * it does, where that does: nothing branches.
 */
export function storeFour({ vecY }: Pick<Spec, "vecY">, last: string): string {
  if (vecY) return "store_y(at >> 2u, v);";
  return wgsl`let last_here = ${last};
  let v0 = v.x;
  store_y(at, v0);
  ${[1, 2, 3].map((j) => `let v${j} = select(v${j - 1}, v[${j}], last_here >= ${j}u); store_y(at + min(${j}u, last_here), v${j});`).join("\n  ")}`;
}

/** The attributes of a tile's entry point. */
export const entry = (
  [across, down]: readonly [number, number],
  quad: boolean,
): string => wgsl`@compute @workgroup_size(${across}, ${down})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) thread: vec3u${quad ? ", @builtin(subgroup_invocation_id) invocation: u32" : ""}) {
  let index = wid.y * groups.x + wid.x;`;
