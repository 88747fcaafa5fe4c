// What scatterND and segmentSum are.
import type { Problem } from "@tilewright/runtime";
import type { SliceParam, SliceSpec } from "../scatterND.ts";
import { type Arithmetic, prove } from "./numbers.ts";
import { combined, wrapped } from "./scatter.ts";

type SliceProblem = Problem<SliceParam, SliceSpec>;

export const { reference, bound } = prove<SliceParam, SliceSpec, "y">(
  <N>(f: Arithmetic<N>, { params, spec }: SliceProblem, at: (operand: string, i: number) => N) => {
    const y = Array.from({ length: params.count }, (_, i) => (spec.zeros ? f.of(0) : at("data", i)));
    for (let u = 0; u < params.updates; u++) {
      let [slot, step] = [0, 1];
      let met = true;
      for (let d = 0; d < spec.tuple; d++) {
        const size = params[`s${d}` as SliceParam];
        const given = f.value(at("indices", u * spec.tuple + spec.tuple - 1 - d));
        const digit = spec.negative ? wrapped(given, size) : given;
        if (digit < 0 || digit >= size) met = false;
        slot += digit * step;
        step *= size;
      }
      for (let j = 0; met && j < params.size; j++)
        y[slot * params.size + j] = combined(f, spec, y[slot * params.size + j]!, at("updates", u * params.size + j));
    }
    return { y };
  },
);
