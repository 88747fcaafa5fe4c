import type { DType } from "@tilewright/runtime";
import type { KernelCase, Suite } from "@tilewright/runtime/cases";
import { groupNorm, instanceNorm, layerNorm, rmsNorm } from "../norms.ts";
import { type Data, kase, numbers, suite } from "./data.ts";

interface Given {
  readonly data?: Data;
  /** Shape of gamma, and of beta and bias where there are. */
  readonly gamma?: readonly number[];
  readonly beta?: boolean;
  readonly bias?: boolean;
  readonly residual?: boolean;
  /** Of gamma, beta and bias, where not x's. */
  readonly weights?: DType;
}

const one = (dtype: DType, x: readonly number[], given: Given = {}, options: object = {}): KernelCase => {
  const { data, gamma, beta, bias, residual, weights = dtype } = given;
  const weight = (seed: number) => numbers(gamma ?? [1], weights, "uniform", seed);
  return kase(dtype, { x, ...given }, options, () => ({
    x: numbers(x, dtype, data),
    ...(residual && { residual: numbers(x, dtype, "uniform", 2) }),
    ...(bias && { bias: weight(3) }),
    ...(gamma && { gamma: weight(4) }),
    ...(beta && { beta: weight(5) }),
  }));
};
const both = (x: readonly number[], given?: Given, options?: object): KernelCase[] => [
  one("f32", x, given, options),
  one("f16", x, given, options),
];

/** Layer norm's and RMS norm's alike. */
const layers = (beta: boolean): KernelCase[] => [
  one("f32", [4]),
  ...both([7, 5], { gamma: [5], beta }),
  ...both([9, 64], { gamma: [64], beta }),
  one("f32", [33, 131], { gamma: [131], beta, weights: "f16" }),
  one("f16", [17, 36], { gamma: [36], beta, weights: "f32" }),
  one("f32", [4, 6, 8], { gamma: [4, 8], beta }, { axes: [0, 2] }),
  one("f32", [12, 8], { gamma: [12], beta }, { axes: [0] }),
  one("f32", [11, 6], { gamma: [11], beta }, { axes: 0 }),
  one("f32", [2, 3, 4, 8], { gamma: [3, 1, 8], beta }),
  one("f32", [2, 3, 4, 7], { gamma: [2, 1, 4, 1], beta, bias: true }, { axes: [2, 3] }),
  one("f32", [3, 5, 4], { gamma: [3, 1, 4], beta }, { axes: [1] }),
  one("f32", [2, 3, 4, 7], { gamma: [1], beta }),
  one("f32", [3, 20_000], { gamma: [20_000], beta }),
  // residual and bias, the sum and the statistics kept
  ...both([10, 32], { gamma: [32], beta, residual: true, bias: true }, { sum: true }),
  ...both([5, 27], { gamma: [27], residual: true }, { sum: true }),
  one("f32", [6, 24], { gamma: [24], beta }, { stats: true }),
  one("f16", [6, 23], {}, { stats: true, epsilon: 0.1 }),
  one("f32", [23, 8], {}, { stats: true, axes: [0] }),
  one("f32", [0, 8], { gamma: [8], beta }),
  // hard numbers: a mean far from 0, one element far from the rest, nothing that counts, everything
  ...both([9, 256], { gamma: [256], beta, data: "far" }),
  ...both([9, 256], { gamma: [256], beta, data: "outlier" }),
  ...both([9, 64], { gamma: [64], beta, data: "large" }),
  ...both([9, 64], { gamma: [64], beta, data: "tiny" }),
  ...both([9, 64], { gamma: [64], beta, data: "nonfinite" }),
  one("f32", [1, 200_001], { data: "far" }),
];

const layerSizes = (beta: boolean): KernelCase[] => [
  one("f32", [512, 768], { gamma: [768], beta }),
  one("f32", [8, 768], { gamma: [768], beta }),
  one("f32", [1, 1_000_000], { gamma: [1_000_000], beta }),
];

const channels = (options: object = {}): KernelCase[] => [
  one("f32", [2, 4, 6], { gamma: [4], beta: true }, options),
  ...both([3, 8, 5, 4], { gamma: [8], beta: true }, options),
  one("f16", [3, 4, 5, 3], { gamma: [4], beta: true }, options),
  one("f32", [2, 4, 9000], { gamma: [4] }, options),
  one("f32", [2, 5, 3, 8], { gamma: [8], beta: true }, { channelsLast: true, ...options }),
  one("f16", [2, 5, 3, 6], { gamma: [6], beta: true }, { channelsLast: true, ...options }),
];

export const layerNormSuite: Suite = suite(layerNorm, layers(true), layerSizes(true));
export const rmsNormSuite: Suite = suite(
  rmsNorm,
  // The rest is layer norm's text.
  layers(false).filter(({ keys }, i) => i < 5 || i % 4 === 2 || keys["residual"] || keys["data"] === "nonfinite"),
  layerSizes(false),
);
export const instanceNormSuite: Suite = suite(instanceNorm, channels(), [
  one("f32", [4, 32, 56, 56], { gamma: [32], beta: true }),
]);
export const groupNormSuite: Suite = suite(
  groupNorm,
  [
    ...channels({ groups: 2 }),
    one("f32", [2, 6, 3], { gamma: [6], beta: true }, { groups: 6 }),
    one("f32", [2, 4, 6], { gamma: [4], beta: true }, { groups: 2, activation: "silu" }),
  ],
  [one("f32", [4, 64, 28, 28], { gamma: [64], beta: true }, { groups: 8 })],
);
