import type { Form } from "@tilewright/runtime";
import type { P, Spec } from "../attention.ts";
import { combine, FIRST, scratch } from "../combine.ts";
import { stream, THREADS } from "../stream.ts";
import { emptyRefusal, lanes, storeRefusal } from "../text.ts";

/**
 * `direct` with each query's keys shared out over `slices` threads, and a second dispatch that joins their sums (Flash-Decoding: Dao et al. 2023).
 *
 *     k, v   │ slice 0 │ slice 1 │ …     partial [slices, rows, dv], stats [slices, rows] in scratch
 *
 * A single query of 8 heads is 8 threads otherwise. The order of the sums is fixed, so results are too.
 */
export const split: Form<P, Spec, { columns: number; slices: number }> = {
  tiles: [
    { columns: 32, slices: 32 },
    { columns: 16, slices: 8 },
  ],
  needs: () => ({ invocations: THREADS }),
  refuses: (problem, caps) => emptyRefusal(problem) ?? storeRefusal(problem, caps),
  scratch: (problem, { slices }) => scratch(problem, slices),
  passes: [
    {
      uses: () => FIRST,
      lanes,
      workgroups: ({ params: { batch, heads, s, dv } }, { columns, slices }) =>
        Math.ceil((batch * heads * s * Math.ceil(dv / columns) * slices) / THREADS),
      wgsl: (spec, { columns, slices }, caps) => stream(spec, columns, caps, slices),
    },
    combine(
      ({ slices }: { slices: number }) => slices,
      () => THREADS,
    ),
  ],
};
