import type { DType } from "@tilewright/runtime";
import type { KernelCase, Suite } from "@tilewright/runtime/cases";
import { type CumsumOptions, cumsum } from "../cumsum.ts";
import { type Data, kase, numbers, suite } from "./data.ts";

const one = (dtype: DType, x: readonly number[], options: CumsumOptions = {}, data?: Data): KernelCase =>
  kase(dtype, { x, data }, options, () => ({ x: numbers(x, dtype, data) }));
const both = (x: readonly number[], options?: CumsumOptions, data?: Data): KernelCase[] => [
  one("f32", x, options, data),
  one("f16", x, options, data),
];

export const cumsumSuite: Suite = suite(
  cumsum,
  [
    one("f32", []),
    ...both([5, 3]),
    ...both([9, 64], { exclusive: true }),
    ...both([9, 64], { reverse: true }),
    ...both([3, 131], { exclusive: true, reverse: true }),
    ...both([37, 8], { axis: 0 }),
    one("f32", [3, 70, 8], { axis: 1, reverse: true, exclusive: true }),
    one("f16", [19, 7], { axis: 0, reverse: true }),
    one("f32", [2, 3, 2, 3, 2, 4], { axis: 3 }),
    one("f32", [2, 20_000]),
    one("f32", [1, 100_003], { reverse: true }),
    one("f32", [0, 3]),
    ...both([9, 64], {}, "cancel"),
    ...both([9, 64], {}, "positive"),
    one("f32", [9, 64], {}, "nonfinite"),
    one("i32", [5, 77]),
    one("i32", [5, 76], { exclusive: true }),
    one("u32", [30, 8], { axis: 0 }),
    one("u32", [30, 3], { reverse: true }),
  ],
  [one("f32", [512, 1024]), one("f32", [1024, 512], { axis: 0 }), one("f32", [1, 1_000_000])],
);
