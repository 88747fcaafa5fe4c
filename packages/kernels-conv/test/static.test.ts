import { proveTexts, texts } from "@tilewright/testing/static";
import { describe, expect, test } from "vitest";
import {
  averagePoolSuite,
  convIntegerSuite,
  convMaxPoolSuite,
  convQuantizedSuite,
  convSuite,
  convTransposeSuite,
  convWinogradSuite,
  lpPoolSuite,
  maxPoolSuite,
  maxUnpoolSuite,
  winogradFilterSuite,
} from "../src/cases.ts";
import type { ConvOptions } from "../src/index.ts";

const all = (
  await Promise.all(
    [
      convSuite,
      convTransposeSuite,
      convWinogradSuite,
      winogradFilterSuite,
      convIntegerSuite,
      convMaxPoolSuite,
      convQuantizedSuite,
      maxPoolSuite,
      maxUnpoolSuite,
      averagePoolSuite,
      lpPoolSuite,
    ].map(texts),
  )
).flat();
const { kernel } = convSuite;

proveTexts(all, 500);

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
const options: Readonly<Record<string, ConvOptions>> = { depthwise: { groups: 64 }, narrow: { groups: 16 } };

describe.each(["nchw", "nhwc"] as const)("%s", (layout) => {
  const variants = kernel.variants.filter(({ name }) => name !== "narrow" || layout === "nhwc");
  test.each(variants)("$name reads as before", async ({ name }) => {
    const codes = await source(name, 64, 56, { layout, ...options[name] });
    await expect(codes.join("\n")).toMatchFileSnapshot(`wgsl/${name}-${layout}.wgsl`);
  });

  test.each(variants)("no size stands in the text of $name", async ({ name }) => {
    const channels = name === "depthwise" ? 64 : 128;
    const small = await source(name, channels, 28, { layout, ...options[name] });
    expect(await source(name, 64, 56, { layout, ...options[name] })).toEqual(small);
  });
});
