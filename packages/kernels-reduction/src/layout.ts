// Any axes of a tensor as rows: what is kept and what is reduced, neighbours of one kind merged.
import { countOf, fail, type Params, showShape } from "@tilewright/runtime";

/** A tensor as `rows` rows of `n` elements each. */
export interface View {
  /** Groups of dimensions, outermost first: `k` kept, `r` reduced, in turns. [N, C, H, W] over [0, 2, 3] is "rkr". */
  readonly pattern: string;
  /** A size for each group. */
  readonly sizes: readonly number[];
  readonly rows: number;
  readonly n: number;
}

/** The params that hold a view: numbers of the row count, the row length, and the groups' sizes. */
export type ViewParam = "rows" | "n" | "g0" | "g1" | "g2" | "g3" | "g4" | "g5";
export const VIEW_PARAMS = {
  rows: "u32",
  n: "u32",
  g0: "u32",
  g1: "u32",
  g2: "u32",
  g3: "u32",
  g4: "u32",
  g5: "u32",
} as const;

/** What of a view stands in the text. */
export interface Layout {
  readonly pattern: string;
  /** Which vec4 storage holds: four elements of a `row`, one element of four neighbouring rows (`columns`), or none. */
  readonly vec: "row" | "columns" | "none";
  /** There is nothing to fold: rows have no elements, or none is asked for. */
  readonly empty: boolean;
}

/** Axes as 0 … rank-1, ascending, without doubles; all of them unless given. */
export function axesOf(kernel: string, rank: number, axes: number | readonly number[] | undefined): number[] {
  const given = axes === undefined ? Array.from({ length: rank }, (_, i) => i) : typeof axes === "number" ? [axes] : axes;
  const found = given.map((axis) => {
    // A scalar counts as one element of one axis.
    if (!Number.isInteger(axis) || axis < -Math.max(rank, 1) || axis >= Math.max(rank, 1))
      fail(kernel, "shape", `axis ${axis} is not there; a tensor of rank ${rank} has ${-rank} to ${rank - 1}.`);
    return axis < 0 ? axis + Math.max(rank, 1) : axis;
  });
  return [...new Set(found)].filter((axis) => axis < rank).sort((a, b) => a - b);
}

export function viewOf(kernel: string, shape: readonly number[], axes: readonly number[]): View {
  let pattern = "";
  const sizes: number[] = [];
  shape.forEach((size, d) => {
    const kind = axes.includes(d) ? "r" : "k";
    if (size === 1) return;
    if (pattern.endsWith(kind)) sizes.push(sizes.pop()! * size);
    else {
      pattern += kind;
      sizes.push(size);
    }
  });
  if (sizes.length > 6)
    fail(
      kernel,
      "limit",
      `axes ${axes} of ${showShape(shape)} switch between kept and reduced ${sizes.length - 1} times; at most 5 are built. Reduce in two calls.`,
    );
  const of = (kind: string) => countOf(sizes.filter((_, i) => pattern[i] === kind));
  return { pattern, sizes, rows: of("k"), n: of("r") };
}

export function viewParams({ rows, n, sizes }: View): Record<ViewParam, number> {
  const [g0 = 1, g1 = 1, g2 = 1, g3 = 1, g4 = 1, g5 = 1] = sizes;
  return { rows, n, g0, g1, g2, g3, g4, g5 };
}

export function layoutOf({ pattern, sizes, n }: View): Layout {
  const inner = sizes.at(-1) ?? 1;
  const vec = inner % 4 || !inner ? "none" : pattern.endsWith("r") ? "row" : pattern ? "columns" : "none";
  return { pattern, vec, empty: n === 0 };
}

/** One shape with the axes gone, or 1 where they are kept. */
export const reducedShape = (shape: readonly number[], axes: readonly number[], keepDims: boolean): number[] =>
  shape.flatMap((size, d) => (axes.includes(d) ? (keepDims ? [1] : []) : [size]));

/** The longest row that one thread sums: what the error bounds count on. */
export const LONGEST = 2 ** 16;

/** How a problem's rows lie, whatever other params it has; `units` of work are rows, or groups of four where storage holds them side by side. */
export function rowsOf(problem: { readonly params: object; readonly spec: Layout }) {
  const { rows, n } = problem.params as Params<ViewParam>;
  const { vec } = problem.spec;
  return { rows, n, vec, units: vec === "columns" ? rows / 4 : rows };
}
