import { parity } from "@tilewright/testing/gpu";
import { reduceSuites } from "../src/cases/reduce.ts";

for (const suite of reduceSuites) await parity(suite);
