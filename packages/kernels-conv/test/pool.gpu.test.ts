import { parity } from "@tilewright/testing/gpu";
import { averagePoolSuite, lpPoolSuite, maxPoolSuite, maxUnpoolSuite } from "../src/cases.ts";

await parity(maxPoolSuite);
await parity(averagePoolSuite);
await parity(lpPoolSuite);
await parity(maxUnpoolSuite);
