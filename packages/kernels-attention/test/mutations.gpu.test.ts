import { lane, low, mutation } from "@tilewright/testing/gpu";
import { test } from "vitest";
import { attentionSuite, revealing } from "../src/cases.ts";

// One lane is enough, and Node's driver takes seconds to compile a changed text.
if (low || lane === "node") test.skip("mutations are made in the chrome lane");
else await mutation(attentionSuite, revealing, { kase: revealing, options: ["right"] });
