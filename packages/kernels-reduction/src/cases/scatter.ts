import { type DType, encode, type HostTensor } from "@tilewright/runtime";
import type { KernelCase, Suite } from "@tilewright/runtime/cases";
import { accuracy, confusionMatrix } from "../metrics.ts";
import type { ScatterReduction } from "../scatter.ts";
import { scatterElements } from "../scatterElements.ts";
import { scatterND, segmentSum } from "../scatterND.ts";
import { type TopKOptions, topK } from "../topK.ts";
import { type Data, indices, kase, numbers, suite } from "./data.ts";

/** Whole numbers from below 0 up to `size` and beyond it: some from the end, some outside. */
const loose = (shape: readonly number[], size: number, seed = 3): HostTensor => {
  const { data } = indices(shape, 2 * size + 2, seed);
  return {
    data: encode(
      Array.from(data, (i) => i - size - 1),
      "i32",
    ),
    shape,
    dtype: "i32",
  };
};

const intoElements = (
  dtype: DType,
  data: readonly number[],
  from: readonly number[],
  axis: number,
  reduction: ScatterReduction,
  of?: Data,
): KernelCase =>
  kase(dtype, { data, indices: from, values: of }, { axis, reduction }, () => ({
    data: numbers(data, dtype),
    indices: loose(from, data[axis]!),
    updates: numbers(from, dtype, of, 2),
  }));

const intoSlices = (dtype: DType, data: readonly number[], from: readonly number[], reduction: ScatterReduction): KernelCase =>
  kase(dtype, { data, indices: from }, { reduction }, () => {
    const q = from.at(-1)!;
    const count = from.slice(0, -1).reduce((a, b) => a * b, 1);
    const columns = Array.from({ length: q }, (_, d) => loose([count], data[d]!, 3 + d).data);
    const tuples = Array.from({ length: count * q }, (_, i) => columns[i % q]![Math.floor(i / q)]!);
    return {
      data: numbers(data, dtype),
      indices: { data: encode(tuples, "i32"), shape: from, dtype: "i32" },
      updates: numbers([...from.slice(0, -1), ...data.slice(q)], dtype, "uniform", 2),
    };
  });

const segments = (dtype: DType, updates: readonly number[], count: number): KernelCase =>
  kase(dtype, { updates }, { segments: count }, () => ({
    updates: numbers(updates, dtype),
    indices: { ...loose(updates.slice(0, 1), count) },
  }));

const best = (dtype: DType, x: readonly number[], options: TopKOptions, data?: Data): KernelCase =>
  kase(dtype, { x, data }, options, () => ({ x: numbers(x, dtype, data) }));

const judged = (
  dtype: DType,
  x: readonly number[],
  options: { axis?: number; reduction?: "none" | "sum" | "mean" } = {},
): KernelCase =>
  kase(dtype, { x }, options, () => {
    const axis = (options.axis ?? -1) < 0 ? x.length - 1 : options.axis!;
    return {
      x: numbers(x, dtype, "mixed"),
      labels: indices(
        x.filter((_, d) => d !== axis),
        Math.min(x[axis]!, 3),
        2,
      ),
    };
  });

const confused = (n: number, classes: number, dtype: "i32" | "u32" = "i32"): KernelCase =>
  kase(dtype, { n }, { classes }, () => ({
    predicted: indices([n], classes + 1, 1, dtype),
    labels: indices([n], classes, 2, dtype),
  }));

export const scatterElementsSuite: Suite = suite(
  scatterElements,
  [
    ...(["none", "add", "mul", "min", "max"] as const).map((reduction) => intoElements("f32", [5, 7], [5, 9], 1, reduction)),
    ...(["none", "add"] as const).map((reduction) => intoElements("f16", [5, 7], [4, 9], 1, reduction)),
    intoElements("f16", [6, 8], [9, 8], 0, "max"),
    intoElements("f32", [3, 4, 5], [2, 6, 4], 1, "add"),
    intoElements("f32", [2, 1, 2, 3, 2, 4], [2, 1, 2, 5, 2, 3], 3, "add"),
    intoElements("f32", [5, 6], [5, 6], 0, "max", "nonfinite"),
    intoElements("f32", [5, 6], [5, 6], 0, "min", "nonfinite"),
    intoElements("i32", [9], [30], 0, "mul"),
    intoElements("u32", [9], [30], 0, "add"),
    intoElements("f32", [0, 3], [0, 3], 1, "add"),
  ],
  [intoElements("f32", [1024, 256], [64, 256], 0, "add")],
);
export const scatterNDSuite: Suite = suite(
  scatterND,
  [
    ...(["none", "add", "mul", "min", "max"] as const).map((reduction) => intoSlices("f32", [5, 3], [12, 1], reduction)),
    ...(["none", "add"] as const).map((reduction) => intoSlices("f16", [5, 3], [12, 1], reduction)),
    intoSlices("f16", [4, 5], [30, 2], "add"),
    intoSlices("f32", [3, 4, 5], [2, 20, 2], "add"),
    intoSlices("i32", [3, 4], [40, 2], "none"),
    intoSlices("u32", [7], [40, 1], "add"),
    intoSlices("f32", [300, 16], [500, 1], "add"),
  ],
  [intoSlices("f32", [1000, 64], [2048, 1], "add"), intoSlices("f32", [4096, 64], [8, 1], "none")],
);
export const segmentSumSuite: Suite = suite(
  segmentSum,
  [
    segments("f32", [40], 7),
    segments("f16", [40, 3], 7),
    segments("f32", [300, 8], 20),
    segments("i32", [30, 2], 5),
    segments("f32", [5, 4], 0),
  ],
  [segments("f32", [4096, 64], 100)],
);
export const topKSuite: Suite = suite(
  topK,
  [
    best("f32", [], { k: 1 }),
    ...(["f32", "f16"] as const).flatMap((dtype) => [
      best(dtype, [7, 30], { k: 3 }),
      best(dtype, [5, 31], { k: 31, smallest: true }),
      best(dtype, [6, 40, 3], { k: 5, axis: 1 }),
      best(dtype, [4, 96], { k: 96 }, "nonfinite"),
    ]),
    best("f32", [6, 200], { k: 40 }, "mixed"),
    best("f32", [6, 200], { k: 40, smallest: true }, "mixed"),
    best("f32", [2, 5000], { k: 10 }),
    best("i32", [6, 40], { k: 4 }),
    best("u32", [6, 40], { k: 4, axis: 0 }),
    best("f32", [6, 40], { k: 0 }),
  ],
  [best("f32", [64, 1024], { k: 8 }), best("f32", [1, 50_000], { k: 40 })],
);
export const accuracySuite: Suite = suite(
  accuracy,
  [
    judged("f32", [12, 8], { reduction: "none" }),
    judged("f32", [13, 10]),
    judged("f32", [3, 5, 8], { axis: 1, reduction: "none" }),
    judged("f32", [3, 5, 8], { axis: 1 }),
    judged("f32", [300, 7], { reduction: "sum" }),
  ],
  [judged("f32", [512, 1000])],
);
export const confusionMatrixSuite: Suite = suite(
  confusionMatrix,
  [confused(100, 4), confused(1000, 10, "u32"), confused(0, 3)],
  [confused(10_000, 10)],
);

/** Every suite of what is scattered, sorted and counted. */
export const scatterSuites: readonly Suite[] = [
  ...[scatterElementsSuite, scatterNDSuite, segmentSumSuite, topKSuite, accuracySuite, confusionMatrixSuite],
];
