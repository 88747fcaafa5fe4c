// What crossEntropy and nllLoss are.
import type { Problem } from "@tilewright/runtime";
import type { ClassParam, ClassSpec } from "../crossEntropy.ts";
import { type Arithmetic, prove } from "./numbers.ts";
import { offsets, sizesOf } from "./rows.ts";

type ClassProblem = Problem<ClassParam, ClassSpec>;

export const { reference, bound } = prove<ClassParam, ClassSpec, "y">(formula);

function formula<N>(f: Arithmetic<N>, problem: ClassProblem, at: (operand: string, i: number) => N) {
  const { params, spec } = problem;
  const { rows: starts, along } = offsets(sizesOf(problem));
  const smoothing = Math.fround(params.smoothing);
  const [keep, even] = [f.of(1 - smoothing), f.div(f.of(smoothing), f.of(along.length))];
  const weight = (j: number) => (spec.weights ? at("weights", j) : f.of(1));
  const weigh = (j: number, x: N) => (spec.weights ? f.mul(x, weight(j)) : x);
  const [losses, masses]: [N[], N[]] = [[], []];
  starts.forEach((start, row) => {
    const target = spec.target === "class" ? f.value(at("labels", row)) : 0;
    if (spec.target === "class" && target === params.ignore) {
      losses.push(f.of(0));
      masses.push(f.of(0));
      return;
    }
    const none = spec.target === "class" && !(target >= 0 && target < along.length);
    const xs = along.map((offset) => at("x", start + offset));
    const largest = f.max(xs);
    const log = spec.logs ? f.of(0) : f.log(f.sumExp(xs, largest));
    /** Σ q · (log Σ exp x − x) */
    const crossed = (q: (j: number) => N) => {
      const qs = xs.map((_, j) => q(j));
      const dot = f.sum(xs.flatMap((x, j) => (f.value(qs[j]!) === 0 ? [] : [f.mul(qs[j]!, x)])));
      return f.sub(f.mul(f.sum(qs), f.add(largest, log)), dot);
    };
    if (none) losses.push(f.of(Number.NaN));
    else if (spec.target === "class") {
      const x = xs[target]!;
      const own = weigh(target, spec.logs ? f.sub(f.of(0), x) : f.sub(log, f.sub(x, largest)));
      losses.push(spec.smooth ? f.add(f.mul(keep, own), f.mul(even, crossed(weight))) : own);
    } else {
      const q = (j: number) => {
        const t = at("labels", start + along[j]!);
        return weigh(j, spec.smooth ? f.add(f.mul(t, keep), even) : t);
      };
      losses.push(crossed(q));
    }
    masses.push(none ? f.of(Number.NaN) : spec.target === "class" ? weight(target) : f.of(1));
  });
  if (spec.reduction === "none") return { y: losses };
  const total = f.sum(losses);
  return { y: [spec.reduction === "sum" ? total : f.div(total, f.sum(masses))] };
}
