import { parity } from "@tilewright/testing/gpu";
import { convSuite } from "../src/cases.ts";

await parity(convSuite);
