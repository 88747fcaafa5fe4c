import { streamed } from "../stream.ts";

/**
 * One row of a, or two, without subgroups: each thread reads all of it for four rows of weights of its own.
 *
 *     a ▒▒▒▒▒▒▒▒ 8 k  x  4 words of codes ──► 4 sums
 *
 * Per 8 k 2 vec4 of a, 4 words and 4 scales for 32 multiply-adds: 2 for a component loaded.
 */
export const directVector = streamed({
  tiles: [
    { rows: 1, columns: 4 },
    { rows: 2, columns: 4 },
  ],
  threads: [8, 1],
  quad: false,
});
