import type { Form } from "@tilewright/runtime";
import type { P, Spec } from "../matmul.ts";
import { stream } from "../stream.ts";
import { tileRefusal, tilesOf, vec4Lanes } from "../text.ts";

/**
 * A register tile a thread, vec4 straight from storage: no workgroup memory, no barrier.
 *
 *              b: 4 k x 8 columns
 *              ┌──┬──┐
 *     a: ┌──┐  ├──┼──┤      8 x 8 sums a thread, 8 x 8 threads a workgroup;
 *      8 │4k│  │  │  │      per 4 k: 8 vec4 of a, 8 vec4 of b, 256 multiply-adds
 *        └──┘  └──┴──┘
 *
 * 4 multiply-adds for a component loaded (8x8). The caches do what workgroup memory does elsewhere: good on Apple,
 * and on CPUs without subgroups. Lost: arrays of sums indexed in a loop (5x slower on SwiftShader).
 */
export const direct: Form<P, Spec, { rows: number; columns: number }> = {
  tiles: [
    { rows: 8, columns: 8 },
    { rows: 4, columns: 4 },
    { rows: 8, columns: 4 },
  ],
  needs: () => ({ invocations: 64 }),
  refuses: tileRefusal,
  lanes: vec4Lanes,
  workgroups: (problem, { rows, columns }) => tilesOf(problem, 8 * rows, 8 * columns),
  wgsl: (spec, { rows, columns }) => stream(spec, { rows, cols4: columns / 4 }, [8, 8]),
};
