import type { Form } from "@tilewright/runtime";
import type { P, Spec } from "../attention.ts";
import { stream, THREADS } from "../stream.ts";
import { lanes, storeRefusal } from "../text.ts";

/**
 * One thread, one query and up to `columns` of its result: four keys at a time, online softmax, nothing shared.
 *
 *     k, v [T, D]   ▓▓▓▓ ──► four scores, four weights ──► out [S, Dv]  · row of this query,
 *                   four keys                                             ▒▒▒ these columns
 *
 * It runs everywhere and takes every head size: q is read again from storage for every four keys, five loads for four products. Wider
 * heads compute their scores once for each `columns`. The yardstick, and the way of devices without subgroups.
 */
export const direct: Form<P, Spec, { columns: number }> = {
  tiles: [{ columns: 32 }, { columns: 16 }],
  prefer: ({ params: { dv } }) => direct.tiles[dv <= 16 ? 1 : 0],
  needs: () => ({ invocations: THREADS }),
  refuses: storeRefusal,
  lanes,
  workgroups: ({ params: { batch, heads, s, dv } }, { columns }) =>
    Math.ceil((batch * heads * s * Math.ceil(dv / columns)) / THREADS),
  wgsl: (spec, { columns }, caps) => stream(spec, columns, caps),
};
