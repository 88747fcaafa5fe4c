import { parity } from "@tilewright/testing/gpu";
import { rnnSuites } from "../src/cases.ts";

for (const suite of rnnSuites) await parity(suite);
