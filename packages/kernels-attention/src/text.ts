// WGSL that the variants share: where rows lie, which keys a query sees, what a score becomes, and how results are stored.
import { type Caps, type Lanes, orNan, type Problem, wgsl } from "@tilewright/runtime";
import type { P, Spec } from "./attention.ts";

export const lines = (count: number, line: (i: number) => string, separator = "\n  "): string =>
  Array.from({ length: count }, (_, i) => line(i)).join(separator);

/** Elements of out that a store moves: without shader-f16 two halves share a word. */
const outLanes = ({ vecV, half }: Spec, { f16 }: Caps): 1 | 2 | 4 => (vecV ? 4 : half && !f16 ? 2 : 1);

export const lanes = (spec: Spec, caps: Caps): Lanes => ({
  q: spec.vecK ? 4 : 1,
  k: spec.vecK ? 4 : 1,
  v: spec.vecV ? 4 : 1,
  out: outLanes(spec, caps),
  partial: 4,
  stats: 2,
});

/** Why a result cannot be stored at all, if so. */
export const storeRefusal = ({ spec, params }: Problem<P, Spec>, { f16 }: Caps): string | undefined =>
  spec.half && !f16 && params.dv % 2
    ? `without shader-f16 it stores f16 rows of an even length only; v's are ${params.dv}`
    : undefined;

export const emptyRefusal = ({ spec }: Problem<P, Spec>): string | undefined =>
  spec.empty ? "there are no keys; direct writes zeros" : undefined;

/** `x4(row, c)`: vec4 number c of a row, zeros behind its end. Where q holds all three, v's row stands behind k's. */
function rowLoad(x: "q" | "k" | "v", { packed }: Spec, vec: boolean, ragged: boolean): string {
  const width = x === "v" ? "p.dv" : "p.d";
  const inQ = packed === "all";
  const load = `load_${inQ ? "q" : x}`;
  const row = inQ && x === "v" ? "(row + p.heads / p.group)" : "row";
  const body = vec
    ? `let last = (${width} >> 2u) - 1u;
  let four = ${load}(${row} * (last + 1u) + ${ragged ? "min(c, last)" : "c"});
  return ${ragged ? "select(vec4f(), four, c <= last)" : "four"};`
    : `var four = vec4f();
  for (var i = 0u; i < 4u; i++) {
    if (4u * c + i < ${width}) { four[i] = ${load}(${row} * ${width} + 4u * c + i); }
  }
  return four;`;
  return wgsl`fn ${x}4(row: u32, c: u32) -> vec4f {
  ${body}
}`;
}

/** Which row of a tensor is that of head h; in units of the head size. */
const place = (layout: Spec["layout"], b: string, heads: string, rows: string, i: string) =>
  layout === "bhsd" ? `(${b} * ${heads} + h) * ${rows} + ${i}` : `(${b} * ${rows} + ${i}) * ${heads} + h`;
const row = (name: string, value: string) => `fn ${name}(b: u32, h: u32, i: u32) -> u32 { return ${value}; }`;

const SHARED = "(p.heads / p.group)";
/** Heads of q, k and v side by side. */
const ALL = `(p.heads + 2u * ${SHARED})`;

/** `key_row(b, h, i)`: row of key i, in k and in v. */
function keyRow({ kvLayout, packed, page }: Spec): string {
  if (packed === "all") return row("key_row", `(b * p.s + i) * ${ALL} + p.heads + h`);
  if (page === undefined) return row("key_row", place(kvLayout, "b", SHARED, "p.t", "i"));
  const number = `u32(load_pages(b * (p.t >> ${page}u) + (i >> ${page}u)))`;
  return row("key_row", place(kvLayout, number, SHARED, `${2 ** page}u`, `(i & ${2 ** page - 1}u)`));
}

/** The functions above main: rows, loads, positions, scores. `ragged`: a vec4 may be asked for that lies behind a row's end. */
export function functions(spec: Spec, ragged = true): string {
  const keys = spec.empty
    ? ""
    : wgsl`${keyRow(spec)}
${rowLoad("q", spec, spec.vecK, ragged && spec.raggedK)}
${rowLoad("k", spec, spec.vecK, ragged && spec.raggedK)}
${rowLoad("v", spec, spec.vecV, ragged && spec.raggedV)}`;
  return wgsl`
const LOG2E = 1.4426950408889634;
const HIDDEN = -3.4028234e38; // the score of a key that is not seen
const FLOOR = -3.4028232e38; // the least that a seen one can have
${row("out_row", place(spec.layout, "b", "p.heads", "p.s", "i"))}
${row("query_row", spec.packed ? `(b * p.s + i) * ${ALL} + h` : "out_row(b, h, i)")}
${keys}
${positions(spec)}
${scoring(spec)}
`;
}

