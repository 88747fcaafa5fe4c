import { parity } from "@tilewright/testing/gpu";
import { lossSuites } from "../src/cases/losses.ts";

for (const suite of lossSuites) await parity(suite);
