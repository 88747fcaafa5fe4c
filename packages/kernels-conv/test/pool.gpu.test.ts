import { parity } from "@tilewright/testing/gpu";
import { averagePoolSuite, lpPoolSuite, maxPoolSuite } from "../src/cases.ts";

await parity(maxPoolSuite);
await parity(averagePoolSuite);
await parity(lpPoolSuite);