/**
 * A workgroup's tile of `size` (WGSL) rows: `b`, the `head` of k and v, `row0`. Rows are the queries of all heads that share these keys,
 * heads innermost. The last come first: where rows see more keys the later they stand, those take longest.
 */
export const tileOf = (size: string): string => wgsl`let rows = p.group * p.s;
  let tiles = (rows + ${size} - 1u) / ${size};
  let group = wid.y * groups.x + wid.x;
  let shared_heads = p.heads / p.group;
  let b = group / (tiles * shared_heads);
  if (b >= p.batch) { return; }
  let head = group / tiles % shared_heads;
  let row0 = (tiles - 1u - group % tiles) * ${size};`;

/** `length_of(b)`, `position(i, length)`, and `window(position, length)`: the keys from x to before y. */
const positions = ({
  lengths,
  fromEnd,
  left,
  right,
}: Spec) => wgsl`fn length_of(b: u32) -> u32 { return ${lengths ? "min(u32(load_lengths(b)), p.length)" : "p.length"}; }
fn position(i: u32, length: u32) -> i32 { return i32(i) + ${fromEnd ? "i32(length) - i32(p.s)" : "p.offset"}; }
fn window(position: i32, length: u32) -> vec2u {
  return vec2u(${left ? "u32(max(position - p.left, 0))" : "0u"}, ${right ? "u32(clamp(position + p.right + 1, 0, i32(length)))" : "length"});
}`;

/** `score(dot, …)` in units of log 2: scaled, capped, ALiBi and mask added; HIDDEN where the mask says so. */
function scoring({ softcap, slopes, mask, maskKeys }: Spec): string {
  const capped = "p.softcap * (1.0 - 2.0 / (exp2((2.0 * LOG2E) * (dot * p.scale / p.softcap)) + 1.0)) * LOG2E";
  const told = `load_mask(b * p.maskB + h * p.maskH + i * p.maskS${maskKeys ? " + key" : ""})`;
  const masks = {
    bool: `return select(HIDDEN, s, ${told} != 0u);`,
    // Bits, since WGSL may assume that there is no infinity; the comparison lets NaN through.
    add: `let told = ${told};
  s += told * LOG2E;
  s = select(s, FLOOR, s < FLOOR);
  return select(s, HIDDEN, bitcast<u32>(told) == 0xff800000u);`,
  };
  return wgsl`fn score(dot: f32, b: u32, h: u32, i: u32, key: u32, position: i32) -> f32 {
  var s = ${softcap ? capped : "dot * (p.scale * LOG2E)"};
  ${slopes ? "s -= load_slopes(h) * f32(abs(position - i32(key))) * LOG2E;" : ""}
  ${mask ? masks[mask] : "return s;"}
}`;
}

/** `put(row, c, v)`: stores vec4 number c of a row of out, what of it there is. `ragged`: c may lie behind the row's end. */
export function store(spec: Spec, caps: Caps, ragged = true): string {
  const each = outLanes(spec, caps);
  const piece = (i: number) => (each === 2 ? `v.${i ? "zw" : "xy"}` : `v[${i}]`);
  const body =
    each === 4
      ? "store_out(row * (p.dv >> 2u) + c, v);"
      : lines(
          4 / each,
          (i) => `if (4u * c + ${each * i}u < p.dv) { store_out((row * p.dv + 4u * c) / ${each}u + ${i}u, ${piece(i)}); }`,
        );
  return wgsl`fn put(row: u32, c: u32, v: vec4f) {
  ${ragged ? "if (4u * c >= p.dv) { return; }" : ""}
  ${body}
}
${spec.lse ? PUT_LSE : ""}`;
}

/** With no key seen it is minus infinity, which is no constant of WGSL. */
const PUT_LSE = wgsl`fn put_lse(row: u32, top: f32, sum: f32) {
  var none = 0xff800000u;
  store_lse(row, select((top + log2(sum)) / LOG2E, bitcast<f32>(none), sum == 0.0));
}`;

/** `weight(x)`: 2^x; NaN stays NaN, which WGSL's exp2 need not hand on. */
export const weight = (T: string, U: string): string => `fn weight(x: ${T}) -> ${T} {
  return ${orNan("exp2(x)", U)};
}`;

/** Where the online softmax starts: at the sink, a key that has a score but no value, or at nothing. */
export const start = ({ sinks }: Spec, h = "h"): { top: string; sum: string } =>
  sinks ? { top: `load_sinks(${h}) * LOG2E`, sum: "1.0" } : { top: "HIDDEN", sum: "0.0" };
