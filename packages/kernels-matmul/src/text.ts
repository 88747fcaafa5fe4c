// WGSL that the variants share: whole functions, and the unrolled lines of a register tile.
import { type Caps, type Lanes, type Params, wgsl } from "@tilewright/runtime";
import { finish } from "./epilogue.ts";
import type { Spec } from "./matmul.ts";

/** A loop cap that no k reaches: loops with a constant bound and a break are free of the compiler's 64-bit guard. */
export const CAP = "0x40000000u";

export const lines = (count: number, line: (i: number) => string, separator = "\n"): string =>
  Array.from({ length: count }, (_, i) => line(i)).join(separator);

/**
 * A register tile: `rows` x 4 · `cols4` sums in named vec4 (an array indexed in a loop is 5x slower on SwiftShader).
 * Operands are read as they were stored, so a vec4 of a is either four k of one row, or rows 4i … 4i+3 at one k; b likewise.
 * `(i, q)` names the first kind by row i, the second by group of rows i and k number q.
 */
export interface Tile {
  readonly rows: number;
  readonly cols4: number;
}

/** A problem of any kernel with these sizes. */
export interface Sized<P extends string> {
  readonly params: Params<P>;
}

type Read = (i: number, q: number) => string;

export const vec4Lanes = ({ vecA, vecB, vecC, residual = "" }: Spec): Lanes => {
  const c = vecC ? 4 : 1;
  return { a: vecA ? 4 : 1, b: vecB ? 4 : 1, bias: c, residual: residual.includes("n") ? c : 1, c };
};

/** Why tiles cannot store: without f16 two halves share a word, and rows of an odd length share words between threads. */
export const tileRefusal = ({ spec, params }: Sized<"n"> & { readonly spec: Spec }, { f16 }: Caps): string | undefined => {
  if (spec.empty) return "k is 0, and there is nothing to multiply; naive writes bias and residual";
  return spec.half && !f16 && !spec.vecC
    ? `without shader-f16 it stores f16 rows of a multiple of 4 only; n is ${params.n}`
    : undefined;
};

/** Below this a tile is mostly edge, and its text takes CPU drivers seconds to compile where naive's takes a twentieth. */
export const worthTiling = ({ params: { m, n } }: Sized<"m" | "n">): boolean => m > 1 && n > 1 && m * n >= 256;

/** How many tiles of c there are. */
export const tilesOf = ({ params: { m, n, batch } }: Sized<"m" | "n" | "batch">, rows: number, columns: number): number =>
  Math.ceil(m / rows) * Math.ceil(n / columns) * batch;

/** `matrices(i)`: which matrix of a (x) and of b (y) make matrix i of c. One line for each group of leading dimensions, innermost first. */
export function matrices({ batch }: Spec): string {
  if (!batch) return "fn matrices(i: u32) -> vec2u { return vec2u(); }";
  const outermost = batch.length - 1;
  const groups = lines(
    batch.length,
    (i) => {
      const kind = batch[outermost - i];
      const size = `p.d${outermost - i}`;
      const mask = `vec2u(${kind === "b" ? 0 : 1}u, ${kind === "a" ? 0 : 1}u)`;
      return i < outermost
        ? `at += rest % ${size} * step * ${mask}; step *= max(${size} * ${mask}, vec2u(1u)); rest /= ${size};`
        : `at += rest * step * ${mask};`;
    },
    "\n  ",
  );
  return wgsl`fn matrices(i: u32) -> vec2u {
  var rest = i; var at = vec2u(); var step = vec2u(1u);
  ${groups}
  return at;
}`;
}

/** `put(matrix, row, col, sum)`: finishes and stores four columns of one row of c, those that exist. */
export function store(spec: Spec): string {
  const put = spec.vecC
    ? "store_c(at >> 2u, v);"
    : lines(4, (j) => `if (col + ${j}u < p.n) { store_c(at + ${j}u, v[${j}]); }`, "\n  ");
  return wgsl`${finish(spec, 4)}
fn put(matrix: u32, row: u32, col: u32, sum: vec4f) {
  if (row >= p.m || col >= p.n) { return; }
  let v = finish(sum, matrix, row, col);
  let at = (matrix * p.m + row) * p.n + col;
  ${put}
}`;
}

