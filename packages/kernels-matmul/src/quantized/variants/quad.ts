import { worthTiling } from "../../text.ts";
import { streamed } from "../stream.ts";

/**
 * matmul's quad with weights dequantised in registers: the four lanes of a quad load a's rows together and hand them round. No barrier.
 *
 *     lane 0 1 2 3 of a quad        all four work on the same 16 rows of a, and on four rows of weights each
 *     load row 0 1 2 3  (8k each)   quadBroadcast(a_i, r & 3) gives every lane all 16 rows
 *          row 4 5 6 7 …            a word of codes with its scale becomes eight weights, used for 16 rows
 *
 * Per 8 k a thread loads 8 vec4 of a, 4 words and 4 scales for 512 multiply-adds: 12.8 for a component loaded, and unpacks 32
 * weights. FIGURES
 * 4 x 4 alone is as fast on lavapipe and compiles in a third of the time, but takes 1.7x the time on SwiftShader.
 */
export const quad = streamed({
  name: "quad",
  tiles: [
    { rows: 16, columns: 4 },
    { rows: 8, columns: 4 },
  ],
  threads: [8, 1],
  quad: true,
  when: (problem, { software }) => software && worthTiling(problem),
});
