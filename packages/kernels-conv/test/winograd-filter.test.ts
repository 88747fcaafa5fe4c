import { fill } from "@tilewright/runtime/cases";
import { describe, expect, test } from "vitest";
import { conv, convWinograd, winogradFilter } from "../src/index.ts";

const cpu = { on: "cpu" } as const;

describe.each([2, 4] as const)("a filter transformed for %s outputs", (outputs) => {
  test.each(["nchw", "nhwc"] as const)("convolves as the filter does, %s", async (layout) => {
    const x = fill("uniform", layout === "nchw" ? [2, 5, 7, 9] : [2, 7, 9, 5], "f32", 1);
    const w = fill("uniform", layout === "nchw" ? [6, 5, 3, 3] : [3, 3, 5, 6], "f32", 2);
    const bias = fill("uniform", [6], "f32", 3);
    const u = await winogradFilter.run({ w }, { outputs, filter: layout === "nchw" ? "oihw" : "hwio" }, cpu);
    const how = { layout, padding: 1, activation: "relu" } as const;
    const y = await convWinograd.run({ x, w: u, bias }, { ...how, outputs, transformed: true, channels: 6 }, cpu);
    const exact = await conv.run({ x, w, bias }, how, cpu);
    expect(y.shape).toEqual(exact.shape);
    Array.from(y.data as Float32Array).forEach((v, i) => {
      expect(v).toBeCloseTo((exact.data as Float32Array)[i]!, 4);
    });
  });
});

test("one that is made for others is refused", () => {
  const x = { shape: [1, 8, 6, 6], dtype: "f32" } as const;
  const call = (shape: number[], options: object) => () =>
    convWinograd.problem({ x, w: { shape, dtype: "f32" } }, { transformed: true, ...options });
  expect(call([36, 8, 8], { outputs: 2 })).toThrow("w is f32 [36,8,8]; needed is f32 [16,8,8]");
  expect(call([16, 8, 8], { channels: 9 })).toThrow("needed is f32 [16,8,12]");
  expect(call([16, 8, 8], { channels: 7 })().types["y"]!.shape).toEqual([1, 7, 4, 4]);
});
