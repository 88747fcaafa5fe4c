// Products of matrices that lie packed in scratch, by a register tile straight from storage: Winograd's and im2col's. Terms and columns
// are filled up to fours, terms with zeros, so that nothing is ragged but the result.
import { forSums, lines, multiply } from "@tilewright/kernels-matmul/text";
import { CAP, wgsl } from "@tilewright/runtime";
import { entry, named } from "./tile.ts";

/** A thread's rows and columns; with `quad` 1 the lanes of a quad share their rows. */
export type ProductTile = { readonly rows: number; readonly columns: number; readonly quad: 0 | 1 };

/** A workgroup's threads, across and down: with quads they stand in a line, so that all own the same rows. */
const shape = ({ quad }: ProductTile) => (quad ? ([8, 1] as const) : ([8, 8] as const));

/** How many workgroups take `count` products of so many rows and fours of columns. */
export function productTiles(tile: ProductTile, count: number, rows: number, columns4: number): number {
  const [across, down] = shape(tile);
  return count * Math.ceil(rows / (tile.rows * down)) * Math.ceil((4 * columns4) / (tile.columns * across));
}

export interface Product {
  /** Names of the matrices, bound as vec4: `a` [count, rows, terms], `b` [count, terms, columns]. */
  readonly a: string;
  readonly b: string;
  /** WGSL of these sizes, columns and terms in fours; `given` are the statements before it. */
  readonly given: string;
  readonly count: string;
  readonly rows: string;
  readonly columns4: string;
  readonly terms4: string;
  /** WGSL that stores sums `c{r}_{c}` of every row of one four of columns; `matrix` is which product. Rows past the last are it again. */
  put(c: number, column: string, row: (r: number) => string): string;
}

/** Whole entry point of the products. */
export function product(tile: ProductTile, { a, b, given, count, rows, columns4, terms4, put }: Product): string {
  const cols4 = tile.columns / 4;
  const [across, down] = shape(tile);
  const { quad } = tile;
  const loads = quad ? tile.rows / 4 : tile.rows;
  const sums = { rows: tile.rows, cols4 };
  return wgsl`${entry(shape(tile), quad === 1)}
  ${given}
  let across = (${columns4} + ${cols4 * across - 1}u) / ${cols4 * across}u;
  let down = (${rows} + ${tile.rows * down - 1}u) / ${tile.rows * down}u;
  let matrix = index / (across * down);
  if (matrix >= ${count}) { return; }
  let row = index / across % down * ${tile.rows * down}u + thread.y * ${tile.rows}u;
  let col = index % across * ${cols4 * across}u + thread.x * ${cols4}u;
  ${quad ? "let lane = invocation & 3u;" : ""}
  ${named(loads, "a_at", (i) => `(matrix * ${rows} + min(row + ${quad ? `${4 * i}u + lane` : `${i}u`}, ${rows} - 1u)) * ${terms4}`)}
  ${named(cols4, "b_at", (c) => `matrix * 4u * ${terms4} * ${columns4} + min(col + ${c}u, ${columns4} - 1u)`)}
  ${forSums(sums, (r, c) => `var c${r}_${c} = vec4f();`)}
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= ${terms4}) { break; }
    ${quad ? lines(loads, (i) => `let q${i} = load_${a}(a_at${i} + k);`, " ") : ""}
    ${multiply(
      sums,
      { transA: false, transB: false },
      (r) => (quad ? `quadBroadcast(q${r >> 2}, ${r & 3}u)` : `load_${a}(a_at${r} + k)`),
      (c, q) => `load_${b}(b_at${c} + (4u * k + ${q}u) * ${columns4})`,
    )}
  }
  if (row >= ${rows} || col >= ${columns4}) { return; }
  ${lines(
    cols4,
    (c) => wgsl`if (col + ${c}u < ${columns4}) {
  ${put(c, `col + ${c}u`, (r) => `min(row + ${r}u, ${rows} - 1u)`)}
  }`,
    "\n  ",
  )}
}
`;
}
