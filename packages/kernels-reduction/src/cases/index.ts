import type { Suite } from "@tilewright/runtime/cases";
import { batchNormSuite, batchNormTrainingSuite, localResponseNormSuite, lpNormalizeSuite } from "./channels.ts";
import { lossSuites } from "./losses.ts";
import { groupNormSuite, instanceNormSuite, layerNormSuite, rmsNormSuite } from "./normalize.ts";
import { reduceSuites } from "./reduce.ts";
import { cumsumSuite } from "./scan.ts";
import { scatterSuites } from "./scatter.ts";
import { logSoftmaxSuite, softmaxSuite } from "./softmax.ts";

export * from "./channels.ts";
export * from "./losses.ts";
export * from "./normalize.ts";
export * from "./reduce.ts";
export * from "./scan.ts";
export * from "./scatter.ts";
export * from "./softmax.ts";

/** What keeps x's shape: softmax, normalisations, cumulative sums. */
export const rowSuites: readonly Suite[] = [
  ...[softmaxSuite, logSoftmaxSuite],
  ...[layerNormSuite, rmsNormSuite, instanceNormSuite, groupNormSuite],
  ...[lpNormalizeSuite, batchNormTrainingSuite, batchNormSuite, localResponseNormSuite],
  cumsumSuite,
];

/** Every suite of this package. */
export const reductionSuites: readonly Suite[] = [...reduceSuites, ...rowSuites, ...lossSuites, ...scatterSuites];
