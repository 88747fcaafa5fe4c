import { parity } from "@tilewright/testing/gpu";
import { convIntegerSuite, convMaxPoolSuite, convSuite, convTransposeSuite, convWinogradSuite } from "../src/cases.ts";

await parity(convSuite);
await parity(convTransposeSuite);
await parity(convIntegerSuite);
await parity(convWinogradSuite);
await parity(convMaxPoolSuite);
