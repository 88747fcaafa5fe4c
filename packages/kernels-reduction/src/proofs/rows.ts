// Where elements lie, in plain numbers.
import type { Layout, View, ViewParam } from "../layout.ts";

/** The view's groups, read back from the params. */
export const sizesOf = ({ spec: { pattern }, params }: { spec: Layout; params: Readonly<Record<ViewParam, number>> }) => ({
  pattern,
  sizes: [...pattern].map((_, i) => params[`g${i}` as ViewParam]),
});

/** Where each row starts, and how far from there its elements lie. */
export function offsets({ pattern, sizes }: Pick<View, "pattern" | "sizes">): { rows: number[]; along: number[] } {
  let [rows, along, step] = [[0], [0], 1];
  for (let i = sizes.length - 1; i >= 0; i--) {
    const at = Array.from({ length: sizes[i]! }, (_, x) => x * step);
    // An outer group's index counts slower than those behind it.
    const outer = (inner: number[]) => at.flatMap((a) => inner.map((b) => a + b));
    if (pattern[i] === "k") rows = outer(rows);
    else along = outer(along);
    step *= sizes[i]!;
  }
  return { rows, along };
}

/** Which element of a broadcast operand belongs to element i. */
export function broadcastIndex(across: string, sizes: readonly number[], i: number): number {
  let [rest, at, step] = [i, 0, 1];
  for (let g = across.length - 1; g >= 0; g--) {
    const here = g ? rest % sizes[g]! : rest;
    if (across[g] === "m") {
      at += here * step;
      step *= sizes[g]!;
    }
    rest = g ? (rest - here) / sizes[g]! : 0;
  }
  return at;
}
