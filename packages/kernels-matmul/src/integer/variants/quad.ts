import type { Form } from "@tilewright/runtime";
import { tilesOf } from "../../text.ts";
import type { P, Spec } from "../matmul-integer.ts";
import { stream } from "../stream.ts";
import { tileRefusal, vec4Lanes } from "../text.ts";

/**
 * A register tile a thread, whose rows of a are loaded and unpacked by the four lanes of a quad and handed round: no barrier.
 *
 *     lane 0 1 2 3 of a quad        all four work on the same 16 rows and on 4 columns each
 *     load row 0 1 2 3  (4k each)   quadBroadcast(aq, r & 3) gives every lane all 16 rows
 *          row 4 5 6 7 …
 *
 * Per 4 k a thread loads 4 words of a and 4 of b for 256 multiply-adds in f32 (exact, see stream.ts): 32 for a word loaded.
 * As matmul's quad, and for the same adapters: there each load costs, and so does each unpacking.
 * 512³: lavapipe 10.1 ms (f32 matmul 20.8 in the same run), SwiftShader 51 (f32 48: there what loads save goes into unpacking).
 * Lost: words four k at a time with four multiply-adds a statement (i32 on lavapipe 24 ms, one at a time 20).
 */
export const quad: Form<P, Spec, { rows: number; columns: number }> = {
  tiles: [
    { rows: 16, columns: 4 },
    { rows: 8, columns: 8 },
    { rows: 8, columns: 4 },
  ],
  needs: () => ({ invocations: 8, subgroups: true }),
  refuses: tileRefusal,
  lanes: vec4Lanes,
  workgroups: (problem, { rows, columns }) => tilesOf(problem, rows, 8 * columns),
  wgsl: (spec, { rows, columns }) => stream(spec, { rows, cols4: columns / 4 }, [8, 1], true),
};
