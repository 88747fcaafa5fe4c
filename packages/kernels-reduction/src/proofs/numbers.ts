// Formulas are written once, over an arithmetic: in plain float64 they are the reference, with an error carried along they are the bound.
import type { DType, Problem, TensorType } from "@tilewright/runtime";

/** What formulas are written in. */
export interface Arithmetic<N> {
  /** An element as it lies in memory. */
  of(x: number, dtype?: DType): N;
  value(x: N): number;
  add(a: N, b: N): N;
  sub(a: N, b: N): N;
  mul(a: N, b: N): N;
  div(a: N, b: N): N;
  exp(x: N): N;
  log(x: N): N;
  sqrt(x: N): N;
  abs(x: N): N;
  /** NaN where any is; -infinity of nothing. */
  max(xs: readonly N[]): N;
  /** In any order. */
  sum(xs: readonly N[]): N;
  /** The sums of 1, 2, 3 … of them. */
  scan(xs: readonly N[]): N[];
  /** Σ exp(x − max): as one pass makes it, rescaling at every new maximum. */
  sumExp(xs: readonly N[], max: N): N;
}

const most = (xs: readonly number[]) => xs.reduce((a, b) => (Number.isNaN(a) || a > b ? a : b), -Infinity);

export const plain: Arithmetic<number> = {
  of: (x) => x,
  value: (x) => x,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  max: most,
  sum: (xs) => xs.reduce((a, b) => a + b, 0),
  scan: (xs) => {
    let all = 0;
    return xs.map((x) => {
      all += x;
      return all;
    });
  },
  sumExp: (xs, max) => xs.reduce((a, b) => a + Math.exp(b - max), 0),
};

/** A value and how far a correct float32 evaluation may be from it. */
export interface Rough {
  readonly v: number;
  readonly e: number;
}

const ULP = 2 ** -23;
const LEAST = 2 ** -126;
/** The least normal number: what is smaller may be flushed to zero. */
const leastOf = (dtype: DType | undefined): number => (dtype === "f16" ? 2 ** -14 : dtype === "f32" ? LEAST : 0);

const rough = (v: number, e: number): Rough => ({ v, e });
/** What is not finite is compared as it is, and has no error. */
const rounded = (v: number, e: number, ulps = 0.5): Rough =>
  rough(v, Number.isFinite(v) ? e + ulps * ULP * Math.abs(v) + LEAST : 0);
/** Elements that one thread sums one after another at most: a longer row is cut (LONGEST in layout.ts), and it keeps 4 sums. */
const CHAIN = 2 ** 14;

/**
 * The error of a sum in any order. Partial sums lose up to half a ULP of their size a step; where signs mix that is a random walk,
 * 4·√k steps of Σ|x|, where one sign rules k steps (Higham, Accuracy and Stability of Numerical Algorithms, 2002, §4.2).
 */
function scan(xs: readonly Rough[], chain: number): Rough[] {
  let [v, e, size, peak, count] = [0, 0, 0, 0, 0];
  return xs.map((x) => {
    v += x.v;
    e += x.e;
    size += Math.abs(x.v);
    peak = Math.max(peak, Math.abs(v));
    const k = Math.min(++count, chain + Math.log2(count));
    const steps = peak > size / 2 ? k : Math.min(k, 4 * Math.sqrt(k));
    return rough(v, e + (steps / 2 + 1) * ULP * size + count * LEAST);
  });
}
const sum = (xs: readonly Rough[]): Rough => scan(xs, CHAIN).at(-1) ?? rough(0, 0);

const exp = (x: Rough, more = 0): Rough => {
  const v = Math.exp(x.v);
  // WGSL allows exp 3 + 2|x| ULP.
  return rough(v, v === 0 ? LEAST : v * (Math.expm1(Math.min(x.e, 60)) + (3 + 2 * Math.abs(x.v) + more) * ULP) + LEAST);
};
const sub = (a: Rough, b: Rough): Rough => rounded(a.v - b.v, a.e + b.e);

