// What matmulInteger is, in plain loops of exact integers, and where rounding its rescaled sums may go either way.
import { broadcastIndex, countOf, type Problem } from "@tilewright/runtime";
import type { P, Spec } from "./matmul-integer.ts";

type Numbers = ArrayLike<number>;
interface Values {
  readonly a: Numbers;
  readonly b: Numbers;
  readonly aZero?: Numbers | undefined;
  readonly bZero?: Numbers | undefined;
  readonly scale?: Numbers | undefined;
  readonly zero?: Numbers | undefined;
}

/** Σ (op(a) - aZero) · (op(b) - bZero) for every element of c, modulo 2^32, as i32. */
function sums({ spec, types, params: { n, k } }: Problem<P, Spec>, { a, b, aZero, bZero }: Values): Int32Array {
  const { shape } = types["c"]!;
  const m = shape.at(-2)!;
  const lead = shape.slice(0, -2);
  const c = new Int32Array(countOf(shape));
  const zeroAt = (zero: Numbers | undefined, kind: string | undefined, matrix: number, size: number, i: number) => {
    if (!zero) return 0;
    return zero[kind === "" ? 0 : kind!.startsWith("b") ? matrix * size + i : i]!;
  };
  for (let batch = 0; batch < countOf(lead); batch++) {
    const inA = broadcastIndex(types["a"]!.shape.slice(0, -2), lead, batch);
    const inB = broadcastIndex(types["b"]!.shape.slice(0, -2), lead, batch);
    for (let row = 0; row < m; row++) {
      const za = zeroAt(aZero, spec.aZero, inA, m, row);
      for (let i = 0; i < k; i++) {
        const x = a[inA * m * k + (spec.transA ? i * m + row : row * k + i)]! - za;
        const at = (batch * m + row) * n;
        for (let col = 0; col < n; col++) {
          const y = b[inB * k * n + (spec.transB ? col * k + i : i * n + col)]! - zeroAt(bZero, spec.bZero, inB, n, col);
          c[at + col]! += Math.imul(x, y); // an Int32Array wraps
        }
      }
    }
  }
  return c;
}

/** The factor of element i of c. */
function factor({ spec, types }: Problem<P, Spec>, scale: Numbers, i: number): number {
  const [m, n] = types["c"]!.shape.slice(-2) as [number, number];
  return scale[spec.scale === "n" ? i % n : spec.scale === "m" ? Math.floor(i / n) % m : 0]!;
}

function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  const over = x - low;
  return over > 0.5 || (over === 0.5 && low % 2 !== 0) ? low + 1 : low;
}

export function reference(problem: Problem<P, Spec>, values: Values): { readonly c: Float64Array } {
  const { spec } = problem;
  const { scale, zero } = values;
  const exact = sums(problem, values);
  if (!scale) return { c: Float64Array.from(spec.c === "u32" ? new Uint32Array(exact.buffer) : exact) };
  const scaled = Float64Array.from(exact, (sum, i) => sum * factor(problem, scale, i));
  if (spec.c === "f32") return { c: scaled };
  const [least, most] = spec.c === "i8" ? [-128, 127] : [0, 255];
  return { c: scaled.map((x) => Math.min(most, Math.max(least, roundHalfEven(x) + (zero ? zero[0]! : 0)))) };
}

/**
 * Sums are exact: 0. A rescaled sum is rounded twice on its way (to f32, and times the factor), by up to a ULP each where WGSL leaves the direction
 * open; where that can carry it over a half, the neighbour is right too. What is exact in f32 may not move.
 */
export function bound(
  problem: Problem<P, Spec>,
  values: Values,
  { c }: { readonly c: Float64Array },
): { readonly c: Float64Array } {
  const { spec } = problem;
  const { scale } = values;
  if (!scale) return { c: new Float64Array(c.length) };
  const exact = sums(problem, values);
  return {
    c: c.map((value, i) => {
      const real = exact[i]! * factor(problem, scale, i);
      const error = Math.fround(exact[i]!) === exact[i] && Math.fround(real) === real ? 0 : 2 ** -22 * Math.abs(real);
      if (spec.c === "f32") return error + (Math.abs(value) < 2 ** -126 ? Math.abs(value) : 0);
      return error > 0 && Math.abs(real - Math.floor(real) - 0.5) <= error ? 1 : 0;
    }),
  };
}
