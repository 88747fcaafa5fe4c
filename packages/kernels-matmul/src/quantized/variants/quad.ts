import { streamed } from "../stream.ts";

/**
 * matmul's quad with weights dequantised in registers: the four lanes of a quad load a's rows together and hand them round. No barrier.
 *
 *     lane 0 1 2 3 of a quad        all four work on the same 16 rows of a, and on four rows of weights each
 *     load row 0 1 2 3  (8k each)   quadBroadcast(a_i, r & 3) gives every lane all 16 rows
 *          row 4 5 6 7 …            a word of codes with its scale becomes eight weights, used for 16 rows
 *
 * Per 8 k a thread loads 8 vec4 of a, 4 words and 4 scales for 512 multiply-adds: 12.8 for a component loaded, and unpacks 32
 * weights. 128 x 1024 x 1024 in q4: 46 ms on SwiftShader, 21 on lavapipe, 2 cores. 8 x 4 takes 1.1x the time and compiles in half;
 * 4 x 4 takes 1.5x.
 */
export const quad = streamed({
  tiles: [
    { rows: 16, columns: 4 },
    { rows: 8, columns: 4 },
  ],
  threads: [8, 1],
  quad: true,
});
