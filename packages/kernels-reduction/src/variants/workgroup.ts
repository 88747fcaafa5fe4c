import { type Form, wgsl } from "@tilewright/runtime";
import { type Layout, rowsOf } from "../layout.ts";
import { unitsText } from "../text/addressing.ts";
import { alike, finish, frame, type RowProgram, wordsOf } from "../text/frame.ts";
import { share, shareBytes } from "../text/state.ts";

/**
 * A workgroup for a row: strided vec4 loads, then two barriers, whatever the number of threads.
 *
 *     thread 0 1 2 …   ────►  row: blocks 0 1 2 …, then threads + 0, 1, 2 …     64 states, 8 of 8, all of 8
 *
 * Needs no subgroups. Lost: a tree of halves (6 barriers for 64 threads; on CPU adapters each costs as much as the sum).
 */
export const workgroup = <Spec extends Layout, P extends string>(
  program: RowProgram<Spec>,
): Form<P, Spec, { threads: number }> => ({
  tiles: [{ threads: 64 }, { threads: 128 }],
  // Half of the larger workgroup has nothing to do on a row of fewer blocks. Reckoned, not measured.
  prefer: (problem, { software }) => {
    const { n, vec } = rowsOf(problem);
    return !software && n / (vec === "columns" ? 1 : 4) >= 256 ? { threads: 128 } : { threads: 64 };
  },
  needs: ({ threads }, spec) => ({
    invocations: threads,
    workgroupBytes: shareBytes(wordsOf(program, spec), threads),
  }),
  refuses: (problem, caps) => program.flat?.(problem, caps),
  lanes: program.lanes,
  workgroups: (problem) => rowsOf(problem).units,
  wgsl: (spec, { threads }, caps) => wgsl`${frame(program, spec, caps)}
${share(program.fold(spec).fields, threads, alike(spec))}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let unit = wid.y * groups.x + wid.x;
  if (unit >= ${unitsText(spec, program.pairs?.(spec, caps))}) { return; }
  ${finish(program, spec, caps, (row) => `share(across(fold(${row}, thread, ${threads}u)), thread)`, ["unit", "thread", `${threads}u`])}
}
`,
});
