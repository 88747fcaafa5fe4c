import { mutation } from "@tilewright/testing/gpu";
import { matmulSuite, revealing, revealingColumn } from "../src/cases.ts";

const aligned = matmulSuite.cases.find(({ keys }) => keys["m"] === 36)!;

await mutation(matmulSuite, revealing, { flips: { kase: aligned, options: ["transA", "transB"] } });
await mutation(matmulSuite, revealingColumn, { only: /gemv/ });
