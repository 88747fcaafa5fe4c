import { type Form, wgsl } from "@tilewright/runtime";
import { type Layout, rowsOf } from "../layout.ts";
import { unitsText } from "../text/addressing.ts";
import { alike, finish, frame, type RowProgram } from "../text/frame.ts";
import { moved } from "../text/state.ts";

/**
 * A subgroup for a row, of whatever size the device has: shares are merged by butterfly, without a barrier.
 *
 *     lanes 0 1 2 3 …   ────►  row: blocks 0 1 2 3, then width + 0, 1, 2, 3 …     lane ^ 1, lane ^ 2, lane ^ 4 … until all have all
 *
 * A workgroup owns as many rows as it could have subgroups; larger subgroups take several of them in turns.
 */
export const subgroup = <Spec extends Layout, P extends string>(
  program: RowProgram<Spec>,
): Form<P, Spec, { threads: number; rows: number }> => ({
  tiles: [
    { threads: 32, rows: 8 },
    { threads: 64, rows: 2 },
  ],
  // A GPU wants many subgroups at work, a CPU few workgroups. Reckoned for GPUs, not measured.
  prefer: (_, { software }) => (software ? { threads: 32, rows: 8 } : { threads: 64, rows: 2 }),
  needs: ({ threads }) => ({ invocations: threads, subgroups: true }),
  refuses: (problem, caps) => program.flat?.(problem, caps),
  lanes: program.lanes,
  workgroups: (problem, { rows }) => Math.ceil(rowsOf(problem).units / rows),
  wgsl: (spec, { threads, rows }, caps) => wgsl`${frame(program, spec, caps)}
fn whole(given: State, width: u32) -> State {
  var s = given;
  for (var i = 0u; i < 5u; i++) {
    if ((1u << i) >= width) { break; }
    s = merge(s, ${moved(program.fold(spec).fields, (field, type) => (alike(spec) ? `${type}(subgroupShuffleXor(${field}.x, 1u << i))` : `subgroupShuffleXor(${field}, 1u << i)`))});
  }
  return s;
}
// Lanes ${threads} and up of a larger subgroup are not there.
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_size) size: u32, @builtin(subgroup_invocation_id) lane: u32,
) {
  let width = min(size, ${threads}u);
  let mine = subgroupBroadcastFirst(thread) / width; // all lanes of a subgroup agree on it
  let together = ${threads}u / width;
  let first_unit = (wid.y * groups.x + wid.x) * ${rows}u;
  let units = ${unitsText(spec, program.pairs?.(spec, caps))};
  for (var i = 0u; i < ${rows}u; i++) {
    if (i * together >= ${rows}u) { break; }
    let unit = first_unit + i * together + mine;
    ${finish(program, spec, caps, (row) => `whole(across(fold(${row}, lane, width)), width)`, ["unit", "lane", "width"], `${threads / 4 > rows ? `mine < ${rows}u && ` : ""}unit < units && `)}
  }
}
`,
});
