import { parity } from "@tilewright/testing/gpu";
import { movementSuites } from "../src/cases/movement.ts";

for (const suite of movementSuites) await parity(suite);
