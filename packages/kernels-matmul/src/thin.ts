// The text of gemv and smallM: few rows of one operand against all of the other, whose every element is read once.
import { CAP, type Caps, type Problem, type Tile, wgsl } from "@tilewright/runtime";
import { biasAt, finish } from "./epilogue.ts";
import type { P, Spec } from "./matmul.ts";
import { strip } from "./stream.ts";
import { lines, matrices, multiply, multiplyOne, store, suffix, summed, tail, tileRefusal, unsummed } from "./text.ts";

/** A workgroup is `groups` x `slices` threads: groups of 4 outputs across, and slices of k that take turns. */
export interface Thin extends Tile {
  readonly rows: number;
  readonly groups: number;
  readonly slices: number;
}

export const thinNeeds = ({ rows, groups, slices }: Thin) => ({
  invocations: groups * slices,
  workgroupBytes: slices > 1 ? 16 * rows * groups * slices : 0,
});

export const thinRefusal = (problem: Problem<P, Spec>, caps: Caps): string | undefined =>
  problem.spec.transA && !problem.spec.column ? "a's rows are not stored as rows" : tileRefusal(problem, caps);

/** How many workgroups. Where c is a column, its rows are what lies across. */
export const thinGroups = ({ spec, params: { m, n, batch } }: Problem<P, Spec>, { rows, groups }: Thin): number =>
  (spec.column ? Math.ceil(m / (4 * groups)) : Math.ceil(n / (4 * groups)) * Math.ceil(m / rows)) * batch;

/** `put` for a c of one column: four rows of it. */
const storeColumn = (spec: Spec) => wgsl`${finish(spec, 1)}
fn put(matrix: u32, row: u32, col: u32, sums: vec4${suffix(spec)}) {
  let sum = ${unsummed(spec, "sums")};
  for (var i = 0u; i < 4u; i++) {
    if (row + i < p.m) { store_c(matrix * p.m + row + i, finish(sum[i], matrix, row + i, col${biasAt(spec)})); }
  }
}`;

export function thin(spec: Spec, { rows, groups, slices }: Thin): string {
  const { column } = spec;
  const bias = spec.bias && !column;
  // `few` has the rows, and k runs along them; `all` is read once.
  const [few, all] = column ? (["b", "a"] as const) : (["a", "b"] as const);
  const inner = column ? !spec.transA : spec.transB;
  const [vecFew, vecAll] = column ? [spec.vecB, spec.vecA] : [spec.vecA, spec.vecB];
  const x = strip(few, true, vecFew, rows, (i) => (column ? "0u" : `row + ${i}u`), column ? "1u" : "p.m");
  const across = column ? "row" : "col";
  const w = strip(all, inner, vecAll, inner ? 4 : 1, (i) => `${across} + ${inner ? i : 4 * i}u`, column ? "p.m" : "p.n");
  const tile = { rows, cols4: 1 };
  const form = { ...spec, transA: false, transB: inner };
  const sums = (f: (r: number) => string) => lines(rows, f, " ");
  return wgsl`
const ACROSS = ${4 * groups}u; // outputs of a workgroup
${matrices(spec)}
${column ? storeColumn(spec) : store(spec)}
${slices > 1 ? `var<workgroup> partial: array<vec4f, ${rows * groups * slices}>;` : ""}

@compute @workgroup_size(${groups * slices})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let group = wid.y * groups.x + wid.x;
  let across = (${column ? "p.m" : "p.n"} + ACROSS - 1u) / ACROSS;
  let down = ${column ? "1u" : `(p.m + ${rows - 1}u) / ${rows}u`};
  let matrix = group / (across * down);
  if (matrix >= p.batch) { return; }
  // Neighbouring threads read neighbouring vec4: slices of k where k runs along the rows, else groups of outputs.
  let slice = thread ${inner ? `% ${slices}u` : `/ ${groups}u`};
  let first = group % across * ACROSS + 4u * (thread ${inner ? `/ ${slices}u` : `% ${groups}u`});
  let row = ${column ? "first" : `group / across % down * ${rows}u`};
  let col = ${column ? "0u" : "first"};
  let base = matrices(matrix) * vec2u(p.m * p.k, p.k * p.n);
  ${x.starts}
  ${w.starts}
  ${sums((r) => `var c${r}_0 = vec4${suffix(spec)}();`)}
  let blocks = p.k / 4u;
  for (var turn = 0u; turn < ${CAP}; turn++) {
    let k = turn * ${slices}u + slice;
    if (k >= blocks) { break; }
    ${multiply(
      tile,
      form,
      (i) => x.read(i, 0),
      (i, q) => w.read(i, `${q}u`),
    )}
  }
  ${spec.tail ? tail("", multiplyOne(tile, form, x.one, w.one), " || slice > 0u") : ""}
  ${slices > 1 ? join(rows, slices, inner ? "1u" : `${groups}u`, spec, sums) : ""}
  ${bias ? "let bias0 = bias_at(col);" : ""}
  ${sums((r) => `put(matrix, row + ${r}u, col, c${r}_0${bias ? ", bias0" : ""});`)}
}
`;
}

/** Slice 0 adds up the others' sums, in order. */
const join = (rows: number, slices: number, step: string, spec: Spec, sums: (f: (r: number) => string) => string) => wgsl`
  ${sums((r) => `partial[thread * ${rows}u + ${r}u] = ${unsummed(spec, `c${r}_0`)};`)}
  workgroupBarrier();
  if (slice > 0u) { return; }
  for (var s = 1u; s < ${slices}u; s++) {
    ${sums((r) => `c${r}_0 += ${summed(spec, `partial[(thread + s * ${step}) * ${rows}u + ${r}u]`)};`)}
  }`;
