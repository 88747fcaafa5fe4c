import { type Form, wgsl } from "@tilewright/runtime";
import { biasAt, finish } from "../epilogue.ts";
import type { P, Spec } from "../matmul.ts";
import { stream } from "../stream.ts";
import { tileRefusal, tilesOf, vec4Lanes } from "../text.ts";

const THREADS = 64;

/**
 * Few tiles of c over a long k: each tile's k is shared out over `slices` workgroups, and a second dispatch adds their sums up.
 *
 *     a [m, k]:  │ slice 0 │ slice 1 │ …      partial [slices, batch, m, n] in scratch
 *                     │         │
 *                     ▼         ▼
 *                 partial 0  partial 1  …  ──►  c = finish(partial 0 + partial 1 + …), always in this order
 *
 * Where m·n gives a GPU too few workgroups, slices give them; it costs slices · m · n more words written and read. Each slice is
 * `direct`'s register tile.
 */
export const splitK: Form<P, Spec, { rows: number; columns: number; slices: number }> = {
  tiles: [
    { rows: 4, columns: 4, slices: 8 },
    { rows: 8, columns: 8, slices: 8 },
    { rows: 4, columns: 4, slices: 32 },
  ],
  needs: () => ({ invocations: THREADS }),
  refuses: tileRefusal,
  scratch: ({ params: { m, n, batch } }, { slices }) => ({ partial: { shape: [slices, batch, m, n], dtype: "f32" } }),
  passes: [
    {
      uses: () => ["a", "b", "partial"],
      lanes: (spec) => ({ ...vec4Lanes(spec), partial: spec.vecC ? 4 : 1 }),
      workgroups: (problem, { rows, columns, slices }) => tilesOf(problem, 8 * rows, 8 * columns) * slices,
      wgsl: (spec, { rows, columns, slices }) => stream(spec, { rows, cols4: columns / 4 }, [8, 8], { slices }),
    },
    {
      uses: () => ["bias", "residual", "partial", "c"],
      lanes: (spec) => ({ ...vec4Lanes(spec), partial: spec.vecC ? 4 : 1 }),
      workgroups: ({ spec, params: { m, n, batch } }) => Math.ceil((m * n * batch) / (spec.vecC ? 4 : 1) / THREADS),
      wgsl: (spec, { slices }) => add(spec, slices),
    },
  ],
};

const add = (spec: Spec, slices: number) => {
  const lanes = spec.vecC ? 4 : 1;
  return wgsl`
${finish(spec, lanes)}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  let count = p.m * p.n * p.batch / ${lanes}u;
  if (i >= count) { return; }
  var sum = load_partial(i);
  for (var s = 1u; s < ${slices}u; s++) { sum += load_partial(s * count + i); }
  let at = i * ${lanes}u;
  store_c(i, finish(sum, at / (p.m * p.n), at / p.n % p.m, at % p.n${biasAt(spec, "at % p.n")}));
}
`;
};
