import { variantsOf } from "@tilewright/runtime";
import { proveTexts, races, texts } from "@tilewright/testing/static";
import { describe, expect, test } from "vitest";
import { embeddingQuantizedSuite, matmulQuantizedSuite } from "../src/cases.ts";

describe.each([
  ["matmulQuantized", await texts(matmulQuantizedSuite), 300],
  ["embeddingQuantized", await texts(embeddingQuantizedSuite), 15],
] as const)("%s", (_, all, least) => {
  proveTexts(all, least);
});

const { kernel } = matmulQuantizedSuite;
const variants = await variantsOf(kernel);
const types = (m: number, n: number, k: number) => ({
  a: { shape: [m, k], dtype: "f32" } as const,
  weights: { shape: [n, k / 8], dtype: "u32" } as const,
  scales: { shape: [n, k / 32], dtype: "f32" } as const,
});

test("no size stands in a text", async () => {
  const of = (m: number, n: number, k: number) =>
    Promise.all(variants.map(({ name }) => kernel.source(types(m, n, k), {}, { variant: name })));
  expect(await of(64, 128, 256)).toEqual(await of(1234 * 4, 92, 416));
});

// Short rows: the interpreter keeps every access.
const revealing = matmulQuantizedSuite.cases.find(({ keys }) => keys["k"] === 96 && keys["zeros"])!;

// The low profile has no subgroups: gemv's race check is its twin's.
const shared = variants.filter((variant) => {
  const { workgroupBytes, subgroups } = variant.needs(variant.tiles[0]!);
  return workgroupBytes && !subgroups;
});

test.each(shared)("$name has no data race, and has one without any of its barriers", async ({ name, tiles }) => {
  const tile = tiles.at(-1)!; // the smallest: the interpreter is slow
  expect(await races(matmulQuantizedSuite, revealing, name, tile)).toBe(0);
  const [code] = await kernel.source(revealing.inputs(), revealing.options, { variant: name, tile });
  const barriers = code!.split("workgroupBarrier();").length - 1;
  expect(barriers).toBeGreaterThan(0);
  for (let drop = 0; drop < barriers; drop++) {
    let seen = 0;
    const without = (text: string) => text.replaceAll("workgroupBarrier();", (barrier) => (seen++ === drop ? "" : barrier));
    expect(await races(matmulQuantizedSuite, revealing, name, tile, without)).toBeGreaterThan(0);
  }
});

test.each(variants)("$name reads as before", async ({ name }) => {
  const given = { ...types(64, 64, 64), zeros: { shape: [64, 1], dtype: "u32" }, bias: { shape: [64], dtype: "f32" } } as const;
  const [code] = await kernel.source(given, { activation: "relu" }, { variant: name });
  await expect(code).toMatchFileSnapshot(`wgsl/quantized/${name}.wgsl`);
});

test("embeddingQuantized reads as before", async () => {
  const { a: _, ...table } = types(1, 64, 64);
  const [code] = await embeddingQuantizedSuite.kernel.source({ indices: { shape: [3], dtype: "i32" }, ...table });
  await expect(code).toMatchFileSnapshot("wgsl/quantized/embedding.wgsl");
});
