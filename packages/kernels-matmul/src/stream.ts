// The loop of the variants that read a and b straight from storage into a register tile: direct and quad.
import { CAP, wgsl } from "@tilewright/runtime";
import type { Spec } from "./matmul.ts";
import { frame, lines, multiply, multiplyOne, type Tile, tail } from "./text.ts";

/** The rows of a (columns of b) that a register tile needs. */
export interface Strip {
  /** Where each starts, clamped to the last that exists; before the loop over k. */
  starts: string;
  /** A vec4 in block `k`: four k of row i, or rows 4i … 4i+3 at k number q. */
  read(i: number, q: number | string): string;
  /** At the single `kk`: the scalar of row i, or rows 4i … 4i+3. */
  one(i: number): string;
}

/**
 * @param inner k is the operand's inner dimension as stored: a as it is, b transposed
 * @param vec its rows as stored are vec4
 * @param count rows (inner) or groups of four rows
 * @param first WGSL of the first row number i
 * @param size WGSL of how many rows there are
 * @param load the function that loads, where it is not `load_x`
 * @param four the type of four loaded scalars
 */
export function strip(
  x: "a" | "b",
  inner: boolean,
  vec: boolean,
  count: number,
  first: (i: number) => string,
  size: string,
  load = `load_${x}`,
  four = "vec4f",
): Strip {
  const start = (i: number, value: string) => `let ${x}s${i} = ${value};`;
  const base = x === "a" ? "base.x" : "base.y";
  if (inner) {
    return {
      starts: lines(count, (i) => start(i, `(${base} + min(${first(i)}, ${size} - 1u) * p.k)${vec ? " >> 2u" : ""}`), "\n  "),
      read: (i) => (vec ? `${load}(${x}s${i} + k)` : `${four}(${lines(4, (j) => `${load}(${x}s${i} + 4u * k + ${j}u)`, ", ")})`),
      one: (i) => `${load}(${x}s${i} + kk)`,
    };
  }
  const at = (i: number, k: string) =>
    vec
      ? `${load}(${x}s${i} + ${k} * (${size} >> 2u))`
      : `${four}(${lines(4, (j) => `${load}(${x}s${4 * i + j} + ${k} * ${size})`, ", ")})`;
  return {
    starts: vec
      ? lines(count, (i) => start(i, `(${base} + min(${first(i)}, ${size} - 4u)) >> 2u`), "\n  ")
      : lines(4 * count, (i) => start(i, `${base} + min(${first(i >> 2)} + ${i & 3}u, ${size} - 1u)`), "\n  "),
    read: (i, q) => at(i, `(4u * k + ${q})`),
    one: (i) => at(i, "kk"),
  };
}

interface How {
  /** Each lane of a quad loads a quarter of a's rows (or one k of four) and hands it to the others. */
  readonly quad?: boolean;
  /** Workgroups that share out k. */
  readonly slices?: number;
}

/** What of a spec the loop goes by. */
export type Streamed = Pick<Spec, "transA" | "transB" | "vecA" | "vecB" | "tail"> & { readonly halfSums?: boolean };

/** The loop alone: sums op(a) · op(b) into the tile's `c{row}_{four columns}`, between an `outline`'s `row`, `col` and `base` and its stores. */
export function loop(spec: Streamed, tile: Tile, { quad = false, slices }: How = {}): { body: string; builtins: string } {
  const { transA, transB } = spec;
  const quarter = tile.rows / 4;
  const a = strip(
    "a",
    !transA,
    spec.vecA,
    quad || transA ? quarter : tile.rows,
    (i) => `row + ${transA || quad ? 4 * i : i}u${quad && !transA ? " + lane" : ""}`,
    "p.m",
  );
  const b = strip("b", transB, spec.vecB, transB ? 4 * tile.cols4 : tile.cols4, (i) => `col + ${transB ? i : 4 * i}u`, "p.n");
  const handed = (i: number, q: number) => (transA ? `quadBroadcast(q${i}, ${q}u)` : `quadBroadcast(q${i >> 2}, ${i & 3}u)`);
  const read = (i: number, q: number) => (quad ? handed(i, q) : a.read(i, `${q}u`));
  const one = (i: number) => (quad && !transA ? handed(i, 0) : a.one(i));
  const turn = slices ? "turn" : "k";
  return {
    builtins: quad ? ", @builtin(subgroup_invocation_id) invocation: u32" : "",
    body: wgsl`  ${quad ? "let lane = invocation & 3u;" : ""}
  ${a.starts}
  ${b.starts}
  ${slices ? range(slices) : "let blocks = p.k / 4u;"}
  for (var ${turn} = 0u; ${turn} < ${CAP}; ${turn}++) {
    ${slices ? "let k = first + turn;" : ""}
    if (k >= blocks) { break; }
    ${quad ? lines(quarter, (i) => `let q${i} = ${a.read(i, "lane")};`, " ") : ""}
    ${multiply(tile, spec, read, (i, q) => b.read(i, `${q}u`))}
  }
  ${spec.tail ? tail(quad && !transA ? lines(quarter, (i) => `let q${i} = ${a.one(i)};`, " ") : "", multiplyOne(tile, spec, one, b.one), slices ? ` || slice + 1u < ${slices}u` : "") : ""}`,
  };
}

export function stream(spec: Spec, tile: Tile, threads: readonly [number, number], how: How = {}): string {
  const { body, builtins } = loop(spec, tile, how);
  return frame(spec, tile, threads, body, { builtins, clamped: true, ...(how.slices && { slices: how.slices }) });
}

/** This slice's blocks of four k. */
const range = (slices: number) => wgsl`let share = (p.k / 4u + ${slices - 1}u) / ${slices}u;
  let first = slice * share;
  let blocks = min(first + share, p.k / 4u);`;
