import { parity } from "@tilewright/testing/gpu";
import { attentionSuite } from "../src/cases.ts";

await parity(attentionSuite);
