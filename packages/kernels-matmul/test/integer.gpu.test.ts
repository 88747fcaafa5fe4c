import { parity } from "@tilewright/testing/gpu";
import { matmulIntegerSuite } from "../src/cases.ts";

await parity(matmulIntegerSuite);
