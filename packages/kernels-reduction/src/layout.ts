// Any axes of a tensor as rows: what is kept and what is reduced, neighbours of one kind merged.
import { countOf, fail, showShape, wgsl } from "@tilewright/runtime";

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

/** The view's groups, read back from the params. */
export const sizesOf = ({ spec: { pattern }, params }: { spec: Layout; params: Readonly<Record<ViewParam, number>> }) => ({
  pattern,
  sizes: [...pattern].map((_, i) => params[`g${i}` as ViewParam]),
});

/** One shape with the axes gone, or 1 where they are kept. */
export const reducedShape = (shape: readonly number[], axes: readonly number[], keepDims: boolean): number[] =>
  shape.flatMap((size, d) => (axes.includes(d) ? (keepDims ? [1] : []) : [size]));

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

/** `start_of(row)` and `along(j)`: the same in WGSL, over p.g0, p.g1 … */
export function addressing({ pattern }: Layout): string {
  const index = (name: string, kind: string) => {
    const mine = [...pattern].map((_, i) => i).filter((i) => pattern[i] === kind);
    const lines = mine.reverse().map((i, turn) => {
      const step = [...pattern]
        .map((_, k) => k)
        .filter((k) => k > i)
        .map((k) => `p.g${k}`)
        .join(" * ");
      const last = turn === mine.length - 1;
      return `at += ${last ? "rest" : `rest % p.g${i}`}${step && ` * ${step}`};${last ? "" : ` rest /= p.g${i};`}`;
    });
    return wgsl`fn ${name}(i: u32) -> u32 { var rest = i; var at = 0u; ${lines.join(" ")} return at; }`;
  };
  return `${index("start_of", "k")}\n${index("along", "r")}`;
}
