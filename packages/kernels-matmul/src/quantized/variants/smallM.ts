import { streamed } from "../stream.ts";

/**
 * quad for two to eight rows of a: a tile of four rows, so that little of it is edge.
 *
 *     lane 0 1 2 3 of a quad        all four work on the same 4 rows of a, and on four rows of weights each
 *     load row 0 1 2 3  (8k each)   quadBroadcast(a_0, r) gives every lane all 4 rows
 *
 * Per 8 k 2 vec4 of a, 4 words and 4 scales for 128 multiply-adds: 8 for a component loaded.
 * 4 x 2048 x 2048 in q4: 9.7 ms on SwiftShader, 2.4 on lavapipe; 16 rows take 2.3x and 4.3x.
 */
export const smallM = streamed({
  tiles: [
    { rows: 4, columns: 4 },
    { rows: 8, columns: 4 },
  ],
  threads: [8, 1],
  quad: true,
});
