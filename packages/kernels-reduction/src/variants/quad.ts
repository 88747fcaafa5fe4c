import { CAP, type Form, wgsl } from "@tilewright/runtime";
import { type Layout, rowsOf } from "../layout.ts";
import { type ElementProgram, elementText } from "../text/elements.ts";
import { frame, type RowProgram } from "../text/frame.ts";
import { thread } from "./thread.ts";

/**
 * A thread for a row, where all rows are finished with the same gamma and beta: of four blocks each lane of a quad loads one, and hands it round.
 *
 *     lane 0 1 2 3 of a quad       own rows 0 1 2 3 and load gamma's blocks k, k+1, k+2, k+3
 *     quadBroadcast(gamma, 0…3)    is block k … k+3 for all four
 *
 * So a block of x costs 2½ loads where `thread` has 4, and on CPU adapters loads are what costs.
 */
export const quad = <Spec extends Layout, P extends string>(
  program: RowProgram<Spec> & ElementProgram<Spec>,
): Form<P, Spec, { threads: number }> => {
  const alone = thread<Spec, P>(program);
  return {
    tiles: [{ threads: 32 }],
    needs: ({ threads }) => ({ invocations: threads, subgroups: true }),
    refuses: (problem, caps, tile) =>
      program.beside?.(problem.spec)?.shared ? alone.refuses?.(problem, caps, tile) : "rows have no operand in common",
    lanes: program.lanes,
    workgroups: (problem, { threads }) => Math.ceil(rowsOf(problem).units / threads),
    wgsl(spec, { threads }, caps) {
      const { fields } = program.beside!(spec)!;
      const aside = program.aside?.(spec);
      const block = (i: number) =>
        `emit(t, start, unit, k + ${i}u, Beside(${fields.map((field) => `${field}${i}`).join(", ")}));`;
      const handed = (i: number) => fields.map((field) => `let ${field}${i} = quadBroadcast(mine.${field}, ${i}u);`).join(" ");
      return wgsl`${frame(program, spec, caps, false)}
${elementText(program, spec)}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let own = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let live = own < p.rows;
  let unit = min(own, p.rows - 1u); // threads past the last row help to load
  let t = close(across(fold(unit, 0u, 1u)), rows_of(unit));
  let start = begin(unit);
  let all = blocks();${aside ? `\n  if (live) { ${aside} }` : ""}
  var k = 0u;
  for (var i = 0u; i < ${CAP}; i++) {
    if (k + 3u >= all) { break; }
    let mine = beside(rows_of(unit), index(k + (lane & 3u)));
    ${[0, 1, 2, 3].map(handed).join("\n    ")}
    if (live) {
      ${[0, 1, 2, 3].map(block).join("\n      ")}
    }
    k += 4u;
  }
  if (!live) { return; }
  for (var i = 0u; i < ${CAP}; i++) {
    if (k >= all) { break; }
    emit(t, start, unit, k, beside(rows_of(unit), index(k)));
    k++;
  }
}
`;
    },
  };
};
