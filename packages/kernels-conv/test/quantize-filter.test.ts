import { tensor } from "@tilewright/runtime";
import { fill } from "@tilewright/runtime/cases";
import { describe, expect, test } from "vitest";
import { conv, convQuantized, type Filter, quantizeFilter } from "../src/index.ts";

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

describe.each([true, false])("quantizeFilter, symmetric: %s", (symmetric) => {
  test.each(Object.keys(shapes) as Filter[])("of %s is within half a scale a weight", async (filter) => {
    const x = fill("uniform", [1, ci, 4, 5], "f32", 1);
    // Each channel on a scale of its own: a wrong axis would show.
    const w = fill("uniform", shapes[filter], "f32", 2);
    const { operands, options } = quantizeFilter(w, { filter, symmetric });
    const scales = Array.from(operands.scales.data as Float32Array);
    const y = await convQuantized.run({ x, ...operands }, options, cpu);
    const exact = await conv.run({ x, w }, { filter }, cpu);
    const most = ci * 2 * 3 * 0.5 * Math.max(...scales);
    const far = (y.data as Float32Array).map((v, i) => Math.abs(v - (exact.data as Float32Array)[i]!));
    expect(Math.max(...far)).toBeLessThan(most);
    expect(Math.max(...far)).toBeGreaterThan(0);
    expect(Math.max(...scales)).toBeLessThan(symmetric ? 1 / 127 : 2 / 255);
  });
});

test("each channel has its own scale", () => {
  const { operands } = quantizeFilter(tensor([127, -1, 0, 0, -0.5, 0.25], [3, 1, 2]));
  expect(Array.from(operands.scales.data as Float32Array)).toEqual([1, 0, Math.fround(0.5 / 127)]);
  expect(Array.from(operands.w.data as Int8Array)).toEqual([127, -1, 0, 0, -127, 64]);
});

test("what cannot be rounded is refused", () => {
  expect(() => quantizeFilter(tensor([1, Number.NaN], [1, 1, 2]))).toThrow("w[1] is NaN; needed are finite numbers.");
  expect(() => quantizeFilter(tensor([1e10, 0], [1, 1, 2]), { scales: "f16" })).toThrow("overflows f16");
  expect(() => quantizeFilter(tensor([1, 0], [1, 2]))).toThrow("w is [1,2]");
});

test("what is no quantised filter is refused", () => {
  const x = { shape: [1, ci, 4, 5], dtype: "f32" } as const;
  const w = { shape: [co, ci, 2, 3], dtype: "i8" } as const;
  const scales = { shape: [co], dtype: "f32" } as const;
  const given = (more: object) => () => convQuantized.problem({ x, w, scales, ...more });
  expect(given({ w: { ...w, dtype: "f32" } })).toThrow("w is f32; needed is i8 or u8, as quantizeFilter gives it.");
  expect(given({ scales: { shape: [ci], dtype: "f32" } })).toThrow("scales is [3]; needed is [5]");
  expect(given({ zeros: { shape: [co], dtype: "u8" } })).toThrow("zeros is u8; needed is w's dtype, i8.");
  expect(given({ zeros: { shape: [ci], dtype: "i8" } })).toThrow("zeros is [3]; needed is [5]");
});
