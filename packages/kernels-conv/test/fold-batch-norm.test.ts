import { fill } from "@tilewright/runtime/cases";
import { describe, expect, test } from "vitest";
import { type ConvOptions, conv, type Filter, foldBatchNorm } from "../src/index.ts";

const cpu = { on: "cpu" } as const;
const [ci, co] = [3, 5];
const shapes: Readonly<Record<Filter, number[]>> = {
  oihw: [co, ci, 2, 3],
  iohw: [ci, co, 2, 3],
  hwio: [2, 3, ci, co],
  hwoi: [2, 3, co, ci],
  ohwi: [co, 2, 3, ci],
  ihwo: [ci, 2, 3, co],
};

describe.each(Object.keys(shapes) as Filter[])("foldBatchNorm of %s", (filter) => {
  test("is convolution, then normalisation", async () => {
    const x = fill("uniform", [2, ci, 4, 5], "f32", 1);
    const w = fill("uniform", shapes[filter], "f32", 2);
    const [bias, mean, gamma, beta] = [3, 4, 5, 6].map((seed) => fill("uniform", [co], "f32", seed));
    const variance = fill("positive", [co], "f32", 7);
    const options: ConvOptions = { filter };
    const plain = await conv.run({ x, w, bias: bias! }, options, cpu);
    const folded = foldBatchNorm(
      { w, bias: bias!, mean: mean!, variance, gamma: gamma!, beta: beta! },
      { filter, epsilon: 1e-3 },
    );
    const one = await conv.run({ x, ...folded }, options, cpu);
    const plane = 3 * 3;
    const numbers = (t: { data: unknown }) => t.data as Float32Array;
    Array.from(plain.data).forEach((value, i) => {
      const c = Math.floor(i / plane) % co;
      const s = numbers(gamma!)[c]! / Math.sqrt(numbers(variance)[c]! + 1e-3);
      expect(one.data[i]).toBeCloseTo(s * (value - numbers(mean!)[c]!) + numbers(beta!)[c]!, 4);
    });
    expect(one.shape).toEqual([2, co, 3, 3]);
  });
});

test("what does not fit is refused", () => {
  const w = fill("uniform", [4, 3, 2, 2], "f32", 1);
  const mean = fill("uniform", [3], "f32", 2);
  expect(() => foldBatchNorm({ w, mean, variance: mean })).toThrow(
    "mean is [3]; needed is [4], one for each output channel of w.",
  );
});
