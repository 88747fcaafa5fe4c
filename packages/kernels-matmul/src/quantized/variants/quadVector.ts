import { streamed } from "../stream.ts";

/**
 * One row of a: the four lanes of a quad load different k of it and hand them round. No barrier.
 *
 *     lane 0 1 2 3 of a quad        each works on four rows of weights of its own
 *     load ▒ ▒ ▒ ▒  4 k each        quadBroadcast(a_0, i) gives every lane all 16 k
 *
 * Per 16 k a vec4 of a, 8 words and 4 scales for 64 multiply-adds: 4 for a component loaded, where each lane for itself has 2.
 * 2048 x 2048 in q4: 9.8 ms on SwiftShader, 1.7 on lavapipe; unpacking, five operations a weight, is as much as loading.
 * Lost: eight rows of weights a thread (1.1x the time on SwiftShader, 1.7x on lavapipe).
 */
export const quadVector = streamed({
  tiles: [
    { rows: 1, columns: 4 },
    { rows: 1, columns: 8 },
  ],
  threads: [8, 1],
  quad: true,
});
