import { parity } from "@tilewright/testing/gpu";
import { optimiserSuites } from "../src/cases/optimiser.ts";

for (const suite of optimiserSuites) await parity(suite);
