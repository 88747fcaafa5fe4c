// Reading a and b straight from storage: a strip is the rows of a (columns of b) that one register tile needs, over all k.
import { lines } from "./text.ts";

export interface Strip {
  /** Where each row starts (`a0`, `a1` …), clamped to the last that exists; before the loop over k. */
  readonly starts: string;
  /** A vec4 at block `k`: four k of row i, or rows 4i … 4i+3 at k number q. */
  read(i: number, q: number | string): string;
  /** At a single `kk`: the scalar of row i, or rows 4i … 4i+3. */
  one(i: number): string;
}

/**
 * @param x operand
 * @param inner k is the operand's inner dimension: a as it is, b transposed
 * @param vec its rows in memory are vec4
 * @param count rows (inner) or groups of four rows (not inner)
 * @param row WGSL of the first row of number i
 * @param size WGSL of how many rows there are
 */
export function strip(x: "a" | "b", inner: boolean, vec: boolean, count: number, row: (i: number) => string, size: string): Strip {
  const base = `base_${x}`;
  if (inner) {
    return {
      starts: lines(count, (i) => `let ${x}s${i} = (${base} + min(${row(i)}, ${size} - 1u) * p.k)${vec ? " >> 2u" : ""};`, "\n  "),
      read: (i) => (vec ? `load_${x}(${x}s${i} + k)` : `vec4f(${lines(4, (j) => `load_${x}(${x}s${i} + 4u * k + ${j}u)`, ", ")})`),
      one: (i) => `load_${x}(${x}s${i} + kk)`,
    };
  }
  if (vec) {
    return {
      starts: lines(count, (i) => `let ${x}s${i} = (${base} + min(${row(i)}, ${size} - 4u)) >> 2u;`, "\n  "),
      read: (i, q) => `load_${x}(${x}s${i} + (4u * k + ${q}) * (${size} >> 2u))`,
      one: (i) => `load_${x}(${x}s${i} + kk * (${size} >> 2u))`,
    };
  }
  const four = (i: number, k: string) => `vec4f(${lines(4, (j) => `load_${x}(${x}s${4 * i + j} + ${k} * ${size})`, ", ")})`;
  return {
    starts: lines(4 * count, (i) => `let ${x}s${i} = ${base} + min(${row(i >> 2)} + ${i & 3}u, ${size} - 1u);`, "\n  "),
    read: (i, q) => four(i, `(4u * k + ${q})`),
    one: (i) => four(i, "kk"),
  };
}
