// What topK is.
import type { Problem } from "@tilewright/runtime";
import type { TopKParam, TopKSpec } from "../topK.ts";
import { type Arithmetic, prove } from "./numbers.ts";

type TopKProblem = Problem<TopKParam, TopKSpec>;

export const { reference, bound } = prove<TopKParam, TopKSpec, "values" | "indices">(
  <N>(f: Arithmetic<N>, { params, spec }: TopKProblem, at: (operand: string, i: number) => N) => {
    const { rows, n, k, inner } = params;
    const values = Array.from({ length: rows * k }, () => f.of(0));
    const indices = [...values];
    const better = (a: number, b: number) => {
      if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
      return a === b ? 0 : a > b === spec.smallest ? 1 : -1;
    };
    for (let row = 0; row < rows; row++) {
      const [outer, i] = [Math.floor(row / inner), row % inner];
      const xs = Array.from({ length: n }, (_, j) => at("x", (outer * n + j) * inner + i));
      const order = xs.map((_, j) => j).sort((a, b) => better(f.value(xs[a]!), f.value(xs[b]!)) || a - b);
      for (let place = 0; place < k; place++) {
        values[(outer * k + place) * inner + i] = xs[order[place]!]!;
        indices[(outer * k + place) * inner + i] = f.of(order[place]!);
      }
    }
    return { values, indices };
  },
);
