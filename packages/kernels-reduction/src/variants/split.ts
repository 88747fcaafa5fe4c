import { type Form, type Pass, type Tile, wgsl } from "@tilewright/runtime";
import { type Layout, rowsOf } from "../layout.ts";
import { unitsText } from "../text/addressing.ts";
import { alike, finish, frame, type RowProgram, wordsOf } from "../text/frame.ts";
import { lanesOf, scratchMemory, share, shareBytes } from "../text/state.ts";

interface SplitTile extends Tile {
  readonly parts: number;
  readonly threads: number;
  /** Threads whose shares are merged, by barriers, before they go to scratch: 1, or all of a workgroup. */
  readonly each: number;
  /** Workgroups that share the second pass over a row. */
  readonly groups: number;
}

/** More rows than this are not few. */
const MOST = 256;

/** So few states are merged by every thread for itself: no barrier, which CPU adapters compile and run slowly. */
const ALONE = 64;
const FEW: SplitTile = { parts: ALONE, threads: 8, each: 1, groups: 8 };

/**
 * Few long rows, over the whole device in two passes: every thread (on GPUs, every workgroup) folds its share of a row into scratch; then
 * workgroups merge all shares of a row in a fixed order, and each does its part of the end.
 *
 *     pass 1   thread 0 1 2 …           ────►  row: blocks 0 1 2 …, then all threads + 0, 1, 2 …     scratch [rows, parts]
 *     pass 2   workgroup (row, group)   ────►  merges `parts` states, finishes elements group · threads …
 *
 * GPUs: 256 workgroups of 64 threads a row, 16 blocks a thread for a row of 1,000,000; a fold that is spread over fewer leaves most of
 * the device idle. Reckoned, not measured. CPU adapters take few parts, which every thread merges alone: on rows of 1,000,000 that is 1.3 to 2.3 times as fast as sharing
 * the merge with barriers, on rows of 32,768 up to 5 times, and a third to compile.
 */
export const split = <Spec extends Layout, P extends string>(
  program: RowProgram<Spec>,
  /** The second pass writes every element, so it is worth many workgroups. */
  wide: boolean,
): Form<P, Spec, SplitTile> => {
  const sharing: Pass<P, Spec, SplitTile> = {
    uses: (spec) => [...program.reads(spec), "parts"],
    lanes: (spec, caps) => ({ ...program.lanes(spec, caps), parts: lanesOf(alike(spec)) }),
    workgroups: (problem, { parts, threads, each }) => (rowsOf(problem).units * parts * each) / threads,
    wgsl: (spec, { parts, threads, each }, caps) => wgsl`${frame(program, spec, caps, false)}
${scratchMemory(program.fold(spec).fields, alike(spec))}
${each > 1 ? share(program.fold(spec).fields, threads, alike(spec)) : ""}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let group = wid.y * groups.x + wid.x;
  let unit = group / ${(parts * each) / threads}u;
  let i = group * ${threads}u + thread;
  if (unit >= ${unitsText(spec)}) { return; }
  let s = across(fold(unit, i % ${parts * each}u, ${parts * each}u));
  ${
    each > 1
      ? `let all = share(s, thread);
  if (thread == 0u) { put_part(i / ${each}u, all); }`
      : "put_part(i, s);"
  }
}
`,
  };
  const merging: Pass<P, Spec, SplitTile> = {
    lanes: sharing.lanes!,
    workgroups: (problem, { groups }) => rowsOf(problem).units * (wide ? groups : 1),
    wgsl: (spec, { parts, threads, groups }, caps) => {
      const over = wide ? groups : 1;
      return wgsl`${frame(program, spec, caps)}
${scratchMemory(program.fold(spec).fields, alike(spec))}
${
  parts > ALONE
    ? wgsl`${share(program.fold(spec).fields, threads, alike(spec))}
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
    tiles: [{ parts: 256, threads: 64, each: 64, groups: 64 }, FEW],
    prefer: (_, { software }) => (software ? FEW : undefined),
    needs: ({ parts, threads }, spec) => ({
      invocations: threads,
      workgroupBytes: parts > ALONE ? shareBytes(wordsOf(program, spec), threads) : 0,
    }),
    refuses: (problem, caps) => {
      const { units } = rowsOf(problem);
      if (units > MOST) return `it is for ${MOST} rows at most; here are ${units}`;
      const bindings = Object.keys(problem.types).length + 1;
      if (bindings > 8) return `its second pass needs ${bindings} bindings; a dispatch has 8`;
      return program.flat?.(problem, caps);
    },
    scratch: (problem, { parts }) => ({
      parts: {
        shape: [rowsOf(problem).units * parts * wordsOf(program, problem.spec)],
        dtype: "u32",
      },
    }),
    passes: [sharing, merging],
  };
};
