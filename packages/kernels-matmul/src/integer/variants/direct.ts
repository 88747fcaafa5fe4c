import type { Form } from "@tilewright/runtime";
import { tilesOf } from "../../text.ts";
import type { P, Spec } from "../matmul-integer.ts";
import { stream } from "../stream.ts";
import { tileRefusal, vec4Lanes } from "../text.ts";

/**
 * A register tile a thread, four bytes a load straight from storage: no workgroup memory, no barrier.
 *
 *              b: 4 k x 8 columns
 *              ┌──┬──┐
 *     a: ┌──┐  ├──┼──┤      8 x 8 sums a thread, 8 x 8 threads a workgroup;
 *      8 │4k│  │  │  │      per 4 k: 8 words of a, 8 words of b, 256 multiply-adds in f32
 *        └──┘  └──┴──┘
 *
 * 16 multiply-adds for a word loaded. f32 multiplies bytes exactly (see stream.ts), and on GPUs without dot products of bytes,
 * Apple's first, it does so faster than i32 does. i32 and u32 take the same way in integers.
 * 512³: lavapipe 19.4 ms, SwiftShader 72.
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
  wgsl: (spec, { rows, columns }) => stream(spec, { rows, cols4: columns / 4 }, [8, 8], false),
};
