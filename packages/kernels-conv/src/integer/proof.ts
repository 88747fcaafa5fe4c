// What convInteger is, exactly.
import type { Problem } from "@tilewright/runtime";
import type { Size } from "../problem.ts";
import { contract, filterSteps } from "../proof.ts";
import type { Spec } from "./conv-integer.ts";

type Numbers = ArrayLike<number>;
interface Values {
  readonly x: Numbers;
  readonly w: Numbers;
  readonly xZero?: Numbers | undefined;
  readonly wZero?: Numbers | undefined;
}

/** Σ over taps and channels of a group of (x - xZero) · (w - wZero), modulo 2^32. */
export function reference(problem: Problem<Size, Spec>, { x, w, xZero, wZero }: Values): { readonly y: Float64Array } {
  const step = filterSteps(problem);
  const outputs = problem.params.co * problem.params.groups;
  const zero = xZero?.[0] ?? 0;
  const shifted = Float64Array.from(w, (value, i) => {
    const channel = Math.floor(i / step.o) % outputs;
    return value - (wZero?.[wZero.length > 1 ? channel : 0] ?? 0);
  });
  return {
    y: contract(
      problem,
      Float64Array.from(x, (value) => value - zero),
      shifted,
    ).map((sum) => sum | 0),
  };
}

/** Integers are exact. */
export const bound = (
  _problem: unknown,
  _values: unknown,
  { y }: { readonly y: Float64Array },
): { readonly y: Float64Array } => ({
  y: new Float64Array(y.length),
});
