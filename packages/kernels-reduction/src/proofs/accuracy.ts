// What accuracy is.
import type { Problem } from "@tilewright/runtime";
import type { ViewParam } from "../layout.ts";
import type { AccuracySpec } from "../metrics.ts";
import { type Arithmetic, prove } from "./numbers.ts";
import { offsets, sizesOf } from "./rows.ts";

type AccuracyProblem = Problem<ViewParam, AccuracySpec>;

export const { reference, bound } = prove<ViewParam, AccuracySpec, "y">(
  <N>(f: Arithmetic<N>, problem: AccuracyProblem, at: (operand: string, i: number) => N) => {
    const { rows, along } = offsets(sizesOf(problem));
    const hits = rows.map((start, row) => {
      let top = 0;
      along.forEach((offset, j) => {
        const [v, most] = [f.value(at("x", start + offset)), f.value(at("x", start + along[top]!))];
        if (!Number.isNaN(most) && (Number.isNaN(v) || v > most)) top = j;
      });
      return f.of(Number(top === f.value(at("labels", row))));
    });
    const { reduction } = problem.spec;
    if (reduction === "none") return { y: hits };
    return { y: [reduction === "sum" ? f.sum(hits) : f.div(f.sum(hits), f.of(hits.length))] };
  },
);
