import type { Suite } from "@tilewright/runtime/cases";
import { batchNormSuite, batchNormTrainingSuite, localResponseNormSuite, lpNormalizeSuite } from "./cases/channels.ts";
import { lossSuites } from "./cases/losses.ts";
import { groupNormSuite, instanceNormSuite, layerNormSuite, rmsNormSuite } from "./cases/normalize.ts";
import { reduceSuites } from "./cases/reduce.ts";
import { cumsumSuite } from "./cases/scan.ts";
import { scatterSuites } from "./cases/scatter.ts";
import { logSoftmaxSuite, softmaxSuite } from "./cases/softmax.ts";

export * from "./cases/channels.ts";
export * from "./cases/losses.ts";
export * from "./cases/normalize.ts";
export * from "./cases/reduce.ts";
export * from "./cases/scan.ts";
export * from "./cases/scatter.ts";
export * from "./cases/softmax.ts";

/** What keeps x's shape: softmax, normalisations, cumulative sums. */
export const rowSuites: readonly Suite[] = [
  ...[softmaxSuite, logSoftmaxSuite],
  ...[layerNormSuite, rmsNormSuite, instanceNormSuite, groupNormSuite],
  ...[lpNormalizeSuite, batchNormTrainingSuite, batchNormSuite, localResponseNormSuite],
  cumsumSuite,
];

/** Every suite of this package. */
export const reductionSuites: readonly Suite[] = [...reduceSuites, ...rowSuites, ...lossSuites, ...scatterSuites];
