import { type Variant, wgsl } from "@tilewright/runtime";
import { finish, frame, type RowProgram, type Rows, unitsOf, unitsText } from "../frame.ts";
import type { Layout } from "../layout.ts";

/** Packs a state into words of memory and back: `put_NAME(slot, s)`, `get_NAME(slot)`, each field a vec4u. */
export const memory = (
  name: string,
  fields: Readonly<Record<string, string>>,
  write: (at: string, v: string) => string,
  read: (at: string) => string,
): string => {
  const all = Object.entries(fields);
  const at = (i: number) => `${all.length}u * slot + ${i}u`;
  return wgsl`fn put_${name}(slot: u32, s: State) {
  ${all.map(([field], i) => write(at(i), `bitcast<vec4u>(s.${field})`)).join("\n  ")}
}
fn get_${name}(slot: u32) -> State { return State(${all.map(([, type], i) => `bitcast<${type}>(${read(at(i))})`).join(", ")}); }`;
};

/** How many sums of threads there are: the power of 2 nearest below √threads. */
const sidesOf = (threads: number): number => 2 ** Math.floor(Math.log2(threads) / 2);

/** `share(s, thread)`: everyone's state merged into one that everyone has, by two barriers: about √threads of √threads, then those. */
export const share = (fields: Readonly<Record<string, string>>, threads: number): string => {
  const side = sidesOf(threads);
  const each = threads / side;
  const size = Object.keys(fields).length;
  return wgsl`var<workgroup> shares: array<vec4u, ${threads * size}>;
var<workgroup> sums: array<vec4u, ${side * size}>;
${memory(
  "share",
  fields,
  (at, v) => `shares[${at}] = ${v};`,
  (at) => `shares[${at}]`,
)}
${memory(
  "sum",
  fields,
  (at, v) => `sums[${at}] = ${v};`,
  (at) => `sums[${at}]`,
)}
fn share(s: State, thread: u32) -> State {
  put_share(thread, s);
  workgroupBarrier();
  if (thread < ${side}u) {
    var part = get_share(thread * ${each}u);
    for (var i = 1u; i < ${each}u; i++) { part = merge(part, get_share(thread * ${each}u + i)); }
    put_sum(thread, part);
  }
  workgroupBarrier();
  var all = get_sum(0u);
  for (var i = 1u; i < ${side}u; i++) { all = merge(all, get_sum(i)); }
  return all;
}`;
};

export const shareBytes = (fields: number, threads: number): number => fields * 16 * (threads + sidesOf(threads));

/**
 * A workgroup for a row: strided vec4 loads, then two barriers, whatever the number of threads.
 *
 *     thread 0 1 2 …   ────►  row: blocks 0 1 2 …, then threads + 0, 1, 2 …     64 states, 8 of 8, all of 8
 *
 * Needs no subgroups. Lost: a tree of halves (6 barriers for 64 threads; on CPU adapters each costs as much as the sum).
 */
export const workgroup = <Spec extends Layout, P extends string>(
  program: RowProgram<Spec>,
  fields: number,
): Variant<P, Spec, { threads: number }> => ({
  name: "workgroup",
  tiles: [{ threads: 64 }, { threads: 128 }],
  // Half of the larger workgroup has nothing to do on a row of fewer blocks. Reckoned, not measured.
  prefer: ({ params, spec }, { software }) => {
    const { n } = params as Rows<Spec>["params"];
    return !software && n / (spec.vec === "columns" ? 1 : 4) >= 256 ? { threads: 128 } : { threads: 64 };
  },
  needs: ({ threads }, spec) => ({
    invocations: threads,
    workgroupBytes: shareBytes(spec ? Object.keys(program.fields(spec)).length : fields, threads),
  }),
  when: () => true,
  refuses: (problem, caps) => program.flat?.(problem, caps),
  lanes: program.lanes,
  workgroups: (problem) => unitsOf(problem as unknown as Rows<Spec>),
  wgsl: (spec, { threads }, caps) => wgsl`${frame(program, spec, caps)}
${share(program.fields(spec), threads)}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let unit = wid.y * groups.x + wid.x;
  if (unit >= ${unitsText(spec, program.pairs?.(spec, caps))}) { return; }
  ${finish(program, spec, caps, (row) => `share(across(fold(${row}, thread, ${threads}u)), thread)`, ["unit", "thread", `${threads}u`])}
}
`,
});
