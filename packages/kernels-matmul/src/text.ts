// WGSL that the variants share: whole functions, and the unrolled lines of a register tile.
import { CAP, type Caps, type Lanes, type Params, wgsl } from "@tilewright/runtime";
import { finish } from "./epilogue.ts";
import type { Spec } from "./matmul.ts";

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
/** What of a spec decides how blocks are multiplied. */
type Form = Pick<Spec, "transA" | "transB"> & { readonly halfSums?: boolean };

/** WGSL's suffix of the types that sums have: vec4f or vec4h. */
export const suffix = ({ halfSums }: Pick<Form, "halfSums">): string => (halfSums ? "h" : "f");
/** Four sums as f32. */
export const unsummed = (spec: Pick<Form, "halfSums">, value: string): string => (spec.halfSums ? `vec4f(${value})` : value);
/** A vec4f as sums are. */
export const summed = (spec: Pick<Form, "halfSums">, value: string): string => (spec.halfSums ? `vec4h(${value})` : value);

export const vec4Lanes = ({ vecA, vecB, vecC, residual = "" }: Spec): Lanes => {
  const c = vecC ? 4 : 1;
  return { a: vecA ? 4 : 1, b: vecB ? 4 : 1, bias: c, residual: residual.includes("n") ? c : 1, c };
};

export const HALF_SUMS = 'it needs the device feature shader-f16 for accumulate: "f16"';

/** Why tiles cannot store: without f16 two halves share a word, and rows of an odd length share words between threads. */
export const tileRefusal = ({ spec, params }: Sized<"n"> & { readonly spec: Spec }, { f16 }: Caps): string | undefined => {
  if (spec.empty) return "k is 0, and there is nothing to multiply; naive writes bias and residual";
  if (spec.halfSums && !f16) return HALF_SUMS;
  return spec.half && !f16 && !spec.vecC
    ? `without shader-f16 it stores f16 rows of a multiple of 4 only; n is ${params.n}`
    : undefined;
};

/** How many tiles of c there are. */
export const tilesOf = ({ params: { m, n, batch } }: Sized<"m" | "n" | "batch">, rows: number, columns: number): number =>
  Math.ceil(m / rows) * Math.ceil(n / columns) * batch;

