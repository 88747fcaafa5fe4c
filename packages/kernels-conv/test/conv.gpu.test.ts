import { parity } from "@tilewright/testing/gpu";
import { convIntegerSuite, convSuite, convTransposeSuite } from "../src/cases.ts";

await parity(convSuite);
await parity(convTransposeSuite);
await parity(convIntegerSuite);
