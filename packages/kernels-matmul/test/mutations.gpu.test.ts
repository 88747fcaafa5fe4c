import { mutation } from "@tilewright/testing/gpu";
import { matmulSuite, revealing, revealingColumn } from "../src/cases.ts";
import { mistakes } from "./mistakes.ts";

const aligned = matmulSuite.cases.find(({ keys }) => keys["m"] === 36)!;

await mutation(matmulSuite, revealing, { mistakes, flips: { kase: aligned, options: ["transA", "transB"] } });
await mutation(matmulSuite, revealingColumn, { mistakes, only: /gemv/ });