export const tracked: Arithmetic<Rough> = {
  // Integers beyond 2^24 are rounded where they are taken as floats.
  of: (x, dtype) =>
    rough(
      x,
      Math.abs(x) < leastOf(dtype) ? Math.abs(x) : Math.abs(x) > 2 ** 24 && /[iu]32/.test(dtype ?? "") ? Math.abs(x) * ULP : 0,
    ),
  value: ({ v }) => v,
  add: (a, b) => rounded(a.v + b.v, a.e + b.e),
  sub,
  mul: (a, b) => rounded(a.v * b.v, Math.abs(a.v) * b.e + Math.abs(b.v) * a.e + a.e * b.e),
  div: (a, b) => {
    const v = a.v / b.v;
    // 2.5 ULP. A divisor that may be zero makes anything possible.
    return rounded(v, (a.e + Math.abs(v) * b.e) / Math.max(Math.abs(b.v) - b.e, 0), 2.5);
  },
  exp,
  log: (x) => {
    const v = Math.log(x.v);
    // 3 ULP, or 2^-21 near 1.
    return rough(v, (x.e ? -Math.log1p(-Math.min(x.e / x.v, 1)) : 0) + Math.max(3 * ULP * Math.abs(v), 2 ** -21));
  },
  sqrt: (x) => {
    const v = Math.sqrt(x.v);
    return rounded(v, x.e ? v - Math.sqrt(Math.max(x.v - x.e, 0)) : 0, 4.5);
  },
  abs: ({ v, e }) => rough(Math.abs(v), e),
  max: (xs) =>
    rough(
      most(xs.map(({ v }) => v)),
      xs.reduce((e, x) => Math.max(e, x.e), 0),
    ),
  sum,
  scan: (xs) => scan(xs, 4 * CHAIN), // one sum a row, not four
  sumExp: (xs, max) => {
    // Each new maximum multiplies what is there by one more exp: those in this order, or the harmonic number of any random one.
    let [records, last] = [0, -Infinity];
    for (const { v } of xs)
      if (v > last) {
        records++;
        last = v;
      }
    const rescales = Math.min(xs.length, Math.max(records, 4 * Math.log(xs.length + 2)));
    return sum(xs.map((x) => exp(sub(x, max), 4 * rescales)));
  },
};

type Numbers = ArrayLike<number>;
type Values = { readonly [operand: string]: Numbers | undefined };

/** What a kernel computes, for each output; written once for any arithmetic. */
export type Formula<P extends string, Spec, Out extends string> = <N>(
  f: Arithmetic<N>,
  problem: Problem<P, Spec>,
  /** Element i of an operand. */
  at: (operand: string, i: number) => N,
) => { readonly [K in Out]?: readonly N[] };

/** What rounding the result to its type may add. */
function stored({ v, e }: Rough, { dtype }: TensorType): number {
  if (dtype === "i32" || dtype === "u32") return e;
  const size = Math.abs(v);
  return e + (dtype === "f16" ? 2 ** -10 : ULP / 2) * size + (size < leastOf(dtype) ? size : 0) + LEAST;
}

/** The reference and its bounds, of one formula. */
export function prove<P extends string, Spec, Out extends string>(formula: Formula<P, Spec, Out>) {
  const over = <N>(f: Arithmetic<N>, problem: Problem<P, Spec>, inputs: Values) =>
    Object.entries(formula(f, problem, (operand, i) => f.of(inputs[operand]![i]!, problem.types[operand]!.dtype))) as unknown as [
      Out,
      readonly N[],
    ][];
  type All = { readonly [K in Out]: Float64Array };
  return {
    reference: (problem: Problem<P, Spec>, inputs: object): All =>
      Object.fromEntries(over(plain, problem, inputs as Values).map(([name, all]) => [name, Float64Array.from(all)])) as All,
    bound: (problem: Problem<P, Spec>, inputs: object): All =>
      Object.fromEntries(
        over(tracked, problem, inputs as Values).map(([name, all]) => [
          name,
          Float64Array.from(all, (x) => stored(x, problem.types[name]!)),
        ]),
      ) as All,
  };
}
