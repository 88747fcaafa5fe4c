// Winograd's minimal filtering, F(m x m, 3x3): y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A over tiles of m x m outputs. Matrices of Lavin and Gray,
// "Fast Algorithms for Convolutional Neural Networks", 2015, arXiv:1509.09308.

export type Matrix = readonly (readonly number[])[];
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
