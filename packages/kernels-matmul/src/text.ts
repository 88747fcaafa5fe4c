// WGSL that the variants share. Everything here is whole functions or unrolled lines; the variants read top to bottom.
import { type Lanes, wgsl } from "@tilewright/runtime";
import { finish } from "./epilogue.ts";
import type { P, Spec } from "./matmul.ts";

/** A loop cap that no k reaches: loops with a constant bound and a break are free of the compiler's 64-bit guard. */
export const CAP = "0x40000000u";

export const lanes = ({ vecA, vecB, vecC }: Spec): Lanes => ({ a: vecA ? 4 : 1, b: vecB ? 4 : 1, bias: vecC ? 4 : 1, c: vecC ? 4 : 1 });

export const lines = (count: number, line: (i: number) => string, separator = "\n"): string => Array.from({ length: count }, (_, i) => line(i)).join(separator);

/** How many tiles of c there are. */
export const tilesOf = ({ m, n, batch }: { readonly [K in P]: number }, rows: number, columns: number): number => Math.ceil(m / rows) * Math.ceil(n / columns) * batch;

/** `matrices(i)`: which matrix of a (x) and of b (y) make matrix i of c. One line for each group of leading dimensions, innermost first. */
export function matrices({ batch }: Spec): string {
  const groups = [...batch].reverse();
  const lines = groups.map((kind, i) => {
    const last = i === groups.length - 1;
    const size = `p.d${groups.length - 1 - i}`;
    const index = last ? "rest" : `rest % ${size}`;
    const [inA, inB] = [kind !== "b", kind !== "a"];
    return [
      inA && `at.x += (${index}) * step.x;`,
      inB && `at.y += (${index}) * step.y;`,
      !last && `step *= vec2u(${inA ? size : "1u"}, ${inB ? size : "1u"}); rest /= ${size};`,
    ]
      .filter(Boolean)
      .join(" ");
  });
  return wgsl`fn matrices(i: u32) -> vec2u {
  var rest = i; var at = vec2u(); var step = vec2u(1u);
  ${lines.join("\n  ")}
  return at;
}`;
}

/** `bias_at` and `put(matrix, row, col, sum)`: finishes and stores four columns of one row of c, those that exist. */
export function store(spec: Spec): string {
  const four = (f: (j: number) => string) => lines(4, f, ", ");
  const bias = spec.vecC ? "load_bias(col >> 2u)" : `vec4f(${four((j) => `load_bias(min(col + ${j}u, p.n - 1u))`)})`;
  const put = spec.vecC ? "store_c(at >> 2u, v);" : lines(4, (j) => `if (col + ${j}u < p.n) { store_c(at + ${j}u, v[${j}]); }`, "\n  ");
  return wgsl`${spec.bias ? `fn bias_at(col: u32) -> vec4f { return ${bias}; }` : ""}
${finish(spec, 4)}
fn put(matrix: u32, row: u32, col: u32, sum: vec4f) {
  if (row >= p.m || col >= p.n) { return; }
  let v = finish(sum, col);
  let at = (matrix * p.m + row) * p.n + col;
  ${put}
}`;
}

/**
 * A register tile: `rows` x 4 · `cols4` sums in named vec4 (an array indexed in a loop is 5x slower on SwiftShader).
 * Tiles lie in memory as they were stored, so a vec4 is either four k of one row (column), or four rows (columns) of one k;
 * `a(i, q)` and `b(i, q)` say how to read one: of row i, or of rows 4i … 4i+3 at k q, likewise for columns.
 */
export interface Registers {
  readonly rows: number;
  readonly cols4: number;
}

export const sums = ({ rows, cols4 }: Registers): string => lines(rows, (r) => lines(cols4, (c) => `var c${r}_${c} = vec4f();`, " "), "\n  ");

export const putAll = ({ rows, cols4 }: Registers): string => lines(rows, (r) => lines(cols4, (c) => `put(matrix, row + ${r}u, col + ${c * 4}u, c${r}_${c});`, " "), "\n  ");

/**
 * Multiplies one block of four k into the sums. Row by row, so that a sum stays in its register for all four k
 * (k outermost took 1.7x on lavapipe); `fma` because SwiftShader does not contract (1.2x). `rowsOfA` are the lines that load a as `a{r}`, or as `a{i}_{q}` where a is transposed. */
export function multiply({ rows, cols4 }: Registers, { transA, transB }: Spec, loadA: string, b: (i: number, q: number) => string): string {
  const a = (r: number, q: number) => (transA ? `a${r >> 2}_${q}[${r & 3}]` : `a${r}[${q}]`);
  const columns = transB ? lines(cols4 * 4, (j) => `let t${j} = ${b(j, 0)};`, " ") : "";
  const bAt = (c: number, q: number) => (transB ? `vec4f(${lines(4, (j) => `t${c * 4 + j}[${q}]`, ", ")})` : b(c, q));
  const steps = [
    lines(4, (q) => lines(cols4, (c) => `let b${q}_${c} = ${bAt(c, q)};`, " "), "\n    "),
    lines(rows, (r) => lines(cols4, (c) => lines(4, (q) => `c${r}_${c} = fma(vec4f(${a(r, q)}), b${q}_${c}, c${r}_${c});`, " "), "\n    "), "\n    "),
  ].join("\n    ");
  return [loadA, columns, steps].filter(Boolean).join("\n    ");
}
