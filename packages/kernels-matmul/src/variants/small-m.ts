import type { Form } from "@tilewright/runtime";
import type { P, Spec } from "../matmul.ts";
import { vec4Lanes } from "../text.ts";
import { type Thin, thin, thinGroups, thinNeeds, thinRefusal } from "../thin.ts";

/**
 * A few rows (2 to 8: a batch of tokens being decoded) times a matrix: gemv with a row of sums for each row of a.
 *
 *     a [4, k]   ──►   ┌─── b ───┐      every vec4 of b is read once and used for all rows;
 *                ──►   │ ░░░░    │      a's rows are read by all threads alike
 *                ──►   └─────────┘
 *
 * `rows` multiply-adds an element of b: memory still decides.
 */
export const smallM: Form<P, Spec, Thin> = {
  tiles: [
    { rows: 4, groups: 8, slices: 16 },
    { rows: 8, groups: 8, slices: 8 },
    { rows: 2, groups: 8, slices: 16 },
    { rows: 4, groups: 8, slices: 1 },
    { rows: 8, groups: 8, slices: 1 },
  ],
  needs: thinNeeds,
  prefer: ({ params: { m } }, { software }) =>
    smallM.tiles.find(({ rows, slices }) => software === (slices === 1) && rows >= Math.min(m, 8)),
  refuses: (problem, caps) => (problem.spec.column ? "c is a column: it has no rows to share loads" : thinRefusal(problem, caps)),
  lanes: vec4Lanes,
  workgroups: thinGroups,
  wgsl: thin,
};
