// What lpNormalize is.
import type { Problem } from "@tilewright/runtime";
import type { ViewParam } from "../layout.ts";
import type { LpSpec } from "../lpNormalize.ts";
import { type Arithmetic, prove } from "./numbers.ts";
import { offsets, sizesOf } from "./rows.ts";

type LpProblem = Problem<ViewParam, LpSpec>;

export const { reference, bound } = prove<ViewParam, LpSpec, "y">(
  <N>(f: Arithmetic<N>, problem: LpProblem, at: (operand: string, i: number) => N) => {
    const { rows, along } = offsets(sizesOf(problem));
    const y = Array.from({ length: rows.length * along.length }, () => f.of(0));
    for (const start of rows) {
      const xs = along.map((offset) => at("x", start + offset));
      const norm = problem.spec.p === 1 ? f.sum(xs.map(f.abs)) : f.sqrt(f.sum(xs.map((x) => f.mul(x, x))));
      along.forEach((offset, j) => {
        y[start + offset] = f.value(norm) === 0 ? f.of(0) : f.div(xs[j]!, norm);
      });
    }
    return { y };
  },
);
