import { parity } from "@tilewright/testing/gpu";
import { matmulSuite } from "../src/cases.ts";

await parity(matmulSuite);
