import { proveTexts, texts } from "@tilewright/testing/static";
import { expect, test } from "vitest";
import { gruCellSuite, gruSuite, lstmCellSuite, lstmSuite, rnnSuite } from "../src/cases.ts";
import { lstm } from "../src/index.ts";

const all = (await Promise.all([lstmSuite, gruSuite, rnnSuite, lstmCellSuite, gruCellSuite].map(texts))).flat();
const f32 = (...shape: number[]) => ({ shape, dtype: "f32" }) as const;

proveTexts(all, 100);

test.each([lstmSuite, gruSuite, lstmCellSuite].flatMap(({ kernel }) => kernel.variants.map((variant) => ({ kernel, variant }))))(
  "$kernel.name/$variant.name reads as before",
  async ({ kernel, variant }) => {
    const gates = kernel.name === "gru" ? 3 : 4;
    const inputs = {
      x: kernel.name.endsWith("Cell") ? f32(8, 128) : f32(64, 8, 128),
      w: f32(1, gates * 128, 128),
      r: f32(1, gates * 128, 128),
      bias: f32(1, gates * 128),
    };
    const codes = await kernel.source(inputs, {}, { variant: variant.name });
    await expect(codes.join("\n")).toMatchFileSnapshot(`wgsl/${kernel.name}-${variant.name}.wgsl`);
  },
);

test("no size stands in a text, but for the room of a state", async () => {
  const of = (t: number, b: number, i: number, h: number) =>
    Promise.all(
      lstm.variants.map(({ name }) =>
        lstm.source({ x: f32(t, b, i), w: f32(1, 4 * h, i), r: f32(1, 4 * h, h) }, {}, { variant: name }),
      ),
    );
  expect(await of(64, 8, 128, 128)).toEqual(await of(3, 5, 40, 100));
});