/** `matrices(i)`: which matrix of a (x) and of b (y) make matrix i of c. One line for each group of leading dimensions, innermost first. */
export function matrices({ batch }: Pick<Spec, "batch">): string {
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

/**
 * `put(matrix, row, col, sum, bias_at(col))`: stores four columns of one row of c, those that exist; into c finished, into anything else
 * as they are. The last argument is there only where c is stored and has a bias.
 * `clamped`: row and col exist, and columns past the last hold what the last does, so that nothing branches: CPU drivers compile branches slowly.
 */
export function store(spec: Spec, { to = "c", clamped = false }: { to?: string; clamped?: boolean } = {}): string {
  const each = (j: number) =>
    clamped
      ? `store_${to}(at + min(${j}u, p.n - 1u - col), v[${j}]);`
      : `if (col + ${j}u < p.n) { store_${to}(at + ${j}u, v[${j}]); }`;
  return wgsl`${to === "c" ? finish(spec, 4) : ""}
fn put(matrix: u32, row: u32, col: u32, sum: vec4${suffix(spec)}${to === "c" && spec.bias ? ", bias_here: vec4f" : ""}) {
  ${clamped ? "" : "if (row >= p.m || col >= p.n) { return; }"}
  let v = ${to === "c" ? `finish(${unsummed(spec, "sum")}, matrix, row, col${spec.bias ? ", bias_here" : ""})` : unsummed(spec, "sum")};
  let at = (matrix * p.m + row) * p.n + col;
  ${spec.vecC ? `store_${to}(at >> 2u, v);` : lines(4, each, "\n  ")}
}`;
}

/** One turn of `multiplyAdd` for every sum. Row by row, so that a sum stays in its register for all its terms. */
export const forSums = ({ rows, cols4 }: Tile, f: (r: number, c: number) => string) =>
  lines(rows, (r) => lines(cols4, (c) => f(r, c), " "), "\n    ");

/**
 * Multiplies four k into the sums named `sum`: four rows of b are a matrix, and a row of c grows by that matrix times four elements of a.
 * So a sum is read and written once in four k. Lost: four `fma` (1.1x on both CPU adapters), four `+=` with k outermost (1.8x on lavapipe).
 */
export function multiply(tile: Tile, spec: Form, a: Read, b: Read, sum = "c"): string {
  const { transA, transB } = spec;
  const four = (from: Read, i: number, inner: boolean) => {
    const columns = lines(4, (q) => summed(spec, inner ? from(4 * i + q, 0) : from(i, q)), ", ");
    return `${inner ? "transpose(" : ""}mat4x4${suffix(spec)}(${columns})${inner ? ")" : ""}`;
  };
  const rows = transA
    ? lines(tile.rows / 4, (i) => `let m${i} = transpose(${four(a, i, false)});`, " ")
    : lines(tile.rows, (r) => `let a${r} = ${summed(spec, a(r, 0))};`, " ");
  return `${rows}
    ${lines(tile.cols4, (c) => `let b${c} = ${four(b, c, transB)};`, " ")}
    ${forSums(tile, (r, c) => `${sum}${r}_${c} += b${c} * ${transA ? `m${r >> 2}[${r & 3}]` : `a${r}`};`)}`;
}

/** Multiplies one k into the sums: `a` of row r or of rows 4i … 4i+3, `b` likewise, without q. `four`: vec4f or vec4i. */
export function multiplyOne(tile: Tile, spec: Form, a: Read, b: Read, sum = "c", four = "vec4f"): string {
  const { transA, transB } = spec;
  return `${lines(transA ? tile.rows / 4 : tile.rows, (i) => `let a${i} = ${a(i, 0)};`, " ")}
    ${lines(tile.cols4, (c) => `let b${c} = ${summed(spec, transB ? `${four}(${lines(4, (j) => b(4 * c + j, 0), ", ")})` : b(c, 0))};`, " ")}
    ${forSums(tile, (r, c) => {
      const [to, x] = [`${sum}${r}_${c}`, transA ? `a${r >> 2}[${r & 3}]` : `a${r}`];
      return four === "vec4f" ? `${to} = fma(${summed(spec, `vec4f(${x})`)}, b${c}, ${to});` : `${to} += b${c} * ${x};`;
    })}`;
}

/** The last one to three k of `size`, one at a time. */
export const tail = (
  load: string,
  body: string,
  skip = "",
  size = "p.k",
): string => wgsl`// The last one to three k, one at a time.
  for (var kk = ${size} & 0xfffffffcu; kk < ${CAP}; kk++) {
    if (kk >= ${size}${skip}) { break; }
    ${load}
    ${body}
  }`;

interface Framing {
  functions?: string;
  builtins?: string;
  /** Workgroups that share a tile's k: each has its `slice`, and sums go unfinished into scratch `partial`. */
  slices?: number;
  /** Rows and columns of a block that the tile reads past the last are the last again, so that sums there may be stored over it. */
  clamped?: boolean;
}

/** The frame of matmul's tiled variants: sums are finished, then stored. */
export function frame(
  spec: Spec,
  tile: Tile,
  threads: readonly [number, number],
  body: string,
  { functions = "", ...more }: Framing = {},
): string {
  const put = store(spec, { to: more.slices ? "partial" : "c", clamped: more.clamped ?? false });
  return outline(spec, tile, threads, body, `${put}\n${functions}`, { ...more, T: `vec4${suffix(spec)}` });
}

/**
 * The frame of every tiled variant: finds this workgroup's tile of c and this thread's `row` and `col` in it, sums, and stores.
 * `functions` hold `put(matrix, row, col, sum)`, sums are of type T.
 * Stores are unrolled: a loop over an array of the sums compiles faster, but takes twice the time on SwiftShader.
 */
export function outline(
  spec: Pick<Spec, "batch"> & Partial<Pick<Spec, "transA" | "vecA" | "bias">>,
  tile: Tile,
  [x, y]: readonly [number, number],
  body: string,
  functions: string,
  { builtins = "", T = "vec4f", slices, clamped = false }: Omit<Framing, "functions"> & { T?: string } = {},
): string {
  const group = "wid.y * groups.x + wid.x";
  // Four rows (columns) that are read as one vec4 are clamped as one.
  const rowAt = (r: number) => {
    if (!clamped) return `row + ${r}u`;
    return spec.transA && spec.vecA ? `min(row + ${r & ~3}u, p.m - 4u) + ${r & 3}u` : `min(row + ${r}u, p.m - 1u)`;
  };
  const bias = spec.bias && !slices;
  const puts = (c: number) =>
    wgsl`${bias ? `let bias${c} = bias_at(col + ${4 * c}u);\n  ` : ""}${lines(
      tile.rows,
      (r) =>
        `put(${slices ? "slice * p.batch + " : ""}matrix, ${rowAt(r)}, col + ${4 * c}u, c${r}_${c}${bias ? `, bias${c}` : ""});`,
      "\n  ",
    )}`;
  return wgsl`
const ROWS = ${tile.rows * y}u; // of a workgroup
const COLUMNS = ${4 * tile.cols4 * x}u;
${matrices(spec)}
${functions}

@compute @workgroup_size(${x}, ${y})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) thread: vec3u${builtins}) {
  let group = ${slices ? `(${group}) / ${slices}u;\n  let slice = (${group}) % ${slices}u` : group};
  let across = (p.n + COLUMNS - 1u) / COLUMNS;
  let down = (p.m + ROWS - 1u) / ROWS;
  let matrix = group / (across * down);
  if (matrix >= p.batch) { return; }
  let row0 = group / across % down * ROWS;
  let col0 = group % across * COLUMNS;
  let row = row0 + thread.y * ${tile.rows}u;
  let col = col0 + thread.x * ${4 * tile.cols4}u;
  let base = matrices(matrix) * vec2u(p.m * p.k, p.k * p.n);
  ${forSums(tile, (r, c) => `var c${r}_${c} = ${T}();`)}
${body}
  ${clamped ? "if (row >= p.m || col >= p.n) { return; }" : ""}
  ${lines(tile.cols4, (c) => (clamped && c > 0 ? `if (col + ${4 * c}u < p.n) {\n  ${puts(c)}\n  }` : puts(c)), "\n  ")}
}
`;
}
