import { conformance } from "@tilewright/testing/conformance/vitest";
import { family, operators } from "./conformance.ts";

// The references themselves: before they judge the GPU, data that nobody here wrote judges them.
await conformance(operators, family, "cpu");
