import {
  CAP,
  countOf,
  type DType,
  defineKernel,
  fail,
  type Kernel,
  type Lanes,
  type Problem,
  sizeOf,
  type Variant,
  wgsl,
} from "@tilewright/runtime";
import { checkDtype } from "./dtypes.ts";
import { unitsOf, unitsText } from "./frame.ts";
import { addressing, axesOf, type Layout, layoutOf, VIEW_PARAMS, type ViewParam, viewOf, viewParams } from "./layout.ts";
import { locate } from "./variants/flat.ts";

export interface CumsumOptions {
  /** Default -1. */
  axis?: number | undefined;
  /** Element j is the sum of those before it, without itself. Default false. */
  exclusive?: boolean | undefined;
  /** From the end. Default false. */
  reverse?: boolean | undefined;
}

export interface CumsumSpec extends Layout {
  readonly exclusive: boolean;
  readonly reverse: boolean;
  readonly dtype: DType;
}
type CumsumProblem = Problem<ViewParam, CumsumSpec>;
type CumsumVariant = Variant<ViewParam, CumsumSpec, { threads: number }>;

/** Steps that one thread of `split` and `flat` takes. */
const CHUNK = 64;

const lanes = ({ vec }: CumsumSpec): Lanes => (vec === "none" ? { parts: 4 } : { x: 4, y: 4, parts: 4 });

/**
 * A step is one element of a row (of four rows side by side), or four of a row, taken in the order of the scan: `C` is carried from step to step,
 * `total(v)` is what a step adds, `scanned(carry, v)` what it gives.
 */
