import { lane, low, mutation } from "@tilewright/testing/gpu";
import { test } from "vitest";
import { matmulQuantizedSuite, revealingQuantized } from "../src/cases.ts";

const aligned = matmulQuantizedSuite.cases.find(({ keys }) => keys["m"] === 16 && keys["zeros"])!;
// One lane is enough, and Node's driver takes seconds to compile a changed text.
if (low || lane === "node") test.skip("mutations are made in the chrome lane");
else await mutation(matmulQuantizedSuite, revealingQuantized, { kase: aligned, options: ["zeros"] });