/** One turn of `multiplyAdd` for every sum. Row by row, so that a sum stays in its register for all its terms. */
const forSums = ({ rows, cols4 }: Tile, f: (r: number, c: number) => string) =>
  lines(rows, (r) => lines(cols4, (c) => f(r, c), " "), "\n    ");

/**
 * Multiplies four k into the sums: four rows of b are a matrix, and a row of c grows by that matrix times four elements of a.
 * So a sum is read and written once in four k. Lost: four `fma` (1.1x on both CPU adapters), four `+=` with k outermost (1.8x on lavapipe).
 */
export function multiply(tile: Tile, { transA, transB }: Spec, a: Read, b: Read): string {
  const four = (from: Read, i: number, inner: boolean) =>
    `${inner ? "transpose(" : ""}mat4x4f(${lines(4, (q) => (inner ? from(4 * i + q, 0) : from(i, q)), ", ")})${inner ? ")" : ""}`;
  const rows = transA
    ? lines(tile.rows / 4, (i) => `let m${i} = transpose(${four(a, i, false)});`, " ")
    : lines(tile.rows, (r) => `let a${r} = ${a(r, 0)};`, " ");
  return `${rows}
    ${lines(tile.cols4, (c) => `let b${c} = ${four(b, c, transB)};`, " ")}
    ${forSums(tile, (r, c) => `c${r}_${c} += b${c} * ${transA ? `m${r >> 2}[${r & 3}]` : `a${r}`};`)}`;
}

/** Multiplies one k into the sums: `a` of row r or of rows 4i … 4i+3, `b` likewise, without q. */
export function multiplyOne(tile: Tile, { transA, transB }: Spec, a: Read, b: Read): string {
  return `${lines(transA ? tile.rows / 4 : tile.rows, (i) => `let a${i} = ${a(i, 0)};`, " ")}
    ${lines(tile.cols4, (c) => `let b${c} = ${transB ? `vec4f(${lines(4, (j) => b(4 * c + j, 0), ", ")})` : b(c, 0)};`, " ")}
    ${forSums(tile, (r, c) => `c${r}_${c} = fma(vec4f(${transA ? `a${r >> 2}[${r & 3}]` : `a${r}`}), b${c}, c${r}_${c});`)}`;
}

/**
 * The frame of every tiled variant: finds this workgroup's tile of c and this thread's `row` and `col` in it, sums, and stores.
 * Stores are unrolled: a loop over an array of the sums compiles faster, but takes twice the time on SwiftShader.
 */
export function frame(
  spec: Spec,
  tile: Tile,
  [x, y]: readonly [number, number],
  body: string,
  functions = "",
  builtins = "",
): string {
  return wgsl`
const ROWS = ${tile.rows * y}u; // of a workgroup
const COLUMNS = ${4 * tile.cols4 * x}u;
${matrices(spec)}
${store(spec)}
${functions}

@compute @workgroup_size(${x}, ${y})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) thread: vec3u${builtins}) {
  let group = wid.y * groups.x + wid.x;
  let across = (p.n + COLUMNS - 1u) / COLUMNS;
  let down = (p.m + ROWS - 1u) / ROWS;
  let matrix = group / (across * down);
  if (matrix >= p.batch) { return; }
  let row0 = group / across % down * ROWS;
  let col0 = group % across * COLUMNS;
  let row = row0 + thread.y * ${tile.rows}u;
  let col = col0 + thread.x * ${4 * tile.cols4}u;
  let base = matrices(matrix) * vec2u(p.m * p.k, p.k * p.n);
  ${forSums(tile, (r, c) => `var c${r}_${c} = vec4f();`)}
${body}
  ${forSums(tile, (r, c) => `put(matrix, row + ${r}u, col + ${4 * c}u, c${r}_${c});`)}
}
`;
}
