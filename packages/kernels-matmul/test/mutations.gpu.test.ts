import { lane, low, mutation } from "@tilewright/testing/gpu";
import { test } from "vitest";
import { matmulSuite, revealing, revealingColumn } from "../src/cases.ts";

const aligned = matmulSuite.cases.find(({ keys }) => keys["m"] === 36)!;

// One lane is enough, and Node's driver takes seconds to compile a changed text.
if (low || lane === "node") test.skip("mutations are made in the chrome lane");
else {
  const flips = { kase: aligned, options: ["transA", "transB"] };
  await mutation(matmulSuite, revealing, flips);
  await mutation(matmulSuite, revealingColumn, { ...flips, options: [] }, /gemv/);
}
