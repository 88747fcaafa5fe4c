import { parity } from "@tilewright/testing/gpu";
import { madeSuites } from "../src/cases/made.ts";

for (const suite of madeSuites) await parity(suite);
