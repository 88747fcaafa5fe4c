import { CAP, type Form, wgsl } from "@tilewright/runtime";
import { biasAt, finish } from "../epilogue.ts";
import type { P, Spec } from "../matmul.ts";
import { lines, matrices, tilesOf } from "../text.ts";

const THREADS = 128;
const SIDE = 32; // of the square of c that a subgroup works on
const STRIPS = 4;

/**
 * Subgroup matrices (tensor cores, simdgroup matrices), where the device offers Dawn's experimental feature.
 *
 *     c: 32 rows x 4 strips of 32 columns a workgroup     a strip is 32/m x 32/n matrices of m x n in one subgroup's registers:
 *        ┌────┬────┬────┬────┐                            k by k it loads 32 x k of a and k x 32 of b straight from storage and
 *        │ s0 │ s1 │ s2 │ s3 │                            multiplies; at the end all threads finish the sums from workgroup memory
 *        └────┴────┴────┴────┘
 *
 * 16 multiply-adds for an element loaded. Any subgroup size: subgroups take the strips in turns, s, s + S …
 * Whole matrices only: m and n multiples of 32, k of 16. It compiles on Dawn's null device; no device at hand has run it, so it is nobody's
 * default yet: ask for it by name, or let the tuner, which checks results before it times, find it.
 */
export const matrix: Form<P, Spec, { m: number; n: number; k: number }> = {
  tiles: [
    { m: 16, n: 16, k: 16 },
    { m: 8, n: 16, k: 16 },
    { m: 8, n: 8, k: 8 },
  ],
  needs: ({ m, n, k }, spec) => ({
    invocations: THREADS,
    workgroupBytes: (spec && sums(spec) === "f16" ? 2 : 4) * STRIPS * SIDE * SIDE,
    subgroups: true,
    subgroupMatrix: `${spec?.operands ?? "f16"} ${spec && sums(spec) === "f32" ? "f32" : "f16"} ${m}x${n}x${k}`,
  }),
  refuses: ({ spec, params: { m, n, k } }) => {
    if (spec.operands === "mixed") return "a and b are not of one type";
    if (spec.empty) return "k is 0, and there is nothing to multiply; naive writes bias and residual";
    return m % SIDE || n % SIDE || k % 16
      ? `it takes multiples of ${SIDE} rows and columns and of 16 k only; this is ${m} x ${n} x ${k}`
      : undefined;
  },
  workgroups: (problem) => tilesOf(problem, SIDE, SIDE * STRIPS),
  wgsl(spec, { m, n, k }) {
    const [down, across] = [SIDE / m, SIDE / n];
    const [T, S] = [spec.operands, sums(spec)];
    const each = (f: (i: number, j: number) => string) => lines(down, (i) => lines(across, (j) => f(i, j), " "), "\n    ");
    return wgsl`
alias Left = subgroup_matrix_left<${T}, ${k}, ${m}>;
alias Right = subgroup_matrix_right<${T}, ${n}, ${k}>;
alias Sums = subgroup_matrix_result<${S}, ${n}, ${m}>;
${matrices(spec)}
${finish({ ...spec, vecC: false }, 1)}
var<workgroup> sums: array<${S}, ${STRIPS * SIDE * SIDE}>;

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32,
        @builtin(subgroup_size) size: u32) {
  let group = wid.y * groups.x + wid.x;
  let across = (p.n + ${SIDE * STRIPS - 1}u) / ${SIDE * STRIPS}u;
  let down = (p.m + ${SIDE - 1}u) / ${SIDE}u;
  let matrix = group / (across * down);
  if (matrix >= p.batch) { return; }
  let row0 = group / across % down * ${SIDE}u;
  let col0 = group % across * ${SIDE * STRIPS}u;
  let base = matrices(matrix) * vec2u(p.m * p.k, p.k * p.n);
  for (var strip = thread / size; strip < ${STRIPS}u; strip += ${THREADS}u / size) {
    let col = col0 + strip * ${SIDE}u;
    if (col >= p.n) { break; }
    ${each((i, j) => `var c${i}_${j}: Sums;`)}
    for (var k = 0u; k < ${CAP}; k += ${k}u) {
      if (k >= p.k) { break; }
      ${lines(down, (i) => `let a${i} = ${load("a", spec.transA, `row0 + ${i * m}u`)};`, "\n      ")}
      ${lines(across, (j) => `let b${j} = ${load("b", spec.transB, `col + ${j * n}u`)};`, "\n      ")}
      ${each((i, j) => `c${i}_${j} = subgroupMatrixMultiplyAccumulate(a${i}, b${j}, c${i}_${j});`)}
    }
    ${each((i, j) => `subgroupMatrixStore(&sums, strip * ${SIDE * SIDE}u + ${i * m * SIDE + j * n}u, c${i}_${j}, false, ${SIDE}u);`)}
  }
  workgroupBarrier();
  // All threads finish: neighbours take neighbouring columns.
  let col = col0 + thread;
  for (var i = 0u; i < ${SIDE}u; i++) {
    let row = row0 + i;
    if (row >= p.m || col >= p.n) { break; }
    let sum = f32(sums[thread / ${SIDE}u * ${SIDE * SIDE}u + i * ${SIDE}u + thread % ${SIDE}u]);
    store_c((matrix * p.m + row) * p.n + col, finish(sum, matrix, row, col${biasAt(spec)}));
  }
}
`;
  },
};

const sums = ({ operands, halfSums }: Spec) => (operands === "f32" || !halfSums ? "f32" : "f16");

/** A matrix of a (rows at `outer`, k across) or of b (k down, columns at `outer`), at k. Stored transposed, it is read column by column. */
function load(x: "a" | "b", transposed: boolean, outer: string): string {
  const [type, base, stride] = x === "a" ? ["Left", "base.x", "p.m"] : ["Right", "base.y", "p.n"];
  const kInner = x === "a" ? !transposed : transposed; // k runs along the rows as stored
  const at = kInner ? `(${outer}) * p.k + k` : `k * ${stride} + ${outer}`;
  return `subgroupMatrixLoad<${type}>(&${x}, ${base} + ${at}, ${transposed}, ${kInner ? "p.k" : stride})`;
}
