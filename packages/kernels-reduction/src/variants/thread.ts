import { type Variant, wgsl } from "@tilewright/runtime";
import { finish, frame, type RowProgram, type Rows, unitsOf, unitsText } from "../frame.ts";
import type { Layout } from "../layout.ts";

/** The longest row that one thread sums: what the error bounds count on. */
const LONGEST = 2 ** 16;

/**
 * A thread for a row (for four where storage holds them side by side), four vec4 a turn: no barrier, nothing shared.
 *
 *     thread 0   ────►  row 0      best where rows are many or short, and on CPU adapters nearly always:
 *     thread 1   ────►  row 1      what costs there is a load, and every element is loaded once
 */
export const thread = <Spec extends Layout, P extends string>(
  program: RowProgram<Spec>,
): Variant<P, Spec, { threads: number }> => ({
  name: "thread",
  tiles: [{ threads: 32 }],
  needs: ({ threads }) => ({ invocations: threads }),
  when: (problem, { software, subgroups }) => {
    const units = unitsOf(problem as unknown as Rows<Spec>);
    const { n } = problem.params as Rows<Spec>["params"];
    return software
      ? n <= 16 || ((units >= 64 || !subgroups) && n <= LONGEST)
      : n <= 32 || (units >= 8192 && problem.spec.vec === "columns");
  },
  refuses: (problem, caps) =>
    problem.params["n" as P] > LONGEST
      ? `a thread sums at most ${LONGEST} elements, lest digits and seconds be lost`
      : program.flat?.(problem, caps),
  lanes: program.lanes,
  workgroups: (problem, { threads }) => Math.ceil(unitsOf(problem as unknown as Rows<Spec>) / threads),
  wgsl: (spec, { threads }, caps) => wgsl`${frame(program, spec, caps)}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let unit = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  if (unit >= ${unitsText(spec, program.pairs?.(spec, caps))}) { return; }
  ${finish(program, spec, caps, (row) => `across(fold(${row}, 0u, 1u))`, ["unit", "0u", "1u"])}
}
`,
});
