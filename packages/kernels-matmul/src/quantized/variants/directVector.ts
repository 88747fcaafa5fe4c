import type { Variant } from "@tilewright/runtime";
import { tileRefusal, tilesOf } from "../../text.ts";
import type { QuantizedP, QuantizedSpec } from "../matmul.ts";
import { stream } from "../stream.ts";
import { lanesOf } from "../text.ts";

/**
 * One row of a, or two, without subgroups: each thread reads all of it for four rows of weights of its own.
 *
 *     a ▒▒▒▒▒▒▒▒ 8 k  x  4 words of codes ──► 4 sums
 *
 * Per 8 k 2 vec4 of a, 4 words and 4 scales for 32 multiply-adds: 2 for a component loaded.
 */
export const directVector: Variant<QuantizedP, QuantizedSpec, { rows: number; columns: number }> = {
  name: "directVector",
  tiles: [
    { rows: 1, columns: 4 },
    { rows: 2, columns: 4 },
  ],
  needs: () => ({ invocations: 8 }),
  when: ({ params: { m } }) => m <= 2,
  refuses: tileRefusal,
  lanes: lanesOf,
  workgroups: (problem, { rows, columns }) => tilesOf(problem, rows, 8 * columns),
  wgsl: (spec, { rows, columns }) => stream(spec, { rows, cols4: columns / 4 }, [8, 1], false),
};
