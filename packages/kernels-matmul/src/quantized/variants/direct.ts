import { streamed } from "../stream.ts";

/**
 * A register tile a thread, a in vec4 straight from storage, weights dequantised in registers: no workgroup memory, no barrier.
 *
 *              w: 4 rows, 8 k
 *              ┌──┐
 *     a: ┌──┐  │  │     8 x 4 sums a thread, 8 x 8 threads a workgroup;
 *      8 │8k│  │  │     per 8 k: 16 vec4 of a, 4 words and 4 scales, 256 multiply-adds
 *        └──┘  └──┘
 *
 * 3.6 multiply-adds for a component loaded: for devices without subgroups.
 */
export const direct = streamed({
  tiles: [
    { rows: 8, columns: 4 },
    { rows: 4, columns: 4 },
  ],
  threads: [8, 8],
  quad: false,
});
