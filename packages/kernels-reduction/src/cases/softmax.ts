import type { DType } from "@tilewright/runtime";
import type { KernelCase, Suite } from "@tilewright/runtime/cases";
import { logSoftmax, type SoftmaxOptions, softmax } from "../softmax.ts";
import { type Data, indices, kase, numbers, suite } from "./data.ts";

interface Given {
  readonly data?: Data;
  /** A mask to add, of a shape and dtype. */
  readonly mask?: readonly number[];
  /** A mask of what stays. */
  readonly keep?: readonly number[];
}

const one = (dtype: DType, x: readonly number[], { data, mask, keep }: Given = {}, options: SoftmaxOptions = {}): KernelCase =>
  kase(dtype, { x, data, mask, keep }, options, () => ({
    x: numbers(x, dtype, data),
    ...(mask && { mask: numbers(mask, dtype, "uniform", 2) }),
    ...(keep && { mask: indices(keep, 3, 2, "u32") }),
  }));
const both = (x: readonly number[], given?: Given, options?: SoftmaxOptions): KernelCase[] => [
  one("f32", x, given, options),
  one("f16", x, given, options),
];

const plainCases: readonly KernelCase[] = [
  one("f32", []),
  one("f16", [7, 5]),
  ...both([9, 64]),
  one("f32", [33, 131]),
  ...both([19, 12], {}, { axis: 0 }),
  one("f16", [13, 7], {}, { axis: 0 }),
  one("f32", [3, 5, 6], {}, { axis: 1 }),
  one("f32", [2, 1, 2, 3, 2, 20]),
  one("f32", [2, 20_000]),
  one("f32", [1, 100_003]),
  one("f16", [5, 24], {}, { dtype: "f32" }),
  one("f32", [5, 23], {}, { dtype: "f16" }),
  one("f32", [3, 0]),
  // hard numbers
  ...both([9, 64], { data: "large" }),
  ...both([9, 64], { data: "rising" }),
  ...both([9, 64], { data: "nonfinite" }),
  one("f32", [9, 64], { data: "far" }),
];
const maskCases: readonly KernelCase[] = [
  one("f32", [4, 6, 24], { mask: [6, 24] }, { scale: 0.125 }),
  one("f16", [4, 6, 23], { mask: [4, 1, 23] }),
  one("f32", [2, 3, 4, 8], { keep: [2, 1, 1, 8] }),
  one("f32", [2, 3, 4, 8], { keep: [3, 1, 1] }),
  one("f32", [2, 12, 8], { keep: [12, 8] }, { axis: 1 }),
  one("f32", [6, 20, 5], { keep: [6, 1, 5] }, { axis: 1 }),
  one("f32", [3, 8, 8], {}, { causal: true }),
  one("f32", [2, 5, 9], {}, { causal: true, scale: 0.5 }),
  one("f16", [2, 3, 8], { mask: [8] }, { causal: true }),
];

const sizes: readonly KernelCase[] = [
  one("f32", [512, 1024]),
  one("f32", [8, 1024]),
  one("f32", [512, 64]),
  one("f32", [1024, 512], {}, { axis: 0 }),
  one("f32", [1, 1_000_000]),
];

export const softmaxSuite: Suite = suite(softmax, [...plainCases, ...maskCases], sizes);
export const logSoftmaxSuite: Suite = suite(
  logSoftmax,
  [...both([9, 64]), ...both([7, 5]), ...plainCases.filter((_, i) => i % 3 === 0), ...both([9, 64], { data: "nonfinite" })],
  sizes.slice(0, 1),
);
