import { lane, low, mutation } from "@tilewright/testing/gpu";
import { test } from "vitest";
import { matmulIntegerSuite, revealingInteger, revealingRescaled } from "../src/cases.ts";

const aligned = matmulIntegerSuite.cases.find(({ keys, dtype }) => keys["m"] === 36 && dtype === "u8·i8")!;

// As of matmul: one lane is enough.
if (low || lane === "node") test.skip("mutations are made in the chrome lane");
else {
  await mutation(matmulIntegerSuite, revealingInteger, { kase: aligned, options: ["transA", "transB"] });
  // What reads whole words only, and what happens to finished sums: these fit f32.
  const only = /dot4|forgets|rounds|saturates|nothing|row/;
  await mutation(matmulIntegerSuite, revealingRescaled, { kase: aligned, options: [] }, only);
}
