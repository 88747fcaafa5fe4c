import { type Pass, type Tile, type Variant, wgsl } from "@tilewright/runtime";
import { finish, frame, type RowProgram, type Rows, unitsOf, unitsText } from "../frame.ts";
import type { Layout } from "../layout.ts";
import { memory, share, shareBytes } from "./workgroup.ts";

interface SplitTile extends Tile {
  readonly parts: number;
  readonly threads: number;
  /** Workgroups that share the second pass over a row. */
  readonly groups: number;
}

/** More partial states than this are no few long rows any more. */
const MOST = 2 ** 18;

/** So few states are merged by every thread for itself: no barrier, which CPU adapters compile and run slowly. */
const ALONE = 64;
const FEW: SplitTile = { parts: ALONE, threads: 8, groups: 8 };

/** A state as words of scratch. */
export const scratchMemory = (fields: Readonly<Record<string, string>>): string =>
  memory(
    "part",
    fields,
    (at, v) => `store_parts(${at}, ${v});`,
    (at) => `load_parts(${at})`,
  );

/**
 * Few long rows, over the whole device in two passes: every thread folds its share of a row into scratch; then workgroups
 * merge all shares of a row in a fixed order, and each does its part of the end.
 *
 *     pass 1   thread 0 1 2 … parts-1   ────►  row: blocks 0 1 2 …, then parts + 0, 1, 2 …     scratch [rows, parts]
 *     pass 2   workgroup (row, group)   ────►  merges `parts` states, finishes elements group · threads …
 *
 * CPU adapters take few parts, which every thread merges alone: on rows of 1,000,000 that is 1.3 to 2.3 times as fast as sharing
 * the merge with barriers, on rows of 32,768 up to 5 times, and a third to compile.
 */
export const split = <Spec extends Layout, P extends string>(
  program: RowProgram<Spec>,
  fields: number,
  /** The operands that the first pass reads. */
  reads: (spec: Spec) => readonly string[],
  /** The second pass writes every element, so it is worth many workgroups. */
  wide: boolean,
): Variant<P, Spec, SplitTile> => {
  const sharing: Pass<P, Spec, SplitTile> = {
    uses: (spec) => [...reads(spec), "parts"],
    lanes: (spec, caps) => ({ ...program.lanes(spec, caps), parts: 4 }),
    workgroups: (problem, { parts, threads }) => (unitsOf(problem as unknown as Rows<Spec>) * parts) / threads,
    wgsl: (spec, { parts, threads }, caps) => wgsl`${frame(program, spec, caps, false)}
${scratchMemory(program.fields(spec))}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let unit = i / ${parts}u;
  if (unit >= ${unitsText(spec)}) { return; }
  put_part(i, across(fold(unit, i % ${parts}u, ${parts}u)));
}
`,
  };
  const merging: Pass<P, Spec, SplitTile> = {
    lanes: sharing.lanes!,
    workgroups: (problem, { groups }) => unitsOf(problem as unknown as Rows<Spec>) * (wide ? groups : 1),
    wgsl: (spec, { parts, threads, groups }, caps) => {
      const over = wide ? groups : 1;
      return wgsl`${frame(program, spec, caps)}
${scratchMemory(program.fields(spec))}
${
  parts > ALONE
    ? wgsl`${share(program.fields(spec), threads)}
fn gather(unit: u32, thread: u32) -> State {
  var s = get_part(unit * ${parts}u + thread);
  for (var i = 1u; i < ${parts / threads}u; i++) { s = merge(s, get_part(unit * ${parts}u + i * ${threads}u + thread)); }
  return share(s, thread);
}`
    : wgsl`fn gather(unit: u32, thread: u32) -> State {
  var s = get_part(unit * ${parts}u);
  for (var i = 1u; i < ${parts}u; i++) { s = merge(s, get_part(unit * ${parts}u + i)); }
  return s;
}`
}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let group = wid.y * groups.x + wid.x;
  let unit = group / ${over}u;
  if (unit >= ${unitsText(spec, program.pairs?.(spec, caps))}) { return; }
  let first = group % ${over}u * ${threads}u + thread;
  ${finish(program, spec, caps, (row) => `gather(${row}, thread)`, ["unit", "first", `${over * threads}u`])}
}
`;
    },
  };
  return {
    name: "split",
    tiles: [{ parts: 1024, threads: 64, groups: 16 }, FEW],
    prefer: (_, { software }) => (software ? FEW : undefined),
    needs: ({ parts, threads }) => ({
      invocations: threads,
      workgroupBytes: parts > ALONE ? shareBytes(fields, threads) : 0,
    }),
    when: (problem) => {
      const units = unitsOf(problem as unknown as Rows<Spec>);
      const { n } = problem.params as Rows<Spec>["params"];
      return (units < 64 && n >= 16384) || (units < 16 && problem.spec.vec === "columns" && n >= 2048);
    },
    refuses: (problem, caps) => {
      const states = unitsOf(problem as unknown as Rows<Spec>) * 1024;
      if (states > MOST) return `it is for few rows; ${states / 1024} rows make ${states} partial states`;
      const bindings = Object.keys(problem.types).length + 1;
      if (bindings > 8) return `its second pass needs ${bindings} bindings; a dispatch has 8`;
      return program.flat?.(problem, caps);
    },
    scratch: (problem, { parts }) => ({
      parts: {
        shape: [unitsOf(problem as unknown as Rows<Spec>) * parts * Object.keys(program.fields(problem.spec)).length * 4],
        dtype: "u32",
      },
    }),
    passes: [sharing, merging],
  };
};
