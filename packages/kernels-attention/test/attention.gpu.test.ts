import { parity } from "@tilewright/testing/gpu";
import { attentionSuite, kvAppendSuite, ropeSuite } from "../src/cases.ts";

for (const suite of [attentionSuite, kvAppendSuite, ropeSuite]) await parity(suite);
