import type { DType } from "@tilewright/runtime";
import { type KernelCase, lazily, type Suite } from "@tilewright/runtime/cases";
import { type CrossEntropyOptions, crossEntropy, nllLoss } from "../crossEntropy.ts";
import type { LossOptions } from "../loss.ts";
import * as losses from "../losses.ts";
import { type Data, indices, kase, numbers, suite } from "./data.ts";

interface Given {
  readonly data?: Data;
  readonly weights?: readonly number[];
}

/** Targets of a loss: numbers like x's, signs, or probabilities. */
type Targets = "uniform" | "signs" | "positive";

const one = (
  targets: Targets,
  dtype: DType,
  x: readonly number[],
  { data, weights }: Given = {},
  options: LossOptions = {},
  positive = false,
): KernelCase =>
  kase(dtype, { x, data, weights }, options, () => {
    const signs = () => Float32Array.from(numbers(x, "f32", "uniform", 2).data, (t) => Math.sign(t) || 1);
    return {
      x: numbers(x, dtype, data ?? (positive ? "positive" : "uniform")),
      labels: targets === "signs" ? lazily(x, "f32", signs) : numbers(x, dtype, targets, 2),
      ...(weights && { weights: numbers(weights, dtype, "positive", 3) }),
    };
  });

/** What mean squared error proves in full, others show in a few. */
const short = (targets: Targets, positive = false): KernelCase[] =>
  cases(targets, positive)
    .filter(({ keys: { x, data, weights, reduction } }) => {
      const weighted = weights !== undefined;
      return (
        data ||
        (x === "13x5" && reduction) ||
        (x === "12x8" && (weighted ? weights === "12x8" : !reduction || reduction === "sum"))
      );
    })
    .sort((a, b) => Number(b.keys["reduction"] === "sum") - Number(a.keys["reduction"] === "sum"));

const cases = (targets: Targets, positive = false): KernelCase[] => {
  const both = (x: readonly number[], given?: Given, options?: LossOptions) =>
    (["f32", "f16"] as const).map((dtype) => one(targets, dtype, x, given, options, positive));
  return [
    one(targets, "f32", [], {}, { reduction: "none" }, positive),
    one(targets, "f16", [13, 5], {}, {}, positive),
    ...both([13, 5], {}, { reduction: "none" }),
    ...both([12, 8], {}, { reduction: "sum" }),
    ...both([12, 8], {}, { reduction: "none" }),
    one(targets, "f32", [12, 8], { weights: [12, 8] }, {}, positive),
    one(targets, "f32", [12, 8], { weights: [8] }, { reduction: "sum" }, positive),
    one(targets, "f32", [12, 8], { weights: [12, 1] }, {}, positive),
    one(targets, "f32", [7, 9], { weights: [7, 1] }, { reduction: "meanOverNonzero" }, positive),
    one(targets, "f32", [7, 9], { weights: [1, 9] }, { reduction: "none" }, positive),
    one(targets, "f32", [7, 9], { weights: [] }, {}, positive),
    one(targets, "f32", [0, 4], {}, {}, positive),
    one(targets, "f32", [3, 30_001], {}, {}, positive),
    ...both([6, 64], { data: "nonfinite" }, { reduction: "none" }),
  ];
};
const sizes = (targets: Targets): KernelCase[] => [
  one(targets, "f32", [1024, 1024]),
  one(targets, "f32", [1024, 1024], {}, { reduction: "none" }),
];

interface Classes {
  readonly data?: Data;
  /** Targets are probabilities. */
  readonly soft?: boolean;
  readonly weighted?: boolean;
}

const rows = (
  dtype: DType,
  x: readonly number[],
  { data, soft, weighted }: Classes = {},
  options: CrossEntropyOptions = {},
): KernelCase =>
  kase(dtype, { x, data, soft, weighted }, options, () => {
    const axis = options.axis ?? Math.min(1, x.length - 1);
    const classes = x[axis]!;
    return {
      x: numbers(x, dtype, data),
      labels: soft
        ? numbers(x, dtype, "positive", 2)
        : indices(
            x.filter((_, d) => d !== axis),
            classes,
            2,
          ),
      ...(weighted && { weights: numbers([classes], dtype, "positive", 3) }),
    };
  });
