// Winograd's minimal filtering, F(m x m, 3x3): y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A over tiles of m x m outputs. Matrices of Lavin and Gray,
// "Fast Algorithms for Convolutional Neural Networks", 2015, arXiv:1509.09308.
import { countOf, type Problem } from "@tilewright/runtime";
import type { P, Spec } from "./problem.ts";
import { filterSteps, visit } from "./reference.ts";

type Matrix = readonly (readonly number[])[];
interface Transforms {
  /** Of an input tile, of a filter, and of sums. */
  readonly b: Matrix;
  readonly g: Matrix;
  readonly a: Matrix;
  /** How often a term is rounded on its way through them, at most. */
  readonly roundings: number;
}

export const transforms: Readonly<Record<2 | 4, Transforms>> = {
  2: {
    b: [
      [1, 0, -1, 0],
      [0, 1, 1, 0],
      [0, -1, 1, 0],
      [0, 1, 0, -1],
    ],
    g: [
      [1, 0, 0],
      [0.5, 0.5, 0.5],
      [0.5, -0.5, 0.5],
      [0, 0, 1],
    ],
    a: [
      [1, 1, 1, 0],
      [0, 1, -1, -1],
    ],
    // Two dimensions of 1, 2 and 2 additions; halves are exact.
    roundings: 10,
  },
  4: {
    b: [
      [4, 0, -5, 0, 1, 0],
      [0, -4, -4, 1, 1, 0],
      [0, 4, -4, -1, 1, 0],
      [0, -2, -1, 2, 1, 0],
      [0, 2, -1, -2, 1, 0],
      [0, 4, 0, -5, 0, 1],
    ],
    g: [
      [1 / 4, 0, 0],
      [-1 / 6, -1 / 6, -1 / 6],
      [-1 / 6, 1 / 6, -1 / 6],
      [1 / 24, 1 / 12, 1 / 6],
      [1 / 24, -1 / 12, 1 / 6],
      [0, 0, 1],
    ],
    a: [
      [1, 1, 1, 1, 1, 0],
      [0, 1, -1, 2, -2, 0],
      [0, 1, 1, 4, 4, 0],
      [0, 1, -1, 8, -8, 1],
    ],
    // Two dimensions of 3 additions and a product; 2, a product and its constant; 4 additions.
    roundings: 24,
  },
};

/** What changes the text of Winograd's algorithm. */
export interface WinogradSpec extends Spec {
  /** Outputs along a tile. */
  readonly outputs: 2 | 4;
}

/** WGSL of Σ coefficient · name. */
const combined = (coefficients: readonly number[], names: readonly string[]): string =>
  coefficients
    .map((c, i) => [c, names[i]!] as const)
    .filter(([c]) => c !== 0)
    .map(([c, name], i) => {
      const size = Math.abs(c) === 1 ? name : `${Number.isInteger(c) ? `${Math.abs(c)}.0` : Math.abs(c)} * ${name}`;
      return i === 0 ? (c < 0 ? `-${size}` : size) : `${c < 0 ? "-" : "+"} ${size}`;
    })
    .join(" ");

/** WGSL of M v Mᵀ: from `v{row}_{column}` by `half{row}_{column}` to `to{row}_{column}`. */
export function transformed(matrix: Matrix, v: string, half: string, to: string): string {
  const size = matrix[0]!.length;
  const columns = Array.from({ length: size }, (_, j) => j);
  return [
    ...matrix.flatMap((row, r) =>
      columns.map(
        (j) =>
          `let ${half}${r}_${j} = ${combined(
            row,
            columns.map((i) => `${v}${i}_${j}`),
          )};`,
      ),
    ),
    ...matrix.flatMap((_, r) =>
      matrix.map(
        (row, s) =>
          `let ${to}${r}_${s} = ${combined(
            row,
            columns.map((j) => `${half}${r}_${j}`),
          )};`,
      ),
    ),
  ].join("\n  ");
}

/** M v Nᵀ of sizes, in numbers. */
const spread = (matrix: Matrix, v: readonly (readonly number[])[]): number[][] => {
  const half = matrix.map((row) => v[0]!.map((_, j) => row.reduce((sum, c, i) => sum + Math.abs(c) * v[i]![j]!, 0)));
  return half.map((row) => matrix.map((coefficients) => coefficients.reduce((sum, c, j) => sum + Math.abs(c) * row[j]!, 0)));
};

/**
 * What sums of products meet on their way, for every element of y: |Aᵀ| [Σ over channels (|G| |g| |Gᵀ|) ⊙ (|Bᵀ| |d| |B|)] |A|. No rounding of a
 * term is more than half a ULP of it. f and g give sizes of elements of x and w.
 */
export function met(
  problem: Problem<P, WinogradSpec>,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  f: (v: number) => number,
  g: (v: number) => number,
): Float64Array {
  const { params, spec, types } = problem;
  const { batch, ci, co, xh, xw, yh, yw, ph, pw } = params;
  const m = spec.outputs;
  const { a, b, g: filter } = transforms[m];
  const step = filterSteps(problem);
  const sizes = new Float64Array(countOf(types["y"]!.shape));
  const square = (n: number, value: (r: number, c: number) => number) =>
    Array.from({ length: n }, (_, r) => Array.from({ length: n }, (_, c) => value(r, c)));
  const filters = Array.from({ length: co }, (_, o) =>
    Array.from({ length: ci }, (_, c) =>
      spread(
        filter,
        square(3, (r, k) => g(w[o * step.o + c * step.i + (3 * r + k) * step.tap]!)),
      ),
    ),
  );
  for (const [image, ty, tx] of visit([batch, Math.ceil(yh / m), Math.ceil(yw / m)])) {
    const tiles = Array.from({ length: ci }, (_, c) =>
      spread(
        b,
        square(m + 2, (r, k) => {
          const [h, v] = [ty * m + r - ph, tx * m + k - pw];
          if (h < 0 || h >= xh || v < 0 || v >= xw) return 0;
          return f(x[spec.last ? ((image * xh + h) * xw + v) * ci + c : ((image * ci + c) * xh + h) * xw + v]!);
        }),
      ),
    );
    for (let o = 0; o < co; o++) {
      const products = square(m + 2, (r, k) => tiles.reduce((sum, tile, c) => sum + tile[r]![k]! * filters[o]![c]![r]![k]!, 0));
      const out = spread(a, products);
      for (const [, r, k] of visit([1, m, m])) {
        const [h, v] = [ty * m + r, tx * m + k];
        if (h < yh && v < yw)
          sizes[spec.last ? ((image * yh + h) * yw + v) * co + o : ((image * co + o) * yh + h) * yw + v] = out[r]![k]!;
      }
    }
  }
  return sizes;
}
