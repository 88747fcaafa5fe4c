import type { DType } from "@tilewright/runtime";
import type { KernelCase, Suite } from "@tilewright/runtime/cases";
import * as reduce from "../reduce.ts";
import { type Data, kase, numbers, suite } from "./data.ts";

interface Given {
  readonly data?: Data;
  readonly axes?: readonly number[] | number;
}

/** One case of a reduction; `axes` is a search's axis where it is a number. */
const one = (dtype: DType, shape: readonly number[], { data, axes }: Given = {}, options: object = {}): KernelCase => {
  const where = axes === undefined ? {} : Array.isArray(axes) ? { axes } : { axis: axes };
  return kase(dtype, { x: shape, data }, { ...where, ...options }, () => ({ x: numbers(shape, dtype, data) }));
};

const both = (shape: readonly number[], given?: Given, options?: object): KernelCase[] => [
  one("f32", shape, given, options),
  one("f16", shape, given, options),
];

/** Every layout, every remainder, ranks 0 to 6, one long row, nothing. */
const layouts: readonly KernelCase[] = [
  one("f32", []),
  one("f16", [1]),
  one("f16", [7], { axes: [0] }),
  one("f32", [5, 3], { axes: [-1] }),
  ...both([9, 64], { axes: [1] }),
  one("f32", [33, 131], { axes: [1] }, { keepDims: true }),
  ...both([37, 20], { axes: [0] }),
  one("f16", [19, 7], { axes: [0] }),
  one("f32", [3, 5, 8], { axes: [1] }),
  one("f32", [4, 6, 5, 3], { axes: [0, 2] }),
  one("f32", [2, 3, 2, 3, 2, 4], { axes: [1, 3, 5] }),
  one("f16", [2, 3, 2, 3, 2, 4], { axes: [0, 2, 4] }, { keepDims: true }),
  one("f32", [3, 4], { axes: [] }),
  one("f32", [2, 20000], { axes: [1] }),
  one("f16", [3, 4100], { axes: [1] }),
  one("f32", [5000, 8], { axes: [0] }),
  one("f32", [0, 3], { axes: [1] }),
  one("f32", [3, 0], { axes: [1] }),
];

const hard = (kinds: readonly Data[]): KernelCase[] => kinds.flatMap((data) => both([9, 64], { axes: [1], data }));

const sizes = (axes: number): readonly KernelCase[] => [
  one("f32", [512, 1024], { axes: [1] }),
  one("f32", [1024, 512], { axes: [0] }),
  one("f32", [8, 1024], { axes: [1] }),
  one("f32", [1, 1_000_000], { axes: [axes] }),
];

/** For kernels that differ from sum or max in a line: one of each layout. */
const few: readonly KernelCase[] = [
  one("f32", [9, 64], { axes: [1] }),
  one("f16", [7, 30], { axes: [1] }),
  one("f32", [37, 20], { axes: [0] }),
];

const integers = (shape = [6, 40]): KernelCase[] => [one("i32", shape, { axes: [1] }), one("u32", shape, { axes: [1] })];

const defaults: readonly KernelCase[] = [one("f32", [512, 1024], { axes: [1] })];
const empty: readonly KernelCase[] = [one("f32", [3, 0], { axes: [1] })];

