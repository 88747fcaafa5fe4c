import { parity } from "@tilewright/testing/gpu";
import { rowSuites } from "../src/cases.ts";

for (const suite of rowSuites) await parity(suite);
