// What matmul is, in plain float64 loops, and how far a float32 evaluation may stray from it.
import { broadcastIndex, countOf, type Problem } from "@tilewright/runtime";
import { LEAST, strayed } from "./bound.ts";
import { formulas } from "./formulas.ts";
import type { Spec } from "./matmul.ts";

/** A call of matmul, or of a kernel that is matmul with its b made of other operands. */
export type Product = Pick<Problem<"m" | "n" | "k" | "alpha" | "beta", Spec>, "params" | "spec" | "types">;

type Numbers = ArrayLike<number>;
interface Sides {
  readonly bias?: Numbers | undefined;
  readonly residual?: Numbers | undefined;
}
type Values = Sides & { readonly a: Numbers; readonly b: Numbers };

/** activation(alpha · op(a) · op(b) + bias + beta · residual) */
export function reference(problem: Product, { a, b, ...added }: Values): { readonly c: Float64Array } {
  const { params, spec } = problem;
  const f = spec.activation ? formulas[spec.activation].f : (x: number) => x;
  return { c: contract(problem, a, b).map((sum, i) => f(params.alpha * sum + addedTo(problem, added, i))) };
}

/** Σ over k of f(a) · g(b) for every element of c, in float64; `peaks` learns how large each sum was on its way. */
function contract(
  { spec, types, params: { n, k } }: Product,
  a: Numbers,
  b: Numbers,
  f = (x: number) => x,
  g = f,
  peaks?: Float64Array,
): Float64Array {
  const { shape } = types["c"]!;
  const m = shape.at(-2)!;
  const lead = shape.slice(0, -2);
  const sums = new Float64Array(countOf(shape));
  const right = new Float64Array(k * n); // one matrix of g(b), as [k, n]
  for (let batch = 0; batch < countOf(lead); batch++) {
    const atA = broadcastIndex(types["a"]!.shape.slice(0, -2), lead, batch) * m * k;
    const atB = broadcastIndex(types["b"]!.shape.slice(0, -2), lead, batch) * k * n;
    for (let i = 0; i < k; i++)
      for (let col = 0; col < n; col++) right[i * n + col] = g(b[atB + (spec.transB ? col * k + i : i * n + col)]!);
    for (let row = 0; row < m; row++) {
      for (let i = 0; i < k; i++) {
        const x = f(a[atA + (spec.transA ? i * m + row : row * k + i)]!);
        const at = (batch * m + row) * n;
        for (let col = 0; col < n; col++) sums[at + col]! += x * right[i * n + col]!;
        if (peaks) for (let col = 0; col < n; col++) peaks[at + col] = Math.max(peaks[at + col]!, Math.abs(sums[at + col]!));
      }
    }
  }
  return sums;
}

/** bias + beta · residual at element i of c; `f` sees each of the two. */
function addedTo(
  { types, params: { n, beta } }: Product,
  { bias, residual }: Sides,
  i: number,
  f = (x: number, _operand: string) => x,
): number {
  const side = bias ? f(bias[i % n]!, "bias") : 0;
  return residual ? side + f(beta * residual[broadcastIndex(types["residual"]!.shape, types["c"]!.shape, i)]!, "residual") : side;
}

/**
 * How far a correct float32 evaluation may be from the reference, element by element. A sum in f16 that overflows on its way is outside of it.
 * Where b is computed from other operands: `made.roundings` of each element, half a ULP each, and how much of it may be flushed.
 */
export function bound(
  problem: Product,
  { a, b, ...added }: Values,
  { c }: { readonly c: Float64Array },
  made?: { readonly roundings: number; readonly lost: Numbers },
): { readonly c: Float64Array } {
  const { params, types, spec } = problem;
  const { k, alpha } = params;
  const tiny = (x: number, operand: string) => (Math.abs(x) < LEAST[types[operand]!.dtype] ? Math.abs(x) : 0);
  const peaks = new Float64Array(c.length);
  const sums = contract(problem, a, b, undefined, undefined, peaks);
  const sizes = contract(problem, a, b, Math.abs);
  const lostA = contract(problem, a, b, (x) => tiny(x, "a"), Math.abs);
  const lostB = made ? contract(problem, a, made.lost, Math.abs) : contract(problem, a, b, Math.abs, (x) => tiny(x, "b"));
  const shape = spec.activation ? formulas[spec.activation] : undefined;
  return {
    c: sums.map((sum, i) =>
      strayed({
        sum: alpha * sum,
        size: Math.abs(alpha) * sizes[i]!,
        peak: Math.abs(alpha) * peaks[i]!,
        terms: k,
        roundings: made?.roundings ?? 0,
        before: alpha * sum + addedTo(problem, added, i),
        sides: addedTo(problem, added, i, Math.abs),
        flushed:
          Math.abs(alpha) * (lostA[i]! + lostB[i]! + k * LEAST[spec.halfSums ? "f16" : "f32"]) + addedTo(problem, added, i, tiny),
        after: c[i]!,
        dtype: types["c"]!.dtype,
        ...(spec.halfSums && { eps: 2 ** -10 }),
        ...(shape && { activation: shape }),
      }),
    ),
  };
}
