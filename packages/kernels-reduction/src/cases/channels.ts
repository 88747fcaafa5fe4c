import type { DType } from "@tilewright/runtime";
import type { KernelCase, Suite } from "@tilewright/runtime/cases";
import { batchNorm, localResponseNorm } from "../channels.ts";
import { lpNormalize } from "../lpNormalize.ts";
import { batchNormTraining } from "../norms.ts";
import { type Data, kase, numbers, suite } from "./data.ts";

const batch = (dtype: DType, x: readonly number[], affine: boolean, options: { axis?: number } = {}): KernelCase =>
  kase(dtype, { x, affine }, options, () => {
    const c = [x[options.axis ?? Math.min(1, x.length - 1)] ?? 1];
    return {
      x: numbers(x, dtype),
      mean: numbers(c, dtype, "uniform", 2),
      variance: numbers(c, dtype, "positive", 3),
      ...(affine && { gamma: numbers(c, dtype, "uniform", 4), beta: numbers(c, dtype, "uniform", 5) }),
    };
  });

const training = (
  dtype: DType,
  x: readonly number[],
  { running, data }: { running?: boolean; data?: Data } = {},
  options: { channelsLast?: boolean; stats?: boolean } = {},
): KernelCase =>
  kase(dtype, { x, running, data }, options, () => {
    const c = x.at(options.channelsLast ? -1 : 1)!;
    return {
      x: numbers(x, dtype, data),
      gamma: numbers([c], dtype, "uniform", 2),
      beta: numbers([c], dtype, "uniform", 3),
      ...(running && { running: numbers([2, c], "f32", "positive", 4) }),
    };
  });

const plain = (dtype: DType, x: readonly number[], data: Data | undefined, options: object): KernelCase =>
  kase(dtype, { x, data }, options, () => ({ x: numbers(x, dtype, data) }));
const both = (x: readonly number[], options: object): KernelCase[] => [
  plain("f32", x, undefined, options),
  plain("f16", x, undefined, options),
];

export const batchNormSuite: Suite = suite(
  batchNorm,
  [
    ...(["f32", "f16"] as const).flatMap((dtype) => [
      batch(dtype, [2, 3, 5], true),
      batch(dtype, [2, 3, 4, 2], true),
      batch(dtype, [3, 5, 8], true, { axis: 2 }),
      batch(dtype, [7], false),
    ]),
    batch("f32", [3, 5, 7], false, { axis: -1 + 3 }),
    batch("f32", [0, 4, 2], true),
  ],
  [batch("f32", [8, 64, 56, 56], true)],
);
export const batchNormTrainingSuite: Suite = suite(
  batchNormTraining,
  [
    ...(["f32", "f16"] as const).flatMap((dtype) => [
      training(dtype, [3, 4, 6, 2], { running: true }),
      training(dtype, [3, 4, 5]),
      training(dtype, [9, 8, 6], { running: true }, { channelsLast: true }),
      training(dtype, [30, 5], {}, { stats: true }),
      training(dtype, [4, 3, 8, 8], { data: "far" }),
    ]),
    training("f32", [2, 2, 9000]),
  ],
  [training("f32", [8, 64, 56, 56])],
);
export const localResponseNormSuite: Suite = suite(
  localResponseNorm,
  [
    ...both([2, 7, 3], { size: 3 }),
    ...both([2, 7, 8], { size: 4, alpha: 0.5, beta: 0.5 }),
    plain("f32", [2, 3, 5], "large", { size: 5, bias: 2, axis: 2 }),
    plain("f32", [9], undefined, { size: 1 }),
  ],
  [plain("f32", [4, 64, 28, 28], undefined, { size: 5 })],
);
export const lpNormalizeSuite: Suite = suite(
  lpNormalize,
  [
    ...both([9, 64], { p: 1 }),
    ...both([7, 5], {}),
    ...both([12, 8], { axes: [0] }),
    plain("f32", [2, 30_001], undefined, {}),
    plain("f32", [6, 12], "nonfinite", { p: 1 }),
  ],
  [plain("f32", [512, 1024], undefined, {})],
);
