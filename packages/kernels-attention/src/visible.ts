// Which keys a query sees, masks aside.
import type { Problem } from "@tilewright/runtime";
import type { P, Spec } from "./attention.ts";

/** Of a query that stands at `position` among `keys`: those from `first` to before `last`. */
export function span({ params: { left, right }, spec }: Problem<P, Spec>, position: number, keys: number) {
  return {
    first: spec.left ? Math.max(0, position - left) : 0,
    last: spec.right ? Math.min(keys, position + right + 1) : keys,
  };
}

/** Where query i stands among the keys. */
export const positionOf = ({ params: { s, offset }, spec }: Problem<P, Spec>, i: number, keys: number): number =>
  i + (spec.fromEnd ? keys - s : offset);

/** How many pairs of query and key windows and `length` leave. */
export function visiblePairs(problem: Problem<P, Spec>): number {
  const { batch, heads, s, length } = problem.params;
  let pairs = 0;
  for (let i = 0; i < s; i++) {
    const { first, last } = span(problem, positionOf(problem, i, length), length);
    pairs += Math.max(0, last - first);
  }
  return pairs * batch * heads;
}
