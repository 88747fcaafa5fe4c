import type { Form } from "@tilewright/runtime";
import type { P, Spec } from "../problem.ts";
import { tiled, tileLanes, tilesOf } from "../tile.ts";
import { extent, tileRefusal } from "../tiling.ts";

const INVOCATIONS = 64;
/** A workgroup's threads: so many across, the rest down. */
const shape = (across: number) => [across, INVOCATIONS / across] as const;

/**
 * Implicit GEMM in a register tile a thread, straight from storage: no workgroup memory, no barrier, no subgroups.
 * What lies across and down is as in quad; with few channels, or few pixels, the threads stand in a column instead of a square.
 */
export const direct: Form<P, Spec, { rows: number; columns: number; across: number }> = {
  tiles: [
    { rows: 8, columns: 4, across: 8 },
    { rows: 4, columns: 4, across: 8 },
    { rows: 8, columns: 4, across: 1 },
    { rows: 4, columns: 4, across: 64 },
  ],
  prefer(problem) {
    const { rows, columns } = extent(problem);
    return columns <= 8 ? direct.tiles[2] : rows <= 8 ? direct.tiles[3] : undefined;
  },
  needs: () => ({ invocations: INVOCATIONS }),
  refuses: tileRefusal,
  lanes: tileLanes,
  workgroups: (problem, { rows, columns, across }) => tilesOf(problem, { rows, cols4: columns / 4 }, shape(across), true),
  wgsl: (spec, { rows, columns, across }) => tiled(spec, { rows, cols4: columns / 4 }, { threads: shape(across), quad: false }),
};
