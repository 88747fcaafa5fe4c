import { compileError, inspect, nullDevice, texts } from "@tilewright/testing/static";
import { describe, expect, test } from "vitest";
import { reductionSuites } from "../src/cases/index.ts";

describe.each(reductionSuites.map((suite) => [suite.kernel.name, suite] as const))("%s", (_, suite) => {
  const all = texts(suite);

  test(`all ${all.length} texts keep to their layout and limits`, () => {
    expect(all.flatMap((text) => inspect(text).map((what) => `${text.title} ${what}\n${text.code}`))).toEqual([]);
    expect(all.length).toBeGreaterThan(5);
  });

  test(`all ${all.length} texts compile`, async () => {
    const device = await nullDevice();
    for (const text of all) expect(await compileError(device, text), `${text.title}\n${text.code}`).toBeUndefined();
    device.destroy();
  });
});
