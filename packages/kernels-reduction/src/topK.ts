import {
  CAP,
  countOf,
  type DType,
  defineKernel,
  fail,
  type Kernel,
  type Problem,
  showShape,
  sizeOf,
  type Variant,
  wgsl,
} from "@tilewright/runtime";
import { checkDtype, scalarOf } from "./dtypes.ts";
import { indexFold, keys } from "./folds.ts";
import { moved } from "./frame.ts";
import { axesOf } from "./layout.ts";
import { each } from "./variants/each.ts";
import { share, shareBytes } from "./variants/workgroup.ts";

export interface TopKOptions {
  readonly k: number;
  /** Default -1. */
  axis?: number | undefined;
  /** The least instead. Default false. */
  smallest?: boolean | undefined;
}

/** x is [rows / inner, n, inner]; the result has k instead of n. */
export type TopKParam = "rows" | "n" | "k" | "inner";
export interface TopKSpec {
  readonly dtype: DType;
  readonly smallest: boolean;
}

const OPERANDS = { x: "in", values: "out", indices: "out" } as const;
type TopKProblem = Problem<TopKParam, TopKSpec>;
type TopKVariant = Variant<TopKParam, TopKSpec, { threads: number }>;

const MAIN =
  "@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32";
const START = wgsl`fn start_of(row: u32) -> u32 { return row / p.inner * p.n * p.inner + row % p.inner; }
fn put_index(row: u32, place: u32, j: u32) { store_indices((row / p.inner * p.k + place) * p.inner + row % p.inner, i32(j)); }`;

/** The values behind the indices, by whoever owns a word of them. */
const gather = /* @__PURE__ */ each<TopKSpec, TopKParam>({
  four: () => false,
  half: ({ dtype }) => dtype === "f16",
  lanes: () => ({}),
  count: "(p.rows * p.k)",
  text: (spec) => wgsl`// What the pass before stored in indices is read as it lies there.
fn element(i: u32) -> ${scalarOf(spec.dtype)} {
  let outer = i / (p.k * p.inner);
  return load_x((outer * p.n + u32(indices[i])) * p.inner + i % p.inner);
}`,
});

const gathering = {
  lanes: (_: TopKSpec, { f16 }: { readonly f16: boolean }) => ({ values: (_.dtype === "f16" && !f16 ? 2 : 1) as 1 | 2 }),
  workgroups: ({ params }: TopKProblem, { threads }: { threads: number }) => Math.ceil((params.rows * params.k) / threads),
  wgsl: (spec: TopKSpec, tile: { threads: number }, caps: Parameters<typeof gather.wgsl>[2]) =>
    gather.wgsl(spec, tile, caps).replaceAll("store_y(", "store_values("),
};

/** Every element counts who is before it: n² comparisons, all at once. */
const rank: TopKVariant = {
  name: "rank",
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  when: ({ params: { n, k } }) => n <= 1024 || k > 64,
  scratch: () => ({}),
  passes: [
    {
      uses: () => ["x", "indices"],
      workgroups: ({ params: { rows, n } }, { threads }) => Math.ceil((rows * n) / threads),
      wgsl: (spec, { threads }) => wgsl`alias V = vec4<${scalarOf(spec.dtype)}>;
${keys(scalarOf(spec.dtype), spec.smallest)}
${START}
@compute @workgroup_size(${threads})
fn main(${MAIN}) {
  let i = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let row = i / p.n;
  if (row >= p.rows) { return; }
  let j = i % p.n;
  let start = start_of(row);
  let own = key(V(load_x(start + j * p.inner))).x;
  var before = 0u;
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= p.n) { break; }
    let other = key(V(load_x(start + k * p.inner))).x;
    before += select(0u, 1u, other ${spec.smallest ? "<" : ">"} own || (other == own && k < j));
  }
  if (before < p.k) { put_index(row, before, j); }
}
`,
    },
    gathering,
  ],
};

