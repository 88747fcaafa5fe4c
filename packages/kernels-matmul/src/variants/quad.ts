import type { Form } from "@tilewright/runtime";
import type { P, Spec } from "../matmul.ts";
import { stream } from "../stream.ts";
import { tileRefusal, tilesOf, vec4Lanes } from "../text.ts";

/**
 * A register tile a thread, whose rows of a are loaded by the four lanes of a quad and handed round: no barrier.
 *
 *     lane 0 1 2 3 of a quad        all four work on the same 16 rows and on 4 columns each
 *     load row 0 1 2 3  (4k each)   quadBroadcast(aq, r & 3) gives every lane all 16 rows
 *          row 4 5 6 7 …
 *
 * Per 4 k a thread loads 4 vec4 of a and 4 of b for 256 multiply-adds: 8 for a component loaded, twice direct 8x8,
 * and on CPU adapters loads are what costs. A transposed a is shared the same way, a lane for each k.
 * The 8 threads of a workgroup all own the same rows, so it does not matter which lanes make a quad.
 * Lost: subgroupShuffle with a run-time lane (no fast path on SwiftShader); workgroups of 8 x 8.
 */
export const quad: Form<P, Spec, { rows: number; columns: number }> = {
  tiles: [
    { rows: 16, columns: 4 },
    { rows: 8, columns: 8 },
    { rows: 8, columns: 4 },
    { rows: 16, columns: 8 },
    { rows: 4, columns: 4 },
  ],
  prefer({ params: { m, n } }, { architecture }) {
    if (m <= 8) return quad.tiles[m <= 4 ? 4 : 2];
    // 1.1x there; on lavapipe no faster, and twice as long to compile.
    return architecture === "swiftshader" && m >= 64 && n >= 64 ? quad.tiles[3] : undefined;
  },
  needs: () => ({ invocations: 8, subgroups: true }),
  refuses: tileRefusal,
  lanes: vec4Lanes,
  workgroups: (problem, { rows, columns }) => tilesOf(problem, rows, 8 * columns),
  wgsl: (spec, { rows, columns }) => stream(spec, { rows, cols4: columns / 4 }, [8, 1], { quad: true }),
};
