import { countOf, defineKernel, fail, type Kernel, showShape } from "@tilewright/runtime";
import { bytes, checked, OPERANDS, type ScatterElementsOptions, type ScatterSpec } from "./scatter.ts";
import { each } from "./variants.ts";

/** Sizes of data and indices from the innermost dimension, at most 6. */
export type ElementsParam =
  | "count"
  | "axisSize"
  | "d0"
  | "d1"
  | "d2"
  | "d3"
  | "d4"
  | "d5"
  | "i0"
  | "i1"
  | "i2"
  | "i3"
  | "i4"
  | "i5";
export interface ElementsSpec extends ScatterSpec {
  readonly rank: number;
  /** From the innermost. */
  readonly axis: number;
}

/**
 * y is data, in which each update replaces (or is added to …) the element that has its own coordinates but, along the axis, its index. Indices and updates have one
 * shape, no larger than data's but along the axis; negative indices count from the end.
 */
export const scatterElements: Kernel<typeof OPERANDS, ElementsParam, ScatterElementsOptions, ElementsSpec> =
  /* @__PURE__ */ defineKernel({
    name: "scatterElements",
    operands: OPERANDS,
    params: {
      ...{ count: "u32", axisSize: "u32", d0: "u32", d1: "u32", d2: "u32", d3: "u32", d4: "u32", d5: "u32" },
      ...{ i0: "u32", i1: "u32", i2: "u32", i3: "u32", i4: "u32", i5: "u32" },
    },

    resolve({ data, indices, updates }, { axis: wanted = 0, ...options }: ScatterElementsOptions) {
      const name = "scatterElements";
      const spec = checked(name, options, "axis, reduction", { data, indices, updates });
      const rank = data.shape.length;
      const axis = wanted < 0 ? wanted + rank : wanted;
      if (rank < 1 || rank > 6) fail(name, "limit", `data is ${showShape(data.shape)}; ranks 1 to 6 are built.`);
      if (!Number.isInteger(axis) || axis < 0 || axis >= rank)
        fail(name, "shape", `axis ${wanted} is not there; data has rank ${rank}.`);
      const fits = indices.shape.length === rank && indices.shape.every((d, i) => i === axis || d <= data.shape[i]!);
      if (!fits || `${indices.shape}` !== `${updates.shape}`)
        fail(
          name,
          "shape",
          `indices are ${showShape(indices.shape)} and updates ${showShape(updates.shape)}; needed is one shape, no larger than data's ${showShape(data.shape)} but along axis ${axis}.`,
        );
      const inward = (shape: readonly number[]) => [...shape].reverse();
      const [d0 = 1, d1 = 1, d2 = 1, d3 = 1, d4 = 1, d5 = 1] = inward(data.shape);
      const [i0 = 1, i1 = 1, i2 = 1, i3 = 1, i4 = 1, i5 = 1] = inward(indices.shape);
      return {
        params: { count: countOf(data.shape), axisSize: data.shape[axis]!, d0, d1, d2, d3, d4, d5, i0, i1, i2, i3, i4, i5 },
        spec: { ...spec, rank, axis: rank - 1 - axis } satisfies ElementsSpec,
        outputs: { y: data },
      };
    },

    variants: [
      /* @__PURE__ */ each<ElementsParam, ElementsSpec>(async () => (await import("./text/scatterElements.ts")).program),
    ],

    proof: () => import("./proofs/scatterElements.ts"),

    cost: ({ types }) => ({ flops: countOf(types["updates"]!.shape), bytes: bytes(types) }),
  });
