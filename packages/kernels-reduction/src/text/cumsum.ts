// What cumulative sums share, as text.
import { CAP, type Form, type Lanes, type Problem, wgsl } from "@tilewright/runtime";
import type { CumsumSpec } from "../cumsum.ts";
import { rowsOf, type ViewParam } from "../layout.ts";
import { addressing, unitsText } from "./addressing.ts";

type CumsumProblem = Problem<ViewParam, CumsumSpec>;
export type CumsumForm = Form<ViewParam, CumsumSpec, { threads: number }>;

/** Steps that one thread of `split` and `flat` takes. */
export const CHUNK = 64;

export const lanes = ({ vec }: CumsumSpec): Lanes => (vec === "none" ? { parts: 4 } : { x: 4, y: 4, parts: 4 });

/**
 * A step is one element of a row (of four rows side by side), or four of a row, taken in the order of the scan: `C` is carried from step to step,
 * `total(v)` is what a step adds, `scanned(carry, v)` what it gives.
 */
export function steps(spec: CumsumSpec, storing = true): string {
  const { vec, exclusive, reverse, dtype } = spec;
  const S = dtype === "f16" ? "f32" : dtype;
  const row = vec === "row";
  const T = vec === "none" ? S : `vec4<${S}>`;
  const turned = reverse && row ? ".wzyx" : "";
  const first = `${S}(), v.x, v.x + v.y, (v.x + v.y) + v.z`;
  const through = "v.x, v.x + v.y, (v.x + v.y) + v.z, (v.x + v.y) + (v.z + v.w)";
  return wgsl`alias T = ${T};
alias C = ${row ? S : T};
${addressing(spec)}
fn begin(unit: u32) -> u32 { return ${vec === "columns" ? "start_of(4u * unit) >> 2u" : row ? "start_of(unit) >> 2u" : "start_of(unit)"}; }
fn count() -> u32 { return ${row ? "p.n >> 2u" : "p.n"}; }
fn place(start: u32, k: u32) -> u32 {
  let j = ${reverse ? "count() - 1u - k" : "k"};
  return start + ${row ? "(along(j << 2u) >> 2u)" : vec === "columns" ? "(along(j) >> 2u)" : "along(j)"};
}
fn total(v: T) -> C { return ${row ? "(v.x + v.y) + (v.z + v.w)" : "v"}; }
fn scanned(carry: C, v: T) -> T { return ${row ? `T(carry) + T(${exclusive ? first : through})` : exclusive ? "carry" : "carry + v"}; }
fn load(i: u32) -> T { return load_x(i)${turned}; }${
    storing && reverse && row ? "\nfn put(i: u32, v: T) { store_y(i, v.wzyx); }" : ""
  }`;
}

export const scanLoop = (spec: CumsumSpec, first: string, end: string) => wgsl`for (var i = 0u; i < ${CAP}; i++) {
    let k = ${first} + i;
    if (k >= ${end}) { break; }
    let at = place(start, k);
    let v = load(at);
    ${spec.reverse && spec.vec === "row" ? "put" : "store_y"}(at, scanned(carry, v));
    carry += total(v);
  }`;

export const odd = ({ spec }: CumsumProblem, { f16 }: { readonly f16: boolean }) =>
  spec.dtype === "f16" && !f16 && spec.vec === "none"
    ? "without shader-f16 it stores f16 rows of a multiple of 4 only"
    : undefined;

const chunksOf = ({ params, spec }: CumsumProblem): number => Math.ceil((spec.vec === "row" ? params.n / 4 : params.n) / CHUNK);
export const scratch = (problem: CumsumProblem) => ({
  parts: { shape: [4 * rowsOf(problem).units * chunksOf(problem)], dtype: "u32" as const },
});
export const CHUNKS = "fn chunks() -> u32 { return (count() + 63u) / 64u; }";
export const carried = (spec: CumsumSpec) => {
  const S = spec.dtype === "f16" ? "f32" : spec.dtype;
  return spec.vec === "columns" ? `bitcast<vec4<${S}>>(load_parts(i))` : `bitcast<${S}>(load_parts(i).x)`;
};

/** The sum of each chunk of 64 steps, by a thread of its own. */
export const summing = {
  uses: () => ["x", "parts"],
  lanes,
  workgroups: (problem: CumsumProblem, { threads }: { threads: number }) =>
    Math.ceil((rowsOf(problem).units * chunksOf(problem)) / threads),
  wgsl: (spec: CumsumSpec, { threads }: { threads: number }) => wgsl`${steps(spec, false)}
${CHUNKS}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let unit = i / chunks();
  if (unit >= ${unitsText(spec)}) { return; }
  let start = begin(unit);
  let first = i % chunks() * ${CHUNK}u;
  var sum = C();
  for (var k = 0u; k < ${CHUNK}u; k++) {
    if (first + k >= count()) { break; }
    sum += total(load(place(start, first + k)));
  }
  store_parts(i, ${spec.vec === "columns" ? "bitcast<vec4u>(sum)" : "vec4u(bitcast<u32>(sum))"});
}
`,
};
