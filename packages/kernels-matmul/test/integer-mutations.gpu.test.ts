import { mutation } from "@tilewright/testing/gpu";
import { matmulIntegerSuite, revealingInteger, revealingRescaled } from "../src/cases.ts";
import { integer as mistakes } from "./mistakes.ts";

const aligned = matmulIntegerSuite.cases.find(({ keys, dtype }) => keys["m"] === 36 && dtype === "u8·i8")!;

// quad and direct write one text (stream.ts), in pieces of another shape: quad, which compiles sooner, judges it as a whole, direct where the
// shape counts.
await mutation(matmulIntegerSuite, revealingInteger, {
  mistakes,
  flips: { kase: aligned, options: ["transA", "transB"] },
  only: /^(?!direct)|^direct (reads|stores|leaves|mistakes)/,
});
// What reads whole words only, and what happens to finished sums: these fit f32.
await mutation(matmulIntegerSuite, revealingRescaled, {
  mistakes,
  only: /^dot4|^(?!direct).*(forgets|rounds|saturates|nothing|row)/,
});
