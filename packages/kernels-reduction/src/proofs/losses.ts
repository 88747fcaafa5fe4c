// What losses of one prediction and one label each are.
import type { Problem } from "@tilewright/runtime";
import type { LossParam, LossSpec } from "../loss.ts";
import { type Arithmetic, prove } from "./numbers.ts";

type LossProblem = Problem<LossParam, LossSpec>;
/** The loss of x and its label t; `a` is the option's number. */
type Formula = <N>(f: Arithmetic<N>, x: N, t: N, a: number) => N;

const difference = <N>(f: Arithmetic<N>, x: N, t: N) => f.sub(x, t);

const formulas = {
  mseLoss: (f, x, t) => {
    const d = difference(f, x, t);
    return f.mul(d, d);
  },
  maeLoss: (f, x, t) => f.abs(difference(f, x, t)),
  huberLoss: (f, x, t, a) => {
    const d = f.abs(difference(f, x, t));
    return f.value(d) <= a ? f.mul(f.mul(f.of(0.5), d), d) : f.mul(f.of(a), f.sub(d, f.mul(f.of(0.5), f.of(a))));
  },
  hingeLoss: (f, x, t, a) => {
    const label = a ? f.sub(f.mul(t, f.of(2)), f.of(1)) : t;
    const d = f.sub(f.of(1), f.mul(label, x));
    if (f.value(d) === -Infinity) return f.of(0);
    return f.value(d) <= 0 ? f.sub(d, d) : d; // 0, but no surer than d is
  },
  binaryCrossEntropy: (f, x, t, a) => {
    const one = f.of(1);
    const minus = f.sub(f.of(0), x);
    const below = f.value(x) < 0 || Number.isNaN(f.value(x)) ? minus : f.of(0);
    const softplus = f.add(f.log(f.add(one, f.exp(f.sub(f.of(0), f.abs(x))))), below);
    return f.add(f.mul(f.sub(one, t), x), f.mul(f.add(one, f.mul(f.of(a - 1), t)), softplus));
  },
  logLoss: (f, x, t, a) => {
    const one = f.of(1);
    const [yes, no] = [f.log(f.add(x, f.of(a))), f.log(f.add(f.sub(one, x), f.of(a)))];
    return f.sub(f.sub(f.of(0), f.mul(t, yes)), f.mul(f.sub(one, t), no));
  },
  klDivergence: (f, x, t) => (f.value(t) === 0 ? f.of(0) : f.mul(t, f.sub(f.log(t), x))),
} satisfies Record<string, Formula>;

export type LossName = keyof typeof formulas;

export const proof = (name: LossName) =>
  prove<LossParam, LossSpec, "y">(<N>(f: Arithmetic<N>, { params, spec }: LossProblem, at: (operand: string, i: number) => N) => {
    const weight = (i: number) => at("weights", Math.floor(i / params.span) % params.groups);
    const all = Array.from({ length: params.n }, (_, i) => {
      const loss = (formulas[name] as Formula)(f, at("x", i), at("labels", i), Math.fround(params.a));
      return spec.weights ? f.mul(loss, weight(i)) : loss;
    });
    if (spec.reduction === "none") return { y: all };
    const total = f.sum(all);
    if (spec.reduction === "sum") return { y: [total] };
    const weights = spec.weights ? all.map((_, i) => weight(i)) : all.map(() => f.of(1));
    const divisor = spec.reduction === "mean" ? f.sum(weights) : f.of(weights.filter((w) => f.value(w) !== 0).length);
    return { y: [f.div(total, divisor)] };
  });
