// Slices into the places that index tuples or segment numbers name.
import { countOf, defineKernel, fail, type Kernel, type LazyVariant, type Problem, showShape } from "@tilewright/runtime";
import { bytes, checked, OPERANDS, type ScatterOptions, type ScatterSpec, type SegmentSumOptions } from "./scatter.ts";
import { each } from "./variants.ts";

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

const variants: readonly LazyVariant<SliceParam, SliceSpec>[] = [
  {
    name: "linked",
    when: ({ params }) => params.updates > 16,
    form: async () => (await import("./variants/linked.ts")).linked,
  },
  // Every element looks at every update: for few of them.
  /* @__PURE__ */ each<SliceParam, SliceSpec>(async () => (await import("./text/scatterND.ts")).loop),
];
const proof = () => import("./proofs/scatterND.ts");
const cost = ({ types }: SliceProblem) => ({ flops: countOf(types["updates"]!.shape), bytes: bytes(types) });

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
  params: SLICES,
  variants,
  proof,
  cost,
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
  params: SLICES,
  variants,
  proof,
  cost,
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
