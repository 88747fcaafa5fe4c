// What cumsum is.
import type { Problem } from "@tilewright/runtime";
import type { CumsumSpec } from "../cumsum.ts";
import type { ViewParam } from "../layout.ts";
import { type Arithmetic, prove } from "./numbers.ts";
import { offsets, sizesOf } from "./rows.ts";

type CumsumProblem = Problem<ViewParam, CumsumSpec>;

export const { reference, bound } = prove<ViewParam, CumsumSpec, "y">(
  <N>(f: Arithmetic<N>, problem: CumsumProblem, at: (operand: string, i: number) => N) => {
    const { exclusive, reverse, dtype } = problem.spec;
    const { rows, along } = offsets(sizesOf(problem));
    const order = reverse ? along.toReversed() : along;
    const whole = (x: N) => f.of(dtype === "i32" ? f.value(x) | 0 : f.value(x) >>> 0);
    const y = Array.from({ length: rows.length * along.length }, () => f.of(0));
    for (const start of rows) {
      const sums = f.scan(order.map((offset) => at("x", start + offset)));
      order.forEach((offset, j) => {
        const sum = exclusive ? (sums[j - 1] ?? f.of(0)) : sums[j]!;
        y[start + offset] = dtype === "i32" || dtype === "u32" ? whole(sum) : sum;
      });
    }
    return { y };
  },
);
