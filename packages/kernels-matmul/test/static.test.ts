import { variantsOf } from "@tilewright/runtime";
import { proveTexts, races, texts } from "@tilewright/testing/static";
import { expect, test } from "vitest";
import { matmulSuite, revealing } from "../src/cases.ts";

const all = await texts(matmulSuite);
const { kernel } = matmulSuite;
const variants = await variantsOf(kernel);

proveTexts(all, 100);

test("no size stands in a text", async () => {
  const of = (m: number, n: number, k: number) =>
    Promise.all(
      variants.map(({ name }) =>
        kernel.source({ a: { shape: [m, k], dtype: "f32" }, b: { shape: [k, n], dtype: "f32" } }, {}, { variant: name }),
      ),
    );
  expect(await of(512, 512, 256)).toEqual(await of(32 * 154, 96, 48));
});

// The interpreter knows no subgroups.
const staged = variants.filter((variant) => {
  const { workgroupBytes, subgroups } = variant.needs(variant.tiles[0]!);
  return workgroupBytes && !subgroups;
});
test.each(staged)("$name has no data race, and has one without any of its barriers", async (variant) => {
  const { name, tiles } = variant;
  const tile = tiles.findLast((each) => variant.needs(each).workgroupBytes)!; // the smallest: the interpreter is slow
  expect(await races(matmulSuite, revealing, name, tile)).toBe(0);
  const [code] = await kernel.source(revealing.inputs(), revealing.options, { variant: name, tile });
  const barriers = code!.split("workgroupBarrier();").length - 1;
  expect(barriers).toBeGreaterThan(0);
  for (let drop = 0; drop < barriers; drop++) {
    let seen = 0;
    const without = (text: string) => text.replaceAll("workgroupBarrier();", (barrier) => (seen++ === drop ? "" : barrier));
    expect(await races(matmulSuite, revealing, name, tile, without)).toBeGreaterThan(0);
  }
});

test.each(variants)("$name reads as before", async ({ name }) => {
  const type = { shape: [64, 64], dtype: "f32" } as const;
  const codes = await kernel.source(
    { a: type, b: type, bias: { shape: [64], dtype: "f32" } },
    { transB: true, activation: "relu" },
    { variant: name },
  );
  await expect(codes.join("\n")).toMatchFileSnapshot(`wgsl/${name}.wgsl`);
});
