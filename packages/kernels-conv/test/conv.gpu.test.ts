import { parity } from "@tilewright/testing/gpu";
import { convSuite, convTransposeSuite } from "../src/cases.ts";

await parity(convSuite);
await parity(convTransposeSuite);
