import { compileError, inspect, nullDevice, texts } from "@tilewright/testing/static";
import { expect, test } from "vitest";
import { pointwiseSuites } from "../src/cases.ts";

const suites = await Promise.all(pointwiseSuites.map(async (suite) => [suite.kernel.name, await texts(suite)] as const));
const count = suites.reduce((sum, [, list]) => sum + list.length, 0);

test(`all ${count} texts keep to their layout and limits`, () => {
  const wrong = suites.flatMap(([name, list]) =>
    list.flatMap((text) => inspect(text).map((what) => `${name} ${text.title} ${what}`)),
  );
  expect(wrong).toEqual([]);
  for (const [name, list] of suites) expect(list.length, name).toBeGreaterThan(1);
});

test(`all ${count} texts compile`, async () => {
  const device = await nullDevice();
  const wrong: string[] = [];
  for (const [name, list] of suites)
    for (const text of list) {
      const error = await compileError(device, text);
      if (error) wrong.push(`${name} ${text.title}: ${error}\n${text.code}`);
    }
  device.destroy();
  expect(wrong.slice(0, 3).join("\n\n")).toBe("");
});
