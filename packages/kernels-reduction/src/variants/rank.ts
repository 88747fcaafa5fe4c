import { CAP, type Form, wgsl } from "@tilewright/runtime";
import { scalarOf } from "../dtypes.ts";
import { keys } from "../text/folds.ts";
import { gathering, MAIN, START } from "../text/topK.ts";
import type { TopKParam, TopKSpec } from "../topK.ts";

/** Every element counts who is before it: n² comparisons, all at once. */
export const rank: Form<TopKParam, TopKSpec, { threads: number }> = {
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  scratch: () => ({}),
  passes: [
    {
      uses: () => ["x", "indices"],
      workgroups: ({ params: { rows, n } }, { threads }) => Math.ceil((rows * n) / threads),
      wgsl: (spec, { threads }) => wgsl`alias V = vec4<${scalarOf(spec.dtype)}>;
${keys(scalarOf(spec.dtype), spec.smallest)}
${START}
@compute @workgroup_size(${threads})
fn main(${MAIN}) {
  let i = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let row = i / p.n;
  if (row >= p.rows) { return; }
  let j = i % p.n;
  let start = start_of(row);
  let own = key(V(load_x(start + j * p.inner))).x;
  var before = 0u;
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= p.n) { break; }
    let other = key(V(load_x(start + k * p.inner))).x;
    before += select(0u, 1u, other ${spec.smallest ? "<" : ">"} own || (other == own && k < j));
  }
  if (before < p.k) { put_index(row, before, j); }
}
`,
    },
    gathering,
  ],
};
