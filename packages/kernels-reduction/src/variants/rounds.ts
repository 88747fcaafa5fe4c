import { CAP, type Form, wgsl } from "@tilewright/runtime";
import { scalarOf } from "../dtypes.ts";
import { indexFold } from "../text/folds.ts";
import { across, share, shareBytes, stateText } from "../text/state.ts";
import { gathering, MAIN, START } from "../text/topK.ts";
import type { TopKParam, TopKSpec } from "../topK.ts";

/** A workgroup for a row looks for the best k times, each time among those behind the last one. */
export const rounds: Form<TopKParam, TopKSpec, { threads: number }> = {
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads, workgroupBytes: shareBytes(2, threads) }),
  scratch: () => ({}),
  passes: [
    {
      uses: () => ["x", "indices"],
      workgroups: ({ params: { rows } }) => rows,
      wgsl: (spec, { threads }) => {
        const { fields, text } = indexFold(scalarOf(spec.dtype), spec.smallest, false);
        return wgsl`alias V = vec4<${scalarOf(spec.dtype)}>;
${stateText(fields)}
${text}
${START}
${across(fields)}
${share(fields, threads, true)}
@compute @workgroup_size(${threads})
fn main(${MAIN}) {
  let row = wid.y * groups.x + wid.x;
  if (row >= p.rows) { return; }
  let start = start_of(row);
  var last = State();
  for (var place = 0u; place < ${CAP}; place++) {
    if (place >= p.k) { break; }
    var s = init();
    for (var i = 0u; i < ${CAP}; i++) {
      if ((i * ${threads}u + thread) * 4u >= p.n) { break; }
      let j = (i * ${threads}u + thread) * 4u + vec4u(0u, 1u, 2u, 3u);
      let at = vec4u(start) + min(j, vec4u(p.n - 1u)) * p.inner;
      let x = V(load_x(at.x), load_x(at.y), load_x(at.z), load_x(at.w));
      let behind = (j < vec4u(p.n)) & (vec4<bool>(place == 0u) | better(last.best, last.at, key(x), j));
      s = step(s, x, behind, j);
    }
    last = share(across(s), thread);
    if (thread == 0u) { put_index(row, place, last.at.x); }
  }
}
`;
      },
    },
    gathering,
  ],
};
