import { proveTexts, texts } from "@tilewright/testing/static";
import { expect, test } from "vitest";
import { attentionSuite, kvAppendSuite, ropeSuite } from "../src/cases.ts";

const all = (await Promise.all([attentionSuite, kvAppendSuite, ropeSuite].map(texts))).flat();
const { kernel } = attentionSuite;
const f32 = (...shape: number[]) => ({ shape, dtype: "f32" }) as const;

proveTexts(all, 100);

test("no size stands in a text, but for the registers of a row", async () => {
  const of = (b: number, h: number, s: number, t: number) =>
    Promise.all(
      kernel.variants.map(({ name }) =>
        kernel.source({ q: f32(b, h, s, 64), k: f32(b, h, t, 64), v: f32(b, h, t, 64) }, { causal: true }, { variant: name }),
      ),
    );
  expect(await of(1, 2, 64, 128)).toEqual(await of(3, 5, 40, 7));
});

test.each(kernel.variants)("$name reads as before", async ({ name }) => {
  const row = f32(1, 8, 256, 64);
  const codes = await kernel.source({ q: row, k: row, v: row }, { causal: true }, { variant: name });
  await expect(codes.join("\n")).toMatchFileSnapshot(`wgsl/${name}.wgsl`);
});
