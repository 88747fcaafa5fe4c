import { countOf, type Form } from "@tilewright/runtime";
import type { P, Spec } from "../problem.ts";
import { tiled, tileLanes, tilesOf } from "../tile.ts";
import { extent, tileRefusal } from "../tiling.ts";

const THREADS = [8, 1] as const;

/**
 * Implicit GEMM in a register tile a thread, whose rows are loaded by the four lanes of a quad and handed round: no barrier, no scratch.
 *
 *     nhwc: rows are 16 pixels, whose windows    nchw: rows are 16 filters, columns 4 pixels of a row of y;
 *     the lanes load; columns 4 channels         of x the 6 pixels under a kernel row of 3, once for 3 taps
 *
 * Multiply-adds for a component loaded: 8 (nhwc: 256 for 16 of x and 16 of w), 10.7 (nchw, 3x3: 192 for 6 and 12).
 * The 8 threads of a workgroup all own the same rows, so it does not matter which lanes make a quad.
 */
export const quad: Form<P, Spec, { rows: number; columns: number }> = {
  tiles: [
    { rows: 16, columns: 4 },
    { rows: 8, columns: 8 },
    { rows: 8, columns: 4 },
    { rows: 4, columns: 4 },
    { rows: 16, columns: 8 },
  ],
  prefer(problem, { architecture }) {
    const { spec, params } = problem;
    if (!spec.last && params.co <= 8) return quad.tiles[params.co <= 4 ? 3 : 2];
    const { rows, columns } = extent(problem);
    // A tenth less there, of larger kernels too, but these take half as long again to compile; on lavapipe no faster, and twice as long.
    const wide = architecture === "swiftshader" && countOf(spec.kernel) === 1 && Math.min(rows, columns) >= 64;
    return wide ? quad.tiles[4] : undefined;
  },
  needs: () => ({ invocations: 8, subgroups: true }),
  // nhwc: with few channels a group most of the 8 threads across would have none; direct's stand in a column then, and take a third of the time.
  refuses: tileRefusal,
  lanes: tileLanes,
  workgroups: (problem, { rows, columns }) => tilesOf(problem, { rows, cols4: columns / 4 }, THREADS, true),
  wgsl: (spec, { rows, columns }) => tiled(spec, { rows, cols4: columns / 4 }, { threads: THREADS, quad: true }),
};
