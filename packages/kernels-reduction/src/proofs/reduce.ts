// What reductions are: a row's values to the result.
import type { DType, Problem } from "@tilewright/runtime";
import type { ViewParam } from "../layout.ts";
import type { ReduceSpec } from "../reduction.ts";
import { type Arithmetic, prove } from "./numbers.ts";
import { offsets, sizesOf } from "./rows.ts";

type Formula = <N>(f: Arithmetic<N>, xs: readonly N[], spec: ReduceSpec) => N;

/** The integer that 32 bits hold. */
const wrap = (x: number, dtype: DType): number => (dtype === "i32" ? x | 0 : dtype === "u32" ? x >>> 0 : x);

/** Sums in the dtype: integers wrap as 32 bits do. */
const added: Formula = (f, xs, { scalar }) =>
  scalar === "f32" ? f.sum(xs) : f.of(xs.reduce((sum, x) => wrap(sum + f.value(x), scalar), 0));
const squared = <N>(f: Arithmetic<N>, xs: readonly N[]): N[] => xs.map((x) => f.mul(x, x));

const extreme =
  (least: boolean): Formula =>
  (f, xs, { scalar }) => {
    if (xs.length === 0) {
      const most = { f32: Infinity, i32: 2 ** 31 - 1, u32: 2 ** 32 - 1 }[scalar];
      return f.of(least ? most : scalar === "f32" ? -most : scalar === "i32" ? -most - 1 : 0);
    }
    return xs.reduce((best, x) => {
      const [a, b] = [f.value(best), f.value(x)];
      return Number.isNaN(a) || (!Number.isNaN(b) && (least ? a <= b : a >= b)) ? best : x;
    });
  };

const place =
  (least: boolean): Formula =>
  (f, xs, { last }) => {
    const better = (a: number, b: number) => (least ? a < b : a > b);
    let best = 0;
    xs.forEach((x, i) => {
      const [v, top] = [f.value(x), f.value(xs[best]!)];
      if (Number.isNaN(top) ? last && Number.isNaN(v) : Number.isNaN(v) || better(v, top) || (last && v === top)) best = i;
    });
    return f.of(best);
  };

const formulas = {
  sum: added,
  mean: (f, xs) => f.div(f.sum(xs), f.of(xs.length)),
  prod: (f, xs, { scalar }) =>
    scalar === "f32"
      ? xs.reduce((p, x) => f.mul(p, x), f.of(1))
      : f.of(xs.reduce((p, x) => wrap(Math.imul(p, f.value(x)), scalar), 1)),
  max: extreme(false),
  min: extreme(true),
  argMax: place(false),
  argMin: place(true),
  normL1: (f, xs, spec) => added(f, xs.map(f.abs), spec),
  sumSquare: (f, xs, spec) => {
    if (spec.scalar === "f32") return f.sum(squared(f, xs));
    const squares = xs.map((x) => f.of(Math.imul(f.value(x), f.value(x))));
    return added(f, squares, spec);
  },
  variance: (f, xs) => {
    const n = f.of(xs.length);
    const middle = f.div(f.sum(xs), n);
    const apart = xs.map((x) => f.sub(x, middle));
    return f.div(f.sum(squared(f, apart)), n);
  },
  normL2: (f, xs) => f.sqrt(f.sum(squared(f, xs))),
  logSum: (f, xs) => f.log(f.sum(xs)),
  logSumExp: (f, xs) => {
    const largest = f.max(xs);
    const infinite = Math.abs(f.value(largest)) === Infinity;
    return infinite ? largest : f.add(largest, f.log(f.sumExp(xs, largest)));
  },
  any: (f, xs) => f.of(Number(xs.some((x) => f.value(x) !== 0))),
  all: (f, xs) => f.of(Number(xs.every((x) => f.value(x) !== 0))),
} satisfies Record<string, Formula>;

export type ReductionName = keyof typeof formulas;

export const proof = (name: ReductionName) => {
  const formula: Formula = formulas[name];
  return prove<ViewParam, ReduceSpec, "y">(
    <N>(f: Arithmetic<N>, problem: Problem<ViewParam, ReduceSpec>, at: (operand: string, i: number) => N) => {
      const { rows, along } = offsets(sizesOf(problem));
      const of = (row: number) =>
        formula(
          f,
          along.map((j) => at("x", row + j)),
          problem.spec,
        );
      return { y: rows.map(of) };
    },
  );
};
