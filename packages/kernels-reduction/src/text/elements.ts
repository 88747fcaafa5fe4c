// Kernels whose result has x's shape: what is made of each element, as text.
import { CAP, wgsl } from "@tilewright/runtime";
import type { Layout } from "../layout.ts";
import type { RowProgram } from "./frame.ts";

/** What a kernel makes of each element by what its row came to. */
export interface ElementProgram<Spec extends Layout> extends Omit<RowProgram<Spec>, "end" | "pairs" | "flat"> {
  /** `close(s: State, row: vec4u) -> Stats` and `apply(t: Stats, x: V, row: vec4u, j: vec4u) -> V`, which takes a last `b: Beside` where there is one. */
  apply(spec: Spec): string;
  /** What else `apply` reads. */
  beside?(spec: Spec): Beside | undefined;
  /** Done once a row, with `unit` and `t` at hand. */
  aside?(spec: Spec): string;
  /** A second result takes the values themselves. */
  copies?(spec: Spec): string | undefined;
  /** A result is f16. */
  half(spec: Spec): boolean;
}

/** Operands that elements are finished with. */
export interface Beside {
  /** Each a V. */
  readonly fields: readonly string[];
  /** `fn beside(row: vec4u, j: vec4u) -> Beside`. */
  readonly text: string;
  /** Block k of them is the same for all rows. */
  readonly shared: boolean;
}

/** Why rows that share words of f16 storage cannot be stored row by row. */
const flat = <Spec extends Layout>({ half }: ElementProgram<Spec>): NonNullable<RowProgram<Spec>["flat"]> => {
  return ({ spec }, { f16 }) =>
    half(spec) && !f16 && spec.vec === "none" ? "without shader-f16 it stores f16 rows of a multiple of 4 only" : undefined;
};

/** `apply`, and what goes beside it. */
export function applyText<Spec extends Layout>(program: ElementProgram<Spec>, spec: Spec): string {
  const beside = program.beside?.(spec);
  const fields = beside?.fields.map((field) => `${field}: V`).join(", ");
  return `${beside ? `struct Beside { ${fields} }\n${beside.text}\n` : ""}${program.apply(spec)}`;
}

/** `emit(t: Stats, start: u32, unit: u32, k: u32)`, which takes a last `b: Beside` where there is one: finishes and stores block k. */
export function elementText<Spec extends Layout>(program: ElementProgram<Spec>, spec: Spec): string {
  const none = spec.vec === "none";
  const put = (y: string, v: string) =>
    none
      ? ["x", "y", "z", "w"].map((c) => `if (at.${c} < p.n) { store_${y}(start + along(at.${c}), ${v}.${c}); }`).join("\n  ")
      : `store_${y}(place(start, k), ${v});`;
  const copy = program.copies?.(spec);
  const beside = program.beside?.(spec);
  return wgsl`${applyText(program, spec)}
// Elements past the last are it.
fn existing(at: vec4u) -> vec4u { return ${none ? "min(at, vec4u(p.n - 1u))" : "at"}; }
fn emit(t: Stats, start: u32, unit: u32, k: u32${beside ? ", b: Beside" : ""}) {
  let at = index(k);
  let x = fetch(start, unit, k);
  let v = apply(t, x, rows_of(unit), existing(at)${beside ? ", b" : ""});
  ${put("y", "v")}${copy ? `\n  ${put(copy, "x")}` : ""}
}`;
}

/**
 * The end of such a kernel: blocks first, first + stride … of the row once more, four a turn. Where elements are loaded one by one, a block
 * is four loads by itself, and four of them only made for lavapipe twice as much to compile (layerNorm of f16: 12.8 s, 5.5 so).
 */
export function elements<Spec extends Layout>(program: ElementProgram<Spec>): RowProgram<Spec> & ElementProgram<Spec> {
  const end = (spec: Spec): string => {
    const aside = program.aside?.(spec);
    const each = (k: string) =>
      `emit(t, start, unit, ${k}${program.beside?.(spec) ? `, beside(rows_of(unit), existing(index(${k})))` : ""});`;
    const turns = wgsl`  for (var i = 0u; i < ${CAP}; i++) {
    if (k + 3u * stride >= all) { break; }
    ${["k", "k + stride", "k + 2u * stride", "k + 3u * stride"].map(each).join("\n    ")}
    k += 4u * stride;
  }
`;
    return wgsl`${elementText(program, spec)}
fn end(unit: u32, first: u32, stride: u32, s: State) {
  let t = close(s, rows_of(unit));
  let start = begin(unit);
  let all = blocks();${aside ? `\n  if (first == 0u) { ${aside} }` : ""}
  var k = first;
${spec.vec === "none" ? "" : turns}  for (var i = 0u; i < ${CAP}; i++) {
    if (k >= all) { break; }
    ${each("k")}
    k += stride;
  }
}`;
  };
  return { ...program, end, flat: flat(program) };
}
