import { mutation } from "@tilewright/testing/gpu";
import { attentionSuite, revealing } from "../src/cases.ts";

await mutation(attentionSuite, revealing, { flips: { kase: revealing, options: ["right"] } });
