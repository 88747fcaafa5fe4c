// What convWinograd is: conv, by another way to the same sums; of a transformed filter, that way itself.
import { countOf, type Params, type Problem } from "@tilewright/runtime";
import type { P } from "./problem.ts";
import * as conv from "./proof.ts";
import { type Matrix, transforms } from "./transforms.ts";
import { type FilterSpec, transformedShape, type WinogradSpec } from "./winograd.ts";

type Values = Parameters<typeof conv.bound>[1];
type Winograd = Problem<P, WinogradSpec>;

/** Σ of a transformed filter; of any other it is `conv`'s. */
const transformedSums = (problem: Winograd, { x, w }: Values) =>
  problem.spec.transformed && overTiles(problem, x, w, (v) => v, false);

export const reference = (problem: Winograd, values: Values): { readonly y: Float64Array } =>
  conv.reference(problem, values, transformedSums(problem, values));

/** As of `conv`, of the sums that the transforms make. */
export function bound(problem: Winograd, values: Values, y: { readonly y: Float64Array }): { readonly y: Float64Array } {
  const { params, spec } = problem;
  const { x, w } = values;
  const { roundings, filterRoundings } = transforms[spec.outputs];
  return conv.bound(problem, values, y, {
    met: (f, g) => met(problem, x, w, f, g),
    sums: transformedSums(problem, values),
    terms: params.ci,
    roundings: spec.transformed ? roundings - filterRoundings : roundings,
  });
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
  const step = conv.filterSteps({ params, spec });
  const u = new Float64Array(points * inner * outer);
  for (const [, c, o] of conv.visit([1, ci, co])) {
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
function overTiles(
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
  for (const [image, ty, tx] of conv.visit([batch, Math.ceil(yh / m), Math.ceil(yw / m)])) {
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
      for (const [, r, k] of conv.visit([1, m, m])) {
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
function met(
  problem: Problem<P, WinogradSpec>,
  x: Numbers,
  w: Numbers,
  f: (v: number) => number,
  g: (v: number) => number,
): Float64Array {
  const u = problem.spec.transformed ? Float64Array.from(w, g) : transformFilter(problem, w, g, true);
  return overTiles(problem, x, u, f, true);
}
