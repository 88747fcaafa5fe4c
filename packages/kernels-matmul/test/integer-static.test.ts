import { proveTexts, texts } from "@tilewright/testing/static";
import { expect, test } from "vitest";
import { matmulIntegerSuite } from "../src/cases.ts";
import { matmulInteger } from "../src/index.ts";

const all = await texts(matmulIntegerSuite);
const { kernel } = matmulIntegerSuite;

proveTexts(all, 100);

test("dot products of bytes stand only where the device knows them", () => {
  for (const { code, can, title } of all) if (!can.dot4) expect(code, title).not.toMatch(/dot4|pack4x|unpack4x/);
});

test("no size stands in a text", async () => {
  const of = (m: number, n: number, k: number) =>
    Promise.all(
      kernel.variants.map(({ name }) =>
        kernel.source({ a: { shape: [m, k], dtype: "i8" }, b: { shape: [k, n], dtype: "u8" } }, {}, { variant: name }),
      ),
    );
  expect(await of(64, 128, 256)).toEqual(await of(1234 * 4, 92, 40));
});

test.each(kernel.variants)("$name reads as before", async ({ name }) => {
  const [code] = await matmulInteger.source(
    {
      a: { shape: [64, 64], dtype: "u8" },
      b: { shape: [64, 64], dtype: "i8" },
      aZero: { shape: [], dtype: "u8" },
      scale: { shape: [64], dtype: "f32" },
      zero: { shape: [], dtype: "u8" },
    },
    { transB: true },
    { variant: name },
  );
  await expect(code).toMatchFileSnapshot(`wgsl/integer/${name}.wgsl`);
});

test("a device's own choice: dot products where it has them, f32 on Apple, quads on CPU adapters", async () => {
  const type = { shape: [64, 64], dtype: "i8" } as const;
  const chosen = async (can: object) =>
    /matmulInteger\/(\w+)/.exec((await matmulInteger.source({ a: type, b: type }, {}, {}, can))[0]!)![1];
  expect(await chosen({ vendor: "nvidia" })).toBe("dot4");
  expect(await chosen({ vendor: "apple" })).toBe("direct");
  expect(await chosen({ software: true })).toBe("quad");
  expect(await chosen({ dot4: false })).toBe("direct");
  expect(await chosen({ software: true, subgroups: false })).toBe("direct");
});