function steps(spec: CumsumSpec, storing = true): string {
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

const scanLoop = (spec: CumsumSpec, first: string, end: string) => wgsl`for (var i = 0u; i < ${CAP}; i++) {
    let k = ${first} + i;
    if (k >= ${end}) { break; }
    let at = place(start, k);
    let v = load(at);
    ${spec.reverse && spec.vec === "row" ? "put" : "store_y"}(at, scanned(carry, v));
    carry += total(v);
  }`;

const odd = ({ spec }: CumsumProblem, { f16 }: { readonly f16: boolean }) =>
  spec.dtype === "f16" && !f16 && spec.vec === "none"
    ? "without shader-f16 it stores f16 rows of a multiple of 4 only"
    : undefined;

/** A thread for a row (for four side by side), from one end to the other. */
const thread: CumsumVariant = {
  name: "thread",
  tiles: [{ threads: 32 }],
  needs: ({ threads }) => ({ invocations: threads }),
  when: (problem) => problem.params.n <= 256 || (unitsOf(problem) >= 64 && problem.params.n <= 65536),
  refuses: (problem, caps) =>
    problem.params.n > 65536 ? "a thread sums at most 65536 elements, lest digits and seconds be lost" : odd(problem, caps),
  lanes,
  workgroups: (problem, { threads }) => Math.ceil(unitsOf(problem) / threads),
  wgsl: (spec, { threads }) => wgsl`${steps(spec)}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let unit = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  if (unit >= ${unitsText(spec)}) { return; }
  let start = begin(unit);
  var carry = C();
  ${scanLoop(spec, "0u", "count()")}
}
`,
};

const chunksOf = ({ params, spec }: CumsumProblem): number => Math.ceil((spec.vec === "row" ? params.n / 4 : params.n) / CHUNK);
const scratch = (problem: CumsumProblem) => ({
  parts: { shape: [4 * unitsOf(problem) * chunksOf(problem)], dtype: "u32" as const },
});
const CHUNKS = "fn chunks() -> u32 { return (count() + 63u) / 64u; }";
const carried = (spec: CumsumSpec) => {
  const S = spec.dtype === "f16" ? "f32" : spec.dtype;
  return spec.vec === "columns" ? `bitcast<vec4<${S}>>(load_parts(i))` : `bitcast<${S}>(load_parts(i).x)`;
};

/** The sum of each chunk of 64 steps, by a thread of its own. */
const summing = {
  uses: () => ["x", "parts"],
  lanes,
  workgroups: (problem: CumsumProblem, { threads }: { threads: number }) =>
    Math.ceil((unitsOf(problem) * chunksOf(problem)) / threads),
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

/** Long rows in two passes: the sums of chunks, then every chunk by a thread that first adds up those before it. */
const split: CumsumVariant = {
  name: "split",
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  when: () => true,
  refuses: odd,
  scratch,
  passes: [
    summing,
    {
      lanes,
      workgroups: summing.workgroups,
      wgsl: (spec, { threads }) => wgsl`${steps(spec)}
${CHUNKS}
fn part(i: u32) -> C { return ${carried(spec)}; }
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let unit = i / chunks();
  if (unit >= ${unitsText(spec)}) { return; }
  let start = begin(unit);
  let chunk = i % chunks();
  var carry = C();
  for (var c = 0u; c < ${CAP}; c++) {
    if (c >= chunk) { break; }
    carry += part(unit * chunks() + c);
  }
  let end = min((chunk + 1u) * ${CHUNK}u, count());
  ${scanLoop(spec, `chunk * ${CHUNK}u`, "end")}
}
`,
    },
  ],
};

/** Halves in rows of odd length, on a device without f16: a thread for a word, which adds up chunks and what is left of its own. */
const flat: CumsumVariant = {
  name: "flat",
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  when: () => true,
  refuses: ({ spec }) => (spec.vec === "none" ? undefined : "it is for rows whose length is no multiple of 4"),
  scratch,
  passes: [
    summing,
    {
      lanes: (spec, { f16 }) => ({ ...lanes(spec), y: spec.dtype === "f16" && !f16 ? 2 : 1 }),
      workgroups: ({ params }, { threads }) => Math.ceil((params.rows * params.n) / threads),
      wgsl: (spec, { threads }, { f16 }) => {
        const body = steps(spec);
        const pairs = spec.dtype === "f16" && !f16;
        return wgsl`${body}
${CHUNKS}
${locate(spec)}
fn part(i: u32) -> C { return ${carried(spec)}; }
fn element(i: u32) -> T {
  let at = locate(i);
  let start = begin(at.x);
  let k = ${spec.reverse ? "p.n - 1u - at.y" : "at.y"};
  let chunk = k / ${CHUNK}u;
  var carry = C();
  for (var c = 0u; c < ${CAP}; c++) {
    if (c >= chunk) { break; }
    carry += part(at.x * chunks() + c);
  }
  for (var j = 0u; j < ${CHUNK}u; j++) {
    if (chunk * ${CHUNK}u + j >= k) { break; }
    carry += load(place(start, chunk * ${CHUNK}u + j));
  }
  return scanned(carry, load(i));
}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let last = p.rows * p.n - 1u;
  ${
    pairs
      ? "if (2u * i <= last) { store_y(i, vec2f(element(2u * i), element(min(2u * i + 1u, last)))); }"
      : "if (i <= last) { store_y(i, element(i)); }"
  }
}
`;
      },
    },
  ],
};

/** The sums of 1, 2, 3 … elements along an axis. f32 and f16 are summed in float32; integers wrap. */
export const cumsum: Kernel<{ x: "in"; y: "out" }, ViewParam, CumsumOptions, CumsumSpec> = /* @__PURE__ */ defineKernel({
  name: "cumsum",
  operands: { x: "in", y: "out" },
  params: VIEW_PARAMS,

  resolve({ x }, { axis = -1, exclusive = false, reverse = false, ...unknown }: CumsumOptions) {
    for (const key in unknown) fail("cumsum", "feature", `there is no option ${key}; there are axis, exclusive, reverse.`);
    checkDtype("cumsum", x);
    const view = viewOf("cumsum", x.shape, axesOf("cumsum", x.shape.length, axis));
    return {
      params: viewParams(view),
      spec: { ...layoutOf(view), exclusive, reverse, dtype: x.dtype } satisfies CumsumSpec,
      outputs: { y: x },
    };
  },

  variants: [thread, split, flat],

  proof: () => import("./proofs/cumsum.ts"),

  cost: ({ types }) => ({ flops: countOf(types["x"]!.shape), bytes: 2 * sizeOf(types["x"]!) }),
});
