import { parity } from "@tilewright/testing/gpu";
import { scatterSuites } from "../src/cases/scatter.ts";

for (const suite of scatterSuites) await parity(suite);
