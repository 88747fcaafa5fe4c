import { type Form, wgsl } from "@tilewright/runtime";
import { type Layout, LONGEST, rowsOf } from "../layout.ts";
import { unitsText } from "../text/addressing.ts";
import { finish, frame, type RowProgram } from "../text/frame.ts";

/**
 * A thread for a row (for four where storage holds them side by side), four vec4 a turn: no barrier, nothing shared.
 *
 *     thread 0   ────►  row 0      best where rows are many or short, and on CPU adapters nearly always:
 *     thread 1   ────►  row 1      what costs there is a load, and every element is loaded once
 */
export const thread = <Spec extends Layout, P extends string>(program: RowProgram<Spec>): Form<P, Spec, { threads: number }> => ({
  tiles: [{ threads: 32 }],
  needs: ({ threads }) => ({ invocations: threads }),
  refuses: (problem, caps) =>
    rowsOf(problem).n > LONGEST
      ? `a thread sums at most ${LONGEST} elements, lest digits and seconds be lost`
      : program.flat?.(problem, caps),
  lanes: program.lanes,
  workgroups: (problem, { threads }) => Math.ceil(rowsOf(problem).units / threads),
  wgsl: (spec, { threads }, caps) => wgsl`${frame(program, spec, caps)}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let unit = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  if (unit >= ${unitsText(spec, program.pairs?.(spec, caps))}) { return; }
  ${finish(program, spec, caps, (row) => `across(fold(${row}, 0u, 1u))`, ["unit", "0u", "1u"])}
}
`,
});
