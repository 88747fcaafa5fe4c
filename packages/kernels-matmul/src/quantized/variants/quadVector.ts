import { streamed } from "../stream.ts";

/**
 * One row of a: the four lanes of a quad load different k of it and hand them round. No barrier.
 *
 *     lane 0 1 2 3 of a quad        each works on four rows of weights of its own
 *     load ▒ ▒ ▒ ▒  4 k each        quadBroadcast(a_0, i) gives every lane all 16 k
 *
 * Per 16 k a vec4 of a, 8 words and 8 scales for 64 multiply-adds: 3.2 for a component loaded, where each lane for itself has 2.
 */
export const quadVector = streamed({
  name: "quadVector",
  tiles: [
    { rows: 1, columns: 4 },
    { rows: 1, columns: 8 },
  ],
  threads: [8, 1],
  quad: true,
  when: ({ params: { m } }, { software }) => software && m === 1,
});
