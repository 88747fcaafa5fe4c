// The loop that every kernel over rows shares: a row is folded into a State, shares of it are merged, and the end makes something of the whole.
import { CAP, type Caps, type Lanes, type Problem, wgsl } from "@tilewright/runtime";
import { addressing, type Layout, type ViewParam } from "./layout.ts";

/**
 * What a kernel does with its rows, as WGSL. Everything is four wide (`V`): four elements of one row, or one element of each of four
 * rows where storage holds neighbours so; `T` is what one load gives (V, or a scalar), `I` the indices that belong to it.
 */
export interface RowProgram<Spec extends Layout> {
  /** Fields of State, each a vector of four. */
  fields(spec: Spec): Readonly<Record<string, "vec4f" | "vec4i" | "vec4u">>;
  /** Of the values that are folded. */
  scalar(spec: Spec): "f32" | "i32" | "u32";
  /** `fn value(i: u32, row: I, j: I) -> T`: element j of a row, stored at i; not asked for where rows are empty. */
  value(spec: Spec): string;
  /** A second value that goes with each: `fn second(i: u32, row: I, j: I) -> T`. Steps then are `step(s, x, second, ok, j)`, and there are no turns. */
  second?(spec: Spec): string | undefined;
  /**
   * `init() -> State`, `step(s: State, x: V, ok: vec4<bool>, j: vec4u) -> State` of which only the ok components count, `merge(a: State, b: State) -> State`;
   * `turn(s: State, a: V, b: V, c: V, d: V) -> State` where four at once are cheaper than four steps.
   */
  fold(spec: Spec): string;
  /** `end(unit: u32, first: u32, stride: u32, s: State)`: called by everyone who shares a row, its elements being first, first + stride … */
  end(spec: Spec, caps: Caps): string;
  lanes(spec: Spec, caps: Caps): Lanes;
  /** Two rows make a word of the result: `end_pair(unit: u32, s: State, t: State)`. */
  pairs?(spec: Spec, caps: Caps): boolean;
  /** Why there must be a thread for each word of the result, where it is so. */
  flat?(problem: Problem<string, Spec>, caps: Caps): string | undefined;
}

export type Rows<Spec extends Layout> = Problem<ViewParam, Spec>;

/** How many units of work there are: rows, or groups of four where storage holds them side by side. */
export const unitsOf = <Spec extends Layout>({ params, spec }: Rows<Spec>): number =>
  spec.vec === "columns" ? params.rows / 4 : params.rows;

/** The same in WGSL, pairs counted. */
export const unitsText = (spec: Layout, pairs = false): string =>
  spec.vec === "columns" ? "(p.rows >> 2u)" : pairs ? "((p.rows + 1u) >> 1u)" : "p.rows";

const map = (fields: object, f: (name: string) => string) => `State(${Object.keys(fields).map(f).join(", ")})`;

/** Every field of a state moved by one function of WGSL: shuffled, swizzled. */
export const moved = (fields: object, f: (field: string) => string): string => map(fields, (name) => f(`s.${name}`));

/** Everything below the header but the entry point. */
export function frame<Spec extends Layout>(program: RowProgram<Spec>, spec: Spec, caps: Caps, ending = true): string {
  const { vec, empty } = spec;
  const scalar = program.scalar(spec);
  const fields = program.fields(spec);
  const fold = program.fold(spec);
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

struct State { ${Object.entries(fields)
    .map(([name, type]) => `${name}: ${type}`)
    .join(", ")} }
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
  vec === "columns"
    ? "fn across(s: State) -> State { return s; }"
    : `// The four components are parts of one row.
fn across(given: State) -> State {
  var s = given;
  s = merge(s, ${moved(fields, (field) => `${field}.yxwz`)});
  return merge(s, ${moved(fields, (field) => `${field}.zwxy`)});
}`
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

/** A kernel whose result has x's shape: every element by what its row came to. */
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

/** The end of such a kernel: blocks first, first + stride … of the row once more. */
export function elements<Spec extends Layout>(program: ElementProgram<Spec>): RowProgram<Spec> & ElementProgram<Spec> {
  const end = (spec: Spec): string => {
    const aside = program.aside?.(spec);
    const each = (k: string) =>
      `emit(t, start, unit, ${k}${program.beside?.(spec) ? `, beside(rows_of(unit), existing(index(${k})))` : ""});`;
    return wgsl`${elementText(program, spec)}
fn end(unit: u32, first: u32, stride: u32, s: State) {
  let t = close(s, rows_of(unit));
  let start = begin(unit);
  let all = blocks();${aside ? `\n  if (first == 0u) { ${aside} }` : ""}
  var k = first;
  for (var i = 0u; i < ${CAP}; i++) {
    if (k + 3u * stride >= all) { break; }
    ${["k", "k + stride", "k + 2u * stride", "k + 3u * stride"].map(each).join("\n    ")}
    k += 4u * stride;
  }
  for (var i = 0u; i < ${CAP}; i++) {
    if (k >= all) { break; }
    ${each("k")}
    k += stride;
  }
}`;
  };
  return { ...program, end, flat: flat(program) };
}