export const sumSuite: Suite = suite(
  reduce.sum,
  [
    ...layouts,
    one("f32", [1, 1_000_000], { axes: [1] }),
    one("f32", [1, 300_001], { axes: [1], data: "positive" }),
    ...hard(["positive", "large", "tiny", "cancel", "denormal", "nonfinite"]),
    one("f16", [4, 256], { axes: [1] }, { dtype: "f32" }),
    ...integers(),
  ],
  sizes(1),
);
export const meanSuite: Suite = suite(
  reduce.mean,
  [...few, ...empty, ...integers(), ...hard(["positive", "nonfinite"])],
  defaults,
);
export const prodSuite: Suite = suite(reduce.prod, [...few, ...empty, ...hard(["nonfinite"]), ...integers()], defaults);
export const maxSuite: Suite = suite(
  reduce.max,
  [
    ...layouts.filter((_, i) => i % 2 === 0),
    ...few,
    ...hard(["denormal", "nonfinite"]),
    one("f32", [1, 300_001]),
    ...integers(),
    one("i32", [3, 0], { axes: [1] }),
  ],
  sizes(1),
);
export const minSuite: Suite = suite(
  reduce.min,
  [...few, ...empty, ...hard(["large", "nonfinite"]), ...integers(), one("i32", [3, 0], { axes: [1] })],
  defaults,
);
const searches: readonly KernelCase[] = [
  one("f32", []),
  one("f32", [7, 31], { axes: 1 }),
  ...both([9, 64], { axes: -1 }, { keepDims: true }),
  one("f32", [37, 20], { axes: 0 }),
  one("f32", [3, 5, 7], { axes: 1 }),
  one("f32", [9, 64], { axes: 1, data: "mixed" }),
  one("f32", [6, 200], { axes: 1, data: "mixed" }, { selectLast: true }),
  one("f32", [24, 40], { axes: 0, data: "mixed" }, { selectLast: true }),
  ...both([9, 64], { axes: 1, data: "nonfinite" }),
  one("f32", [6, 200], { axes: 1, data: "nonfinite" }, { selectLast: true }),
  one("f32", [1, 100_003], { axes: 1 }),
  one("i32", [6, 40], { axes: 1 }),
  one("u32", [11, 30], { axes: 0 }),
];
const indexSizes: readonly KernelCase[] = [one("f32", [512, 1024], { axes: 1 }), one("f32", [1, 50_000], { axes: 1 })];
export const argMaxSuite: Suite = suite(reduce.argMax, searches, indexSizes);
export const argMinSuite: Suite = suite(reduce.argMin, searches.slice(-7), indexSizes);
export const normL1Suite: Suite = suite(
  reduce.normL1,
  [...few, ...empty, ...hard(["large", "nonfinite"]), one("i32", [6, 40], { axes: [1] })],
  defaults,
);
export const sumSquareSuite: Suite = suite(
  reduce.sumSquare,
  [...few, ...empty, ...hard(["large", "tiny", "nonfinite"]), ...integers()],
  defaults,
);
export const varianceSuite: Suite = suite(
  reduce.variance,
  [...few, ...empty, ...integers(), ...hard(["far", "outlier", "large", "nonfinite"]), one("f32", [1, 300_001], { data: "far" })],
  defaults,
);
export const normL2Suite: Suite = suite(
  reduce.normL2,
  [...few, ...empty, ...hard(["large", "tiny", "nonfinite"]), one("f32", [1, 300_001])],
  [...defaults, one("f32", [1, 1_000_000])],
);
export const logSumSuite: Suite = suite(reduce.logSum, [...few, ...empty, ...hard(["positive", "nonfinite"])], defaults);
export const logSumExpSuite: Suite = suite(
  reduce.logSumExp,
  [...few, ...empty, ...hard(["large", "cancel", "nonfinite"]), one("f32", [1, 300_001])],
  defaults,
);
export const anySuite: Suite = suite(
  reduce.any,
  [...few, ...empty, one("f32", [40, 3], { axes: [1], data: "mixed" }), ...hard(["nonfinite"]), ...integers([6, 3])],
  defaults,
);
export const allSuite: Suite = suite(
  reduce.all,
  [...few, ...empty, one("f32", [40, 3], { axes: [1], data: "mixed" }), ...hard(["nonfinite"]), ...integers([6, 3])],
  defaults,
);

/** Every suite of {@link reduce}. */
export const reduceSuites: readonly Suite[] = [
  ...[sumSuite, meanSuite, prodSuite, maxSuite, minSuite, argMaxSuite, argMinSuite, normL1Suite, sumSquareSuite, normL2Suite],
  ...[varianceSuite, logSumSuite, logSumExpSuite, anySuite, allSuite],
];
