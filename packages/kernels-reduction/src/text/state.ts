// A State, what a fold carries, as text: its fields, moved, packed into memory, shared by a workgroup.
import { wgsl } from "@tilewright/runtime";

/** Each a vector of four. */
export type Fields = Readonly<Record<string, "vec4f" | "vec4i" | "vec4u">>;

export const stateText = (fields: Fields): string =>
  `struct State { ${Object.entries(fields)
    .map(([name, type]) => `${name}: ${type}`)
    .join(", ")} }`;

/** Every field of a state moved by one function of WGSL: shuffled, swizzled. */
export const moved = (fields: Fields, f: (field: string, type: string) => string): string =>
  `State(${Object.entries(fields)
    .map(([name, type]) => f(`s.${name}`, type))
    .join(", ")})`;

/** `across(s)`: the four components merged, being parts of one row. */
export const across = (fields: Fields): string => wgsl`fn across(given: State) -> State {
  var s = given;
  s = merge(s, ${moved(fields, (field) => `${field}.yxwz`)});
  return merge(s, ${moved(fields, (field) => `${field}.zwxy`)});
}`;

const SCALARS = { vec4f: "f32", vec4i: "i32", vec4u: "u32" } as const;

/**
 * Packs a state into words of memory and back: `put_NAME(slot, s)`, `get_NAME(slot)`. Each field is a vec4u, or a u32 where its components
 * are alike, one row's whole state in each: a quarter of the memory, and of what is merged.
 */
const memory = (
  name: string,
  fields: Fields,
  alike: boolean,
  write: (at: string, v: string) => string,
  read: (at: string) => string,
): string => {
  const all = Object.entries(fields);
  const at = (i: number) => `${all.length}u * slot + ${i}u`;
  const put = (field: string) => (alike ? `bitcast<u32>(s.${field}.x)` : `bitcast<vec4u>(s.${field})`);
  const get = (type: Fields[string], from: string) =>
    alike ? `${type}(bitcast<${SCALARS[type]}>(${from}))` : `bitcast<${type}>(${from})`;
  return wgsl`fn put_${name}(slot: u32, s: State) {
  ${all.map(([field], i) => write(at(i), put(field))).join("\n  ")}
}
fn get_${name}(slot: u32) -> State { return State(${all.map(([, type], i) => get(type, read(at(i)))).join(", ")}); }`;
};

/** Words of memory for a field, which go as one load. */
export const lanesOf = (alike: boolean): 1 | 4 => (alike ? 1 : 4);

/** How many sums of threads there are: the power of 2 nearest below √threads. */
const sidesOf = (threads: number): number => 2 ** Math.floor(Math.log2(threads) / 2);

/** `share(s, thread)`: everyone's state merged into one that everyone has, by two barriers: about √threads of √threads, then those. */
export const share = (fields: Fields, threads: number, alike: boolean): string => {
  const side = sidesOf(threads);
  const each = threads / side;
  const size = Object.keys(fields).length;
  const word = alike ? "u32" : "vec4u";
  return wgsl`var<workgroup> shares: array<${word}, ${threads * size}>;
var<workgroup> sums: array<${word}, ${side * size}>;
${memory(
  "share",
  fields,
  alike,
  (at, v) => `shares[${at}] = ${v};`,
  (at) => `shares[${at}]`,
)}
${memory(
  "sum",
  fields,
  alike,
  (at, v) => `sums[${at}] = ${v};`,
  (at) => `sums[${at}]`,
)}
fn share(s: State, thread: u32) -> State {
  put_share(thread, s);
  workgroupBarrier();
  if (thread < ${side}u) {
    var part = get_share(thread * ${each}u);
    for (var i = 1u; i < ${each}u; i++) { part = merge(part, get_share(thread * ${each}u + i)); }
    put_sum(thread, part);
  }
  workgroupBarrier();
  var all = get_sum(0u);
  for (var i = 1u; i < ${side}u; i++) { all = merge(all, get_sum(i)); }
  return all;
}`;
};

/** @param words of a state */
export const shareBytes = (words: number, threads: number): number => 4 * words * (threads + sidesOf(threads));

/** A state as words of scratch, {@link lanesOf} a load. */
export const scratchMemory = (fields: Fields, alike: boolean): string =>
  memory(
    "part",
    fields,
    alike,
    (at, v) => `store_parts(${at}, ${v});`,
    (at) => `load_parts(${at})`,
  );
