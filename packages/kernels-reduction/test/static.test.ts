import { compileError, inspect, nullDevice, races, texts } from "@tilewright/testing/static";
import { describe, expect, test } from "vitest";
import { reductionSuites, sumSuite } from "../src/cases.ts";
import { layerNorm, softmax, sum } from "../src/index.ts";

describe.each(reductionSuites.map((suite) => [suite.kernel.name, suite] as const))("%s", (_, suite) => {
  const all = await texts(suite);

  test(`all ${all.length} texts keep to their layout and limits`, () => {
    expect(all.flatMap((text) => inspect(text).map((what) => `${text.title} ${what}`))).toEqual([]);
    expect(all.length).toBeGreaterThan(suite.kernel.name === "confusionMatrix" ? 1 : 5);
  });

  test(`all ${all.length} texts compile`, async () => {
    const device = await nullDevice();
    for (const text of all) expect(await compileError(device, text), `${text.title}\n${text.code}`).toBeUndefined();
    device.destroy();
  });
});

const f32 = (...shape: number[]) => ({ shape, dtype: "f32" }) as const;

test("no size stands in a text", () => {
  const of = (rows: number, n: number) =>
    sum.variants.map(({ name, tiles: [tile] }) => sum.source({ x: f32(rows, n) }, { axes: 1 }, { variant: name, tile }));
  expect(of(12, 64)).toEqual(of(200, 4096));
});

// How workgroups share is one text for all kernels.
describe("sum by workgroups", () => {
  const kase = sumSuite.cases.find(({ keys }) => keys["x"] === "33x131")!;
  const tile = { threads: 64 };

  test("has no data race", () => expect(races(sumSuite, kase, "workgroup", tile)).toBe(0));

  test.each([0, 1])("has one without barrier %i", (drop) => {
    let seen = 0;
    const without = (text: string) => text.replaceAll("workgroupBarrier();", (barrier) => (seen++ === drop ? "" : barrier));
    expect(races(sumSuite, kase, "workgroup", tile, without)).toBeGreaterThan(0);
  });
});

test.each(sum.variants)("sum/$name reads as before", async ({ name }) => {
  const code = sum.source({ x: f32(64, 64) }, { axes: 1 }, { variant: name }).join("\n");
  await expect(code).toMatchFileSnapshot(`wgsl/sum.${name}.wgsl`);
});

test.each([
  ["softmax", softmax.source({ x: f32(64, 64) }, {}, { variant: "thread" })],
  ["layerNorm", layerNorm.source({ x: f32(64, 64), gamma: f32(64), beta: f32(64) }, {}, { variant: "thread" })],
] as const)("%s/thread reads as before", async (name, code) => {
  await expect(code.join("\n")).toMatchFileSnapshot(`wgsl/${name}.thread.wgsl`);
});
