import { proveTexts, texts } from "@tilewright/testing/static";
import { describe } from "vitest";
import { pointwiseSuites } from "../src/cases.ts";

const suites = await Promise.all(pointwiseSuites.map(async (suite) => [suite.kernel.name, await texts(suite)] as const));

describe.each(suites)("%s", (_, all) => proveTexts(all, 1));
