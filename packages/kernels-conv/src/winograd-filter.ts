import { defineKernel, fail, sizeOf } from "@tilewright/runtime";
import { type Filter, measure } from "./problem.ts";
import { checkOutputs, type FilterSpec, transformedShape } from "./winograd.ts";

export interface WinogradFilterOptions {
  /** As of the `convWinograd` that it is for. Default 2. */
  outputs?: 2 | 4 | undefined;
  /** How w is stored. Default "oihw". */
  filter?: Filter | undefined;
}

const WHO = "winogradFilter";

/**
 * A 3x3 filter as `convWinograd` multiplies with it, for calls that take it with `transformed: true`: u = G w Gᵀ, f32
 * [(outputs + 2)², ci, co], both numbers of channels up to a multiple of 4: past the last of ci zeros, of co the last again. w is f32 or f16.
 * Matrices of Lavin and Gray 2015, arXiv:1509.09308.
 */
export const winogradFilter = defineKernel({
  name: WHO,
  operands: { w: "in", u: "out" },
  params: { groups: "u32", ci: "u32", co: "u32" },
  resolve({ w }, { outputs = 2, filter = "oihw", ...unknown }: WinogradFilterOptions) {
    for (const key in unknown) fail(WHO, "feature", `there is no option ${key}; there are outputs, filter.`);
    checkOutputs(WHO, outputs);
    if (w.dtype !== "f32" && w.dtype !== "f16") fail(WHO, "dtype", `w is ${w.dtype}; needed is f32 or f16.`);
    const { o: co, i: ci, kernel } = measure(WHO, w, filter, 2);
    if (`${kernel}` !== "3,3") fail(WHO, "feature", `the kernel is ${kernel.join("x")}; needed is 3x3.`);
    const spec: FilterSpec = { outputs, filter, kernel: [1, 3, 3], transposed: false };
    const u = { shape: transformedShape(outputs, ci, co), dtype: "f32" as const };
    return { params: { groups: 1, ci, co }, spec, outputs: { u } };
  },
  variants: [{ name: "transform", when: () => true, form: async () => (await import("./variants/winograd.ts")).filterAlone }],
  proof: () => import("./winograd-filter-proof.ts"),
  cost: ({ params: { ci, co }, spec: { outputs }, types }) => ({
    flops: 2 * 3 * (outputs + 2) * (outputs + 5) * ci * co,
    bytes: sizeOf(types["w"]!) + sizeOf(types["u"]!),
  }),
});
