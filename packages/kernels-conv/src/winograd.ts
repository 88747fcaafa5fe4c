// Winograd's minimal filtering, F(m x m, 3x3): y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A over tiles of m x m outputs. Matrices of Lavin and Gray,
// "Fast Algorithms for Convolutional Neural Networks", 2015, arXiv:1509.09308.
import { countOf, type Params, type Problem } from "@tilewright/runtime";
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
  /** Of these, on the way from a filter. */
  readonly filterRoundings: number;
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
    filterRoundings: 4,
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
    filterRoundings: 8,
  },
};

/** What changes the text of Winograd's algorithm. */
export interface WinogradSpec extends Spec {
  /** Outputs along a tile. */
  readonly outputs: 2 | 4;
  /** w is what winogradFilter made of a filter. */
  readonly transformed?: true | undefined;
}

/** What changes the text of a filter's transform. */
export type FilterSpec = Pick<WinogradSpec, "outputs" | "filter" | "kernel" | "transposed">;

/** A transformed filter's shape: points of the transform, input and output channels, both up to a multiple of 4. */
export const transformedShape = (outputs: 2 | 4, ci: number, co: number): readonly [number, number, number] => [
  (outputs + 2) ** 2,
  4 * Math.ceil(ci / 4),
  4 * Math.ceil(co / 4),
];

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

type Numbers = ArrayLike<number>;
type Square = readonly (readonly number[])[];
const square = (n: number, value: (r: number, c: number) => number): number[][] =>
  Array.from({ length: n }, (_, r) => Array.from({ length: n }, (_, c) => value(r, c)));

/** M v Mᵀ in numbers; of sizes, with the sizes of M. */
const spread = (matrix: Matrix, v: Square, sizes: boolean): number[][] => {
  const m = sizes ? matrix.map((row) => row.map(Math.abs)) : matrix;
  const half = m.map((row) => v[0]!.map((_, j) => row.reduce((sum, c, i) => sum + c * v[i]![j]!, 0)));
  return half.map((row) => m.map((coefficients) => coefficients.reduce((sum, c, j) => sum + c * row[j]!, 0)));
};

/** A transformed filter, G g Gᵀ for each pair of channels, laid out as {@link transformedShape} says; `g` gives elements of w, or with `sizes` their sizes. */
export function transformFilter(
  { params, spec }: { readonly params: Params<"groups" | "ci" | "co">; readonly spec: FilterSpec },
  w: Numbers,
  g: (v: number) => number,
  sizes: boolean,
): Float64Array {
  const { ci, co } = params;
  const m = spec.outputs;
  const [points, inner, outer] = transformedShape(m, ci, co);
  const step = filterSteps({ params, spec });
  const u = new Float64Array(points * inner * outer);
  for (const [, c, o] of visit([1, ci, co])) {
    const taps = square(3, (r, k) => g(w[o * step.o + c * step.i + (3 * r + k) * step.tap]!));
    spread(transforms[m].g, taps, sizes)
      .flat()
      .forEach((value, point) => {
        u[(point * inner + c) * outer + o] = value;
      });
  }
  return u;
}

/** Σ Aᵀ [u ⊙ (Bᵀ d B)] A over channels, of a transformed filter u, for every element of y; `f` gives elements of x, or with `sizes` their sizes. */
export function overTiles(
  problem: Problem<P, WinogradSpec>,
  x: Numbers,
  u: Numbers,
  f: (v: number) => number,
  sizes: boolean,
): Float64Array {
  const { params, spec, types } = problem;
  const { batch, ci, co, xh, xw, yh, yw, ph, pw } = params;
  const m = spec.outputs;
  const { a, b } = transforms[m];
  const [, inner, outer] = transformedShape(m, ci, co);
  const y = new Float64Array(countOf(types["y"]!.shape));
  for (const [image, ty, tx] of visit([batch, Math.ceil(yh / m), Math.ceil(yw / m)])) {
    const tiles = Array.from({ length: ci }, (_, c) =>
      spread(
        b,
        square(m + 2, (r, k) => {
          const [h, v] = [ty * m + r - ph, tx * m + k - pw];
          if (h < 0 || h >= xh || v < 0 || v >= xw) return 0;
          return f(x[spec.last ? ((image * xh + h) * xw + v) * ci + c : ((image * ci + c) * xh + h) * xw + v]!);
        }),
        sizes,
      ),
    );
    for (let o = 0; o < co; o++) {
      const products = square(m + 2, (r, k) =>
        tiles.reduce((sum, tile, c) => sum + tile[r]![k]! * u[(((m + 2) * r + k) * inner + c) * outer + o]!, 0),
      );
      const out = spread(a, products, sizes);
      for (const [, r, k] of visit([1, m, m])) {
        const [h, v] = [ty * m + r, tx * m + k];
        if (h < yh && v < yw)
          y[spec.last ? ((image * yh + h) * yw + v) * co + o : ((image * co + o) * yh + h) * yw + v] = out[r]![k]!;
      }
    }
  }
  return y;
}

/**
 * What sums of products meet on their way, for every element of y: |Aᵀ| [Σ over channels (|G| |g| |Gᵀ|) ⊙ (|Bᵀ| |d| |B|)] |A|. No rounding of a
 * term is more than half a ULP of it. f and g give sizes of elements of x and w.
 */
export function met(
  problem: Problem<P, WinogradSpec>,
  x: Numbers,
  w: Numbers,
  f: (v: number) => number,
  g: (v: number) => number,
): Float64Array {
  const u = problem.spec.transformed ? Float64Array.from(w, g) : transformFilter(problem, w, g, true);
  return overTiles(problem, x, u, f, true);
}
