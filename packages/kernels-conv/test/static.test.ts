import { compileError, inspect, nullDevice, texts } from "@tilewright/testing/static";
import { describe, expect, test } from "vitest";
import {
  averagePoolSuite,
  convIntegerSuite,
  convMaxPoolSuite,
  convSuite,
  convTransposeSuite,
  convWinogradSuite,
  lpPoolSuite,
  maxPoolSuite,
} from "../src/cases.ts";
import type { ConvOptions } from "../src/index.ts";

const all = [
  convSuite,
  convTransposeSuite,
  convWinogradSuite,
  convIntegerSuite,
  convMaxPoolSuite,
  maxPoolSuite,
  averagePoolSuite,
  lpPoolSuite,
].flatMap(texts);
const { kernel } = convSuite;

test(`all ${all.length} texts keep to their layout and limits`, () => {
  const wrong = all.flatMap((text) => inspect(text).map((what) => `${text.title} ${what}`));
  expect(wrong).toEqual([]);
  expect(all.length).toBeGreaterThan(500);
});

test(`all ${all.length} texts compile`, async () => {
  const device = await nullDevice();
  for (const text of all) expect(await compileError(device, text), `${text.title}\n${text.code}`).toBeUndefined();
  device.destroy();
});

const source = (variant: string, channels: number, size: number, options: ConvOptions) => {
  const last = options.layout === "nhwc";
  const x = { shape: last ? [1, size, size, channels] : [1, channels, size, size], dtype: "f32" } as const;
  const co = options.groups ?? 64;
  const ci = channels / (options.groups ?? 1);
  const w = { shape: last ? [3, 3, ci, co] : [co, ci, 3, 3], dtype: "f32" } as const;
  return kernel.source(
    { x, w, bias: { shape: [co], dtype: "f32" } },
    { padding: 1, activation: "relu", ...options },
    { variant },
  );
};
const options: Readonly<Record<string, ConvOptions>> = { depthwise: { groups: 64 } };

describe.each(["nchw", "nhwc"] as const)("%s", (layout) => {
  test.each(kernel.variants)("$name reads as before", async ({ name }) => {
    const codes = source(name, 64, 56, { layout, ...options[name] });
    await expect(codes.join("\n")).toMatchFileSnapshot(`wgsl/${name}-${layout}.wgsl`);
  });

  test.each(kernel.variants)("no size stands in the text of $name", ({ name }) => {
    const channels = name === "depthwise" ? 64 : 128;
    expect(source(name, 64, 56, { layout, ...options[name] })).toEqual(source(name, channels, 28, { layout, ...options[name] }));
  });
});
