import { mutation } from "@tilewright/testing/gpu";
import { matmulIntegerSuite, revealingInteger, revealingRescaled } from "../src/cases.ts";

const aligned = matmulIntegerSuite.cases.find(({ keys, dtype }) => keys["m"] === 36 && dtype === "u8·i8")!;

await mutation(matmulIntegerSuite, revealingInteger, { flips: { kase: aligned, options: ["transA", "transB"] } });
// What reads whole words only, and what happens to finished sums: these fit f32.
await mutation(matmulIntegerSuite, revealingRescaled, { only: /dot4|forgets|rounds|saturates|nothing|row/ });
