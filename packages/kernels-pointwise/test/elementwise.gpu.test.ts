import { parity } from "@tilewright/testing/gpu";
import { elementwiseSuites } from "../src/cases/elementwise.ts";

for (const suite of elementwiseSuites) await parity(suite);