const classCases = (smooth: boolean): KernelCase[] => {
  const both = (x: readonly number[], given?: Classes, options?: CrossEntropyOptions) => [
    rows("f32", x, given, options),
    rows("f16", x, given, options),
  ];
  const spread = smooth ? { labelSmoothing: 0.1 } : {};
  return [
    rows("f32", [9], {}, { reduction: "none" }),
    ...both([13, 10]),
    ...both([13, 10], {}, { reduction: "none" }),
    rows("f16", [12, 40], { weighted: true }, { ignoreIndex: 3 }),
    ...both([12, 40], { weighted: true }, { reduction: "none", ignoreIndex: 3, ...spread }),
    rows("f32", [3, 7, 8], {}, { reduction: "none" }),
    rows("f32", [3, 7, 8], { weighted: true }, { reduction: "mean", ...spread }),
    rows("f32", [3, 6, 5], {}, { reduction: "sum" }),
    rows("f32", [300, 1000], {}, { reduction: "mean" }),
    rows("f32", [12, 40], { data: "large" }, { reduction: "none" }),
    rows("f32", [12, 40], { data: "nonfinite" }, { reduction: "none" }),
    rows("f32", [6, 90], { data: "far" }, { reduction: "none", ...spread }),
    rows("f32", [0, 4], {}, { reduction: "none" }),
  ];
};
const softCases: readonly KernelCase[] = [
  rows("f32", [13, 10], { soft: true }),
  rows("f16", [12, 40], { soft: true }, { reduction: "none" }),
  rows("f32", [12, 40], { soft: true, weighted: true }, { labelSmoothing: 0.2 }),
  rows("f32", [3, 7, 8], { soft: true, weighted: true }, { reduction: "none" }),
  rows("f32", [3, 7, 5], { soft: true }, { reduction: "sum", labelSmoothing: 0.2 }),
];
const classSizes: readonly KernelCase[] = [rows("f32", [512, 1000]), rows("f32", [512, 1000], {}, { reduction: "none" })];

export const mseLossSuite: Suite = suite(losses.mseLoss, cases("uniform"), sizes("uniform"));
export const maeLossSuite: Suite = suite(losses.maeLoss, short("uniform"), sizes("uniform").slice(0, 1));
export const huberLossSuite: Suite = suite(
  losses.huberLoss,
  [...short("uniform"), one("uniform", "f32", [12, 8], {}, { delta: 0.3 } as object)],
  sizes("uniform").slice(0, 1),
);
export const hingeLossSuite: Suite = suite(
  losses.hingeLoss,
  [...short("signs"), one("positive", "f32", [12, 8], {}, { zeroOne: true } as object)],
  sizes("signs").slice(0, 1),
);
export const binaryCrossEntropySuite: Suite = suite(
  losses.binaryCrossEntropy,
  [
    ...short("positive"),
    one("positive", "f32", [12, 8], { data: "large" }, { reduction: "none" }),
    one("positive", "f32", [12, 8], {}, { reduction: "none", posWeight: 3 } as object),
  ],
  sizes("positive").slice(0, 1),
);
export const logLossSuite: Suite = suite(losses.logLoss, short("positive", true), sizes("positive").slice(0, 1));
export const klDivergenceSuite: Suite = suite(losses.klDivergence, short("positive"), sizes("positive").slice(0, 1));
export const crossEntropySuite: Suite = suite(crossEntropy, [...classCases(true), ...softCases], classSizes);
export const nllLossSuite: Suite = suite(nllLoss, classCases(false), classSizes.slice(0, 1));

/** Every suite of losses. */
export const lossSuites: readonly Suite[] = [
  ...[mseLossSuite, maeLossSuite, huberLossSuite, hingeLossSuite, binaryCrossEntropySuite, logLossSuite, klDivergenceSuite],
  ...[crossEntropySuite, nllLossSuite],
];
