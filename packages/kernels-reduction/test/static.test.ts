import { variantsOf } from "@tilewright/runtime";
import { proveTexts, races, texts } from "@tilewright/testing/static";
import { describe, expect, test } from "vitest";
import { reductionSuites, sumSuite } from "../src/cases.ts";
import { layerNorm, softmax, sum } from "../src/index.ts";

const suites = await Promise.all(reductionSuites.map(async (suite) => [suite.kernel.name, await texts(suite)] as const));

describe.each(suites)("%s", (name, all) => {
  proveTexts(all, name === "confusionMatrix" ? 1 : 5);
});

const f32 = (...shape: number[]) => ({ shape, dtype: "f32" }) as const;

test("no size stands in a text", async () => {
  const variants = await variantsOf(sum);
  const of = (rows: number, n: number) =>
    Promise.all(variants.map(({ name, tiles: [tile] }) => sum.source({ x: f32(rows, n) }, { axes: 1 }, { variant: name, tile })));
  expect(await of(12, 64)).toEqual(await of(200, 4096));
});

// How workgroups share is one text for all kernels.
describe("sum by workgroups", () => {
  const kase = sumSuite.cases.find(({ keys }) => keys["x"] === "33x131")!;
  const tile = { threads: 64 };

  test("has no data race", async () => expect(await races(sumSuite, kase, "workgroup", tile)).toBe(0));

  test.each([0, 1])("has one without barrier %i", async (drop) => {
    let seen = 0;
    const without = (text: string) => text.replaceAll("workgroupBarrier();", (barrier) => (seen++ === drop ? "" : barrier));
    expect(await races(sumSuite, kase, "workgroup", tile, without)).toBeGreaterThan(0);
  });
});

test.each(sum.variants)("sum/$name reads as before", async ({ name }) => {
  const code = await sum.source({ x: f32(64, 64) }, { axes: 1 }, { variant: name });
  await expect(code.join("\n")).toMatchFileSnapshot(`wgsl/sum.${name}.wgsl`);
});

test.each([
  ["softmax", softmax.source({ x: f32(64, 64) }, {}, { variant: "thread" })],
  ["layerNorm", layerNorm.source({ x: f32(64, 64), gamma: f32(64), beta: f32(64) }, {}, { variant: "thread" })],
] as const)("%s/thread reads as before", async (name, code) => {
  await expect((await code).join("\n")).toMatchFileSnapshot(`wgsl/${name}.thread.wgsl`);
});
