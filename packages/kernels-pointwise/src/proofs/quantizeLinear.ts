// What quantizeLinear is.
import { DIVISION } from "../accuracy.ts";
import { RANGE, type Whole } from "../quantize.ts";
import { type Asked, each, type Result, type Values } from "./quantize.ts";

const even = (x: number) => (Math.abs(x - Math.trunc(x)) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

export function reference(problem: Asked, values: Values): Result {
  const [low, high] = RANGE[problem.spec.dtype as Whole];
  return each(problem, values, (x, scale, zero) => Math.min(Math.max(even(x / scale) + zero, low), high) || 0);
}

/** A quotient that is nearly half way may round to either side. */
export const bound = (problem: Asked, values: Values): Result =>
  each(problem, values, (x, scale) =>
    Math.abs(Math.abs(x / scale - Math.trunc(x / scale)) - 0.5) <= DIVISION * Math.abs(x / scale) ? 1 : 0,
  );
