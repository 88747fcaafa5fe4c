import { wgsl } from "@tilewright/runtime";
import { LONGEST, rowsOf } from "../../layout.ts";
import { unitsText } from "../../text/addressing.ts";
import { type CumsumForm, lanes, odd, scanLoop, steps } from "../../text/cumsum.ts";

/** A thread for a row (for four side by side), from one end to the other. */
export const thread: CumsumForm = {
  tiles: [{ threads: 32 }],
  needs: ({ threads }) => ({ invocations: threads }),
  refuses: (problem, caps) =>
    problem.params.n > LONGEST
      ? `a thread sums at most ${LONGEST} elements, lest digits and seconds be lost`
      : odd(problem, caps),
  lanes,
  workgroups: (problem, { threads }) => Math.ceil(rowsOf(problem).units / threads),
  wgsl: (spec, { threads }) => wgsl`${steps(spec)}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let unit = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  if (unit >= ${unitsText(spec)}) { return; }
  let start = begin(unit);
  var carry = C();
  ${scanLoop(spec, "0u", "count()")}
}
`,
};