/** A workgroup for a row looks for the best k times, each time among those behind the last one. */
const rounds: TopKVariant = {
  name: "rounds",
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads, workgroupBytes: shareBytes(2, threads) }),
  when: () => true,
  scratch: () => ({}),
  passes: [
    {
      uses: () => ["x", "indices"],
      workgroups: ({ params: { rows } }) => rows,
      wgsl: (spec, { threads }) => {
        const { fields, text } = indexFold(scalarOf(spec.dtype), spec.smallest, false);
        const names = Object.entries(fields).map(([name, type]) => `${name}: ${type}`);
        return wgsl`alias V = vec4<${scalarOf(spec.dtype)}>;
struct State { ${names.join(", ")} }
${text}
${START}
fn across(given: State) -> State {
  var s = given;
  s = merge(s, ${moved(fields, (field) => `${field}.yxwz`)});
  return merge(s, ${moved(fields, (field) => `${field}.zwxy`)});
}
${share(fields, threads)}
@compute @workgroup_size(${threads})
fn main(${MAIN}) {
  let row = wid.y * groups.x + wid.x;
  if (row >= p.rows) { return; }
  let start = start_of(row);
  var last = State();
  for (var place = 0u; place < ${CAP}; place++) {
    if (place >= p.k) { break; }
    var s = init();
    for (var i = 0u; i < ${CAP}; i++) {
      if ((i * ${threads}u + thread) * 4u >= p.n) { break; }
      let j = (i * ${threads}u + thread) * 4u + vec4u(0u, 1u, 2u, 3u);
      let at = vec4u(start) + min(j, vec4u(p.n - 1u)) * p.inner;
      let x = V(load_x(at.x), load_x(at.y), load_x(at.z), load_x(at.w));
      let behind = (j < vec4u(p.n)) & (vec4<bool>(place == 0u) | better(last.best, last.at, key(x), j));
      s = step(s, x, behind, j);
    }
    last = share(across(s), thread);
    if (thread == 0u) { put_index(row, place, last.at.x); }
  }
}
`;
      },
    },
    gathering,
  ],
};

/** The k largest (or least) elements along an axis, in order, and where they are (i32); of equal ones the first comes first, NaN before all. */
export const topK: Kernel<typeof OPERANDS, TopKParam, TopKOptions, TopKSpec> = /* @__PURE__ */ defineKernel({
  name: "topK",
  operands: OPERANDS,
  params: { rows: "u32", n: "u32", k: "u32", inner: "u32" },

  resolve({ x }, { k, axis = -1, smallest = false, ...unknown }: TopKOptions) {
    for (const key in unknown) fail("topK", "feature", `there is no option ${key}; there are k, axis, smallest.`);
    checkDtype("topK", x);
    const [d = 0] = axesOf("topK", x.shape.length, axis);
    const shape = x.shape.length > 0 ? x.shape : [1];
    const n = shape[d]!;
    if (!Number.isInteger(k) || k < 0 || k > n)
      fail("topK", "shape", `k is ${k}; needed is 0 to ${n}, the size of axis ${axis} of x ${showShape(x.shape)}.`);
    const inner = countOf(shape.slice(d + 1));
    const out = shape.map((size, i) => (i === d ? k : size));
    return {
      params: { rows: countOf(shape.slice(0, d)) * inner, n, k, inner },
      spec: { dtype: x.dtype, smallest } satisfies TopKSpec,
      outputs: { values: { shape: out, dtype: x.dtype }, indices: { shape: out, dtype: "i32" } },
    };
  },

  variants: [rank, rounds],

  proof: () => import("./proofs/topK.ts"),

  cost: ({ types, params: { rows, n, k } }) => ({
    flops: rows * n * Math.log2(k + 1),
    bytes: sizeOf(types["x"]!) + sizeOf(types["values"]!) + sizeOf(types["indices"]!),
  }),
});
