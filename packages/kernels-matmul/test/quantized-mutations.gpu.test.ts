import { mutation } from "@tilewright/testing/gpu";
import { matmulQuantizedSuite, revealingQuantized } from "../src/cases.ts";

const aligned = matmulQuantizedSuite.cases.find(({ keys }) => keys["m"] === 16 && keys["zeros"])!;

await mutation(matmulQuantizedSuite, revealingQuantized, {
  flips: { kase: aligned, options: ["zeros"] },
  only: /^(?!.* keeps sums in f32)/, // these always are
});
