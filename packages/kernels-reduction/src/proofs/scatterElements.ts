// What scatterElements is.
import { countOf, type Problem } from "@tilewright/runtime";
import type { ElementsParam, ElementsSpec } from "../scatterElements.ts";
import { type Arithmetic, prove } from "./numbers.ts";
import { combined, wrapped } from "./scatter.ts";

type ElementsProblem = Problem<ElementsParam, ElementsSpec>;

export const { reference, bound } = prove<ElementsParam, ElementsSpec, "y">(
  <N>(f: Arithmetic<N>, { params, spec, types }: ElementsProblem, at: (operand: string, i: number) => N) => {
    const y = Array.from({ length: params.count }, (_, i) => at("data", i));
    const { shape } = types["data"]!;
    const from = types["indices"]!.shape;
    const axis = spec.rank - 1 - spec.axis;
    for (let u = 0; u < countOf(from); u++) {
      let [rest, target, step] = [u, 0, 1];
      let met = true;
      for (let d = shape.length - 1; d >= 0; d--) {
        const own = rest % from[d]!;
        const index = d === axis ? wrapped(f.value(at("indices", u)), shape[d]!) : own;
        if (index < 0 || index >= shape[d]!) met = false;
        target += index * step;
        step *= shape[d]!;
        rest = (rest - own) / from[d]!;
      }
      if (met) y[target] = combined(f, spec, y[target]!, at("updates", u));
    }
    return { y };
  },
);
