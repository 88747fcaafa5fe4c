// The frame of the variants that read storage straight into a register tile: direct and quad.
import { type Caps, type Problem, wgsl } from "@tilewright/runtime";
import type { P, Spec } from "./matmul.ts";
import { type Strip, strip } from "./strip.ts";
import { CAP, lines, matrices, type Registers, store, sums } from "./text.ts";

/** Why tiles cannot store: without f16 two halves share a word, and rows of an odd length share words between threads. */
export const packedRefusal = ({ spec, params }: Problem<P, Spec>, { f16 }: Caps): string | undefined => {
  if (spec.empty) return "k is 0, and there is nothing to multiply; naive writes the bias";
  return spec.half && !f16 && !spec.vecC ? `without shader-f16 it stores f16 rows of a multiple of 4 only; n is ${params.n}` : undefined;
};

export const columnsOfB = ({ transB, vecB }: Spec, { cols4 }: Registers): Strip =>
  strip("b", transB, vecB, transB ? 4 * cols4 : cols4, (i) => `col + ${transB ? i : 4 * i}u`, "p.n");

export interface Parts {
  readonly threads: readonly [x: number, y: number];
  /** More parameters of main. */
  readonly builtins: string;
  /** Before the loop. */
  readonly starts: string;
  /** Four k. */
  readonly block: string;
  /** One k of a: `a{r}`, or where a is transposed rows 4i … 4i+3 as `a{i}`. */
  readonly tailA: string;
  readonly b: Strip;
  readonly put: string;
}

export function registerKernel(spec: Spec, { rows, cols4 }: Registers, { threads: [x, y], builtins, starts, block, tailA, b, put }: Parts): string {
  const a = (r: number) => (spec.transA ? `a${r >> 2}[${r & 3}]` : `a${r}`);
  const bAt = (c: number) => (spec.transB ? `vec4f(${lines(4, (j) => b.one(4 * c + j), ", ")})` : b.one(c));
  const tail = wgsl`
  // The last one to three k, one at a time.
  for (var t = 0u; t < 3u; t++) {
    let kk = 4u * blocks + t;
    if (kk >= p.k) { break; }
    ${tailA}
    ${lines(cols4, (c) => `let b_${c} = ${bAt(c)};`, " ")}
    ${lines(rows, (r) => lines(cols4, (c) => `c${r}_${c} += ${a(r)} * b_${c};`, " "), "\n    ")}
  }`;
  return wgsl`
const ROWS = ${rows * y}u; // of a workgroup
const COLUMNS = ${4 * cols4 * x}u;

${matrices(spec)}
${store(spec)}

@compute @workgroup_size(${x}, ${y})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) thread: vec3u${builtins}) {
  let group = wid.y * groups.x + wid.x;
  let across = (p.n + COLUMNS - 1u) / COLUMNS;
  let down = (p.m + ROWS - 1u) / ROWS;
  let matrix = group / (across * down);
  if (matrix >= p.batch) { return; }
  let row = group / across % down * ROWS + thread.y * ${rows}u;
  let col = group % across * COLUMNS + thread.x * ${4 * cols4}u;
  let at = matrices(matrix);
  let base_a = at.x * p.m * p.k;
  let base_b = at.y * p.k * p.n;
  ${starts}
  ${sums({ rows, cols4 })}

  // Four k a turn: load a and b, multiply into the sums.
  let blocks = p.k / 4u;
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= blocks) { break; }
    ${block}
  }
  ${spec.tail ? tail : ""}
  ${put}
}
`;
}
