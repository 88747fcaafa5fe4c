// Slices into the places that index tuples or segment numbers name.
import { CAP, countOf, defineKernel, fail, type Kernel, type Problem, showShape, type Variant, wgsl } from "@tilewright/runtime";
import { bytes, checked, combine, OPERANDS, type ScatterOptions, type ScatterSpec, type SegmentSumOptions } from "./scatter.ts";
import { each } from "./variants/each.ts";

/** `updates` slices of `size` elements, each to one of `slots`; an index tuple's digits count by s0 (the last), s1 … */
export type SliceParam = "count" | "size" | "updates" | "slots" | "s0" | "s1" | "s2" | "s3" | "s4" | "s5";
export interface SliceSpec extends ScatterSpec {
  /** How many indices name a slot. */
  readonly tuple: number;
  /** Without data: all zeros. */
  readonly zeros: boolean;
  /** Negative indices count from the end; else they meet nothing. */
  readonly negative: boolean;
}
type SliceProblem = Problem<SliceParam, SliceSpec>;

/** `slot_of(u)`: where update u goes, or `slots` where it goes nowhere. */
function slots({ tuple, negative }: SliceSpec): string {
  const digits = Array.from({ length: tuple }, (_, d) => {
    const size = `p.s${d}`;
    return `digit = i32(load_indices(u * ${tuple}u + ${tuple - 1 - d}u)); ${negative ? `digit = select(digit, digit + i32(${size}), digit < 0); ` : ""}inside = inside && digit >= 0 && digit < i32(${size}); slot += u32(digit) * step; step *= ${size};`;
  });
  return wgsl`fn slot_of(u: u32) -> u32 {
  var slot = 0u; var step = 1u; var inside = true; var digit = 0i;
  ${digits.join("\n  ")}
  return select(p.slots, slot, inside);
}`;
}

const own = ({ zeros }: SliceSpec) => (zeros ? "S()" : "load_data(i)");

/** Every element looks at every update: for few of them. */
const loop = /* @__PURE__ */ each<SliceSpec, SliceParam>({
  four: () => false,
  half: ({ dtype }) => dtype === "f16",
  lanes: () => ({}),
  count: "p.count",
  text: (spec) => wgsl`${combine(spec)}
${slots(spec)}
fn element(i: u32) -> S {
  var v = ${own(spec)};
  let slot = i / p.size;
  for (var u = 0u; u < ${CAP}; u++) {
    if (u >= p.updates) { break; }
    if (slot_of(u) == slot) { v = combine(v, load_updates(u * p.size + i % p.size)); }
  }
  return v;
}`,
});

const MAIN =
  "@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32";
const chain = /* @__PURE__ */ each<SliceSpec, SliceParam>({
  four: () => false,
  half: ({ dtype }) => dtype === "f16",
  lanes: () => ({}),
  count: "p.count",
  text: (spec) => wgsl`${combine(spec)}
fn element(i: u32) -> S {
  var v = ${own(spec)};
  var u = load_first(i / p.size);
  for (var k = 0u; k < ${CAP}; k++) {
    if (u >= p.updates) { break; }
    v = combine(v, load_updates(u * p.size + i % p.size));
    u = load_next(u);
  }
  return v;
}`,
});

/**
 * Many updates are first strung into a chain for each slot: nobody's first update (pass 1), then every update looks for the next one of its slot and whether it is the first
 * (pass 2, integers only, whatever the size of slices), then every element walks its slot's chain (pass 3).
 */
const linked: Variant<SliceParam, SliceSpec, { threads: number }> = {
  name: "linked",
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  when: ({ params }) => params.updates > 16,
  scratch: ({ params }) => ({
    first: { shape: [Math.max(params.slots, 1)], dtype: "u32" },
    next: { shape: [Math.max(params.updates, 1)], dtype: "u32" },
  }),
  passes: [
    {
      uses: () => ["first"],
      workgroups: ({ params }, { threads }) => Math.ceil(params.slots / threads),
      wgsl: (_, { threads }) => wgsl`@compute @workgroup_size(${threads})
fn main(${MAIN}) {
  let slot = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  if (slot < p.slots) { store_first(slot, p.updates); }
}
`,
    },
    {
      uses: () => ["indices", "first", "next"],
      workgroups: ({ params }, { threads }) => Math.ceil(params.updates / threads),
      wgsl: (spec, { threads }) => wgsl`${slots(spec)}
@compute @workgroup_size(${threads})
fn main(${MAIN}) {
  let u = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  if (u >= p.updates) { return; }
  let slot = slot_of(u);
  var next = u + 1u;
  for (var k = 0u; k < ${CAP}; k++) {
    if (next >= p.updates || slot_of(min(next, p.updates - 1u)) == slot) { break; }
    next++;
  }
  store_next(u, next);
  var before = u;
  for (var k = 0u; k < ${CAP}; k++) {
    if (before == 0u) { break; }
    before--;
    if (slot_of(before) == slot) { return; }
  }
  if (slot < p.slots) { store_first(slot, u); }
}
`,
    },
    {
      uses: ({ zeros }) => [...(zeros ? [] : ["data"]), "updates", "y", "first", "next"],
      lanes: (spec, caps) => chain.lanes!(spec, caps),
      workgroups: ({ params }, { threads }) => Math.ceil(params.count / threads),
      wgsl: (spec, tile, caps) => chain.wgsl(spec, tile, caps),
    },
  ],
};

