// What rope is, in float64, and how far a float32 evaluation may stray from it.
import type { Problem } from "@tilewright/runtime";
import { turnError, turnedRow } from "../rotation.ts";
import type { P, Spec } from "./rope.ts";

type Numbers = ArrayLike<number>;
interface Values {
  readonly x: Numbers;
  readonly cos: Numbers;
  readonly sin: Numbers;
  readonly positions?: Numbers | undefined;
}

/** {@link turnedRow} of every row. */
function terms(
  { params, spec }: Problem<P, Spec>,
  { x, cos, sin, positions }: Values,
  visit: (at: number, own: number, other: number) => void,
) {
  const { batch, heads, s, d, half, position } = params;
  for (let row = 0; row < batch * heads * s; row++) {
    const b = Math.floor(row / (heads * s));
    const i = spec.layout === "bhsd" ? row % s : Math.floor(row / heads) % s;
    const angle = spec.angles === "positions" ? positions![b * s + i]! : spec.angles === "own" ? b * s + i : position + i;
    const at = row * d;
    turnedRow({ at, d, half, interleaved: spec.interleaved, angle }, x, cos, sin, (c, own, other) => visit(at + c, own, other));
  }
}

export function reference(problem: Problem<P, Spec>, values: Values): { readonly out: Float64Array } {
  const out = new Float64Array(values.x.length);
  terms(problem, values, (at, own, other) => {
    out[at] = own + other;
  });
  return { out };
}

export function bound(problem: Problem<P, Spec>, values: Values): { readonly out: Float64Array } {
  const out = new Float64Array(values.x.length);
  terms(problem, values, (at, own, other) => {
    out[at] = turnError(own, other, problem.spec.half);
  });
  return { out };
}
