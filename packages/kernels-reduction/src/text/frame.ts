// The loop that every kernel over rows shares: a row is folded into a State, shares of it are merged, and the end makes something of the whole.
import { CAP, type Caps, type Lanes, type Problem, wgsl } from "@tilewright/runtime";
import type { Layout } from "../layout.ts";
import { addressing, unitsText } from "./addressing.ts";
import type { Fold } from "./folds.ts";
import { across, lanesOf, stateText } from "./state.ts";

/**
 * What a kernel does with its rows, as WGSL. Everything is four wide (`V`): four elements of one row, or one element of each of four
 * rows where storage holds neighbours so; `T` is what one load gives (V, or a scalar), `I` the indices that belong to it.
 */
export interface RowProgram<Spec extends Layout> {
  /** The operands that a fold reads. */
  reads(spec: Spec): readonly string[];
  /** Of the values that are folded. */
  scalar(spec: Spec): "f32" | "i32" | "u32";
  /** `fn value(i: u32, row: I, j: I) -> T`: element j of a row, stored at i; not asked for where rows are empty. */
  value(spec: Spec): string;
  /** A second value that goes with each: `fn second(i: u32, row: I, j: I) -> T`. Steps then are `step(s, x, second, ok, j)`, and there are no turns. */
  second?(spec: Spec): string | undefined;
  fold(spec: Spec): Fold;
  /** Fields of State, at most. */
  readonly most: number;
  /** `end(unit: u32, first: u32, stride: u32, s: State)`: called by everyone who shares a row, its elements being first, first + stride … */
  end(spec: Spec, caps: Caps): string;
  lanes(spec: Spec, caps: Caps): Lanes;
  /** Two rows make a word of the result: `end_pair(unit: u32, s: State, t: State)`. */
  pairs?(spec: Spec, caps: Caps): boolean;
  /** Why there must be a thread for each word of the result, where it is so. */
  flat?(problem: Problem<string, Spec>, caps: Caps): string | undefined;
}

/** Whether the four components of a state are the same once they are merged `across`, being parts of one row. */
export const alike = ({ vec }: Layout): boolean => vec !== "columns";

/** How many words of memory a State takes once merged `across`: with this spec, or at most. */
export const wordsOf = <Spec extends Layout>({ fold, most }: RowProgram<Spec>, spec?: Spec): number =>
  spec ? Object.keys(fold(spec).fields).length * lanesOf(alike(spec)) : most * lanesOf(false);

/** Everything below the header but the entry point. */
export function frame<Spec extends Layout>(program: RowProgram<Spec>, spec: Spec, caps: Caps, ending = true): string {
  const { vec, empty } = spec;
  const scalar = program.scalar(spec);
  const { fields, text: fold } = program.fold(spec);
  const four = (f: (c: string) => string) => ["x", "y", "z", "w"].map(f).join(", ");
  // Where elements of a row are one after another, so are its blocks.
  const close = vec === "row" && spec.pattern.lastIndexOf("r") === spec.pattern.indexOf("r");
  const along = close ? "k" : vec === "row" ? "(along(k << 2u) >> 2u)" : vec === "columns" ? "(along(k) >> 2u)" : "";
  const second = empty ? undefined : program.second?.(spec);
  const fetch = (name: string, from: string) => wgsl`fn ${name}(start: u32, unit: u32, k: u32) -> V {
  ${
    vec === "none"
      ? `let j = min(index(k), vec4u(p.n - 1u));
  return V(${four((c) => `${from}(start + along(j.${c}), unit, j.${c})`)});`
      : `return ${from}(place(start, k), rows_of(unit), index(k));`
  }
}`;
  const values = (k: string) => `fetch(start, unit, ${k})${second ? `, fetch_second(start, unit, ${k})` : ""}`;
  return wgsl`alias V = vec4<${scalar}>;
alias T = ${vec === "none" ? scalar : "V"};
alias I = ${vec === "none" ? "u32" : "vec4u"};
${addressing(spec)}

// Four values of x at a time are block k of a row: which rows they are of, which elements, and where.
fn rows_of(unit: u32) -> vec4u { return ${vec === "columns" ? "4u * unit + vec4u(0u, 1u, 2u, 3u)" : "vec4u(unit)"}; }
fn index(k: u32) -> vec4u { return ${vec === "columns" ? "vec4u(k)" : "4u * k + vec4u(0u, 1u, 2u, 3u)"}; }
fn begin(unit: u32) -> u32 { return ${vec === "columns" ? "start_of(4u * unit) >> 2u" : vec === "row" ? "start_of(unit) >> 2u" : "start_of(unit)"}; }
${along && `fn place(start: u32, k: u32) -> u32 { return start + ${along}; }`}
fn blocks() -> u32 { return ${vec === "columns" ? "p.n" : "(p.n + 3u) >> 2u"}; }

${stateText(fields)}
${fold}
${
  empty
    ? "fn fold(unit: u32, first: u32, stride: u32) -> State { return init(); }"
    : wgsl`${program.value(spec)}
${fetch("fetch", "value")}
${second ? `${second}\n${fetch("fetch_second", "second")}` : ""}
// Blocks first, first + stride … of a row: four a turn, then those that are left, the last of which may be ragged.
fn fold(unit: u32, first: u32, stride: u32) -> State {
  let start = begin(unit);
  let all = blocks();
  let whole = ${vec === "none" ? "p.n >> 2u" : "all"};
  var s = init();
  var k = first;
  for (var i = 0u; i < ${CAP}; i++) {
    if (k + 3u * stride >= whole) { break; }
    ${
      fold.includes("fn turn(")
        ? "s = turn(s, fetch(start, unit, k), fetch(start, unit, k + stride), fetch(start, unit, k + 2u * stride), fetch(start, unit, k + 3u * stride));"
        : ["k", "k + stride", "k + 2u * stride", "k + 3u * stride"]
            .map((k) => `s = step(s, ${values(k)}, vec4<bool>(true), index(${k}));`)
            .join("\n    ")
    }
    k += 4u * stride;
  }
  for (var i = 0u; i < ${CAP}; i++) {
    if (k >= all) { break; }
    s = step(s, ${values("k")}, ${vec === "columns" ? "vec4<bool>(true)" : "index(k) < vec4u(p.n)"}, index(k));
    k += stride;
  }
  return s;
}`
}
${
  alike(spec)
    ? `// The four components are parts of one row.
${across(fields)}`
    : "fn across(s: State) -> State { return s; }"
}
${ending ? program.end(spec, caps) : ""}
`;
}

/** What a thread does with its unit, `total(row)` being the WGSL of a whole row's state. */
export function finish<Spec extends Layout>(
  program: RowProgram<Spec>,
  spec: Spec,
  caps: Caps,
  total: (row: string) => string,
  [unit, first, stride]: readonly [string, string, string],
  guard = "",
): string {
  const last = (row: string) => (guard ? `min(${row}, p.rows - 1u)` : row);
  if (program.pairs?.(spec, caps))
    return wgsl`let s = ${total(last(`2u * ${unit}`))};
  let t = ${total(`min(2u * ${unit} + 1u, p.rows - 1u)`)};
  if (${guard}${first} == 0u) { end_pair(${unit}, s, t); }`;
  return wgsl`let s = ${total(guard ? `min(${unit}, ${unitsText(spec)} - 1u)` : unit)};
  ${guard ? `if (${guard}true) { ` : ""}end(${unit}, ${first}, ${stride}, s);${guard ? " }" : ""}`;
}