const SLICES = {
  count: "u32",
  size: "u32",
  updates: "u32",
  slots: "u32",
  s0: "u32",
  s1: "u32",
  s2: "u32",
  s3: "u32",
  s4: "u32",
  s5: "u32",
} as const;

const slices = {
  params: SLICES,
  variants: [linked, loop] as const,
  proof: () => import("./proofs/scatterND.ts"),
  cost: ({ types }: SliceProblem) => ({ flops: countOf(types["updates"]!.shape), bytes: bytes(types) }),
};

const digits = (shape: readonly number[]) => {
  const [s0 = 1, s1 = 1, s2 = 1, s3 = 1, s4 = 1, s5 = 1] = [...shape].reverse();
  return { s0, s1, s2, s3, s4, s5 };
};

/**
 * y is data, in which each slice of updates replaces (or is added to …) the slice that its index tuple names. indices are [..., q], updates the dimensions before q and then data's behind the
 * first q; negative indices count from the end, others outside meet nothing.
 */
export const scatterND: Kernel<typeof OPERANDS, SliceParam, ScatterOptions, SliceSpec> = /* @__PURE__ */ defineKernel({
  name: "scatterND",
  operands: OPERANDS,
  ...slices,
  resolve({ data, indices, updates }, options: ScatterOptions) {
    const spec = checked("scatterND", options, "reduction", { data, indices, updates });
    const tuple = indices.shape.at(-1) ?? 0;
    if (indices.shape.length < 1 || tuple < 1 || tuple > Math.min(data.shape.length, 6))
      fail(
        "scatterND",
        "shape",
        `indices are ${showShape(indices.shape)}; needed is [..., q] with q from 1 to data's rank ${data.shape.length}, 6 at most.`,
      );
    const outer = data.shape.slice(0, tuple);
    const inner = data.shape.slice(tuple);
    const wanted = [...indices.shape.slice(0, -1), ...inner];
    if (`${updates.shape}` !== `${wanted}`)
      fail("scatterND", "shape", `updates are ${showShape(updates.shape)}; needed is ${showShape(wanted)}.`);
    return {
      params: {
        count: countOf(data.shape),
        size: countOf(inner),
        updates: countOf(indices.shape.slice(0, -1)),
        slots: countOf(outer),
        ...digits(outer),
      },
      spec: { ...spec, tuple, zeros: false, negative: true } satisfies SliceSpec,
      outputs: { y: data },
    };
  },
});

const SEGMENTS = { updates: "in", indices: "in", y: "out" } as const;

/** y[s] = Σ of the slices of `updates` [N, ...] whose index [N] is s; y is [segments, ...]. Indices outside are left out. */
export const segmentSum: Kernel<typeof SEGMENTS, SliceParam, SegmentSumOptions, SliceSpec> = /* @__PURE__ */ defineKernel({
  name: "segmentSum",
  operands: SEGMENTS,
  ...slices,
  resolve({ updates, indices }, { segments, ...unknown }: SegmentSumOptions) {
    const spec = checked("segmentSum", { reduction: "add", ...unknown }, "segments", { data: updates, indices, updates });
    const head = updates.shape.slice(0, indices.shape.length);
    if (!Number.isInteger(segments) || segments < 0)
      fail("segmentSum", "shape", `segments is ${segments}; needed is how many there are.`);
    if (`${head}` !== `${indices.shape}`)
      fail(
        "segmentSum",
        "shape",
        `indices are ${showShape(indices.shape)}; needed are the first dimensions of updates ${showShape(updates.shape)}.`,
      );
    const inner = updates.shape.slice(indices.shape.length);
    const size = countOf(inner);
    return {
      params: { count: segments * size, size, updates: countOf(indices.shape), slots: segments, ...digits([segments]) },
      spec: { ...spec, tuple: 1, zeros: true, negative: false } satisfies SliceSpec,
      outputs: { y: { shape: [segments, ...inner], dtype: updates.dtype } },
    };
  },
});
