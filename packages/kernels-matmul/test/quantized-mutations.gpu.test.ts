import { mutation } from "@tilewright/testing/gpu";
import { matmulQuantizedSuite, revealingQuantized } from "../src/cases.ts";
import { quantized as mistakes } from "./mistakes.ts";

const aligned = matmulQuantizedSuite.cases.find(({ keys }) => keys["m"] === 16 && keys["zeros"])!;

await mutation(matmulQuantizedSuite, revealingQuantized, {
  mistakes,
  flips: { kase: aligned, options: ["zeros"] },
});
