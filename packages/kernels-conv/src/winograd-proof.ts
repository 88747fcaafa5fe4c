// What convWinograd is: conv, by another way to the same sums.
import { countOf, type Problem } from "@tilewright/runtime";
import type { P } from "./problem.ts";
import * as conv from "./proof.ts";
import { type Matrix, transforms, type WinogradSpec } from "./winograd.ts";

export { reference } from "./proof.ts";

/** As of `conv`, of the sums that the transforms make. */
export function bound(
  problem: Problem<P, WinogradSpec>,
  values: Parameters<typeof conv.bound>[1],
  y: { readonly y: Float64Array },
): { readonly y: Float64Array } {
  const { params, spec } = problem;
  const { x, w } = values;
  const { roundings } = transforms[spec.outputs];
  return conv.bound(problem, values, y, { met: (f, g) => met(problem, x, w, f, g), terms: params.ci, roundings });
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
function met(
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
  const step = conv.filterSteps(problem);
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
  for (const [image, ty, tx] of conv.visit([batch, Math.ceil(yh / m), Math.ceil(yw / m)])) {
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
      for (const [, r, k] of conv.visit([1, m, m])) {
        const [h, v] = [ty * m + r, tx * m + k];
        if (h < yh && v < yw)
          sizes[spec.last ? ((image * yh + h) * yw + v) * co + o : ((image * co + o) * yh + h) * yw + v] = out[r]![k]!;
      }
    }
  }
  return sizes;
}
