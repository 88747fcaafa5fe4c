import { conformance } from "@tilewright/testing/conformance/vitest";
import { laneDevice } from "@tilewright/testing/gpu";
import { family, operators } from "./conformance.ts";

await conformance(operators, family, await laneDevice());
