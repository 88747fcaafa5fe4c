import { errorOf } from "@tilewright/runtime/cases";
import { expect, test } from "vitest";

const at = (expected: number, got: number, bound = 1e-6, dtype: "f32" | "f16" = "f32") =>
  errorOf({ expected, got, bound }, dtype);

test("an error is measured by its bound", () => {
  expect(at(1, 1 + 5e-7)).toBeCloseTo(0.5);
  expect(at(1, 1.1)).toBeGreaterThan(1);
  expect(at(0, -0)).toBe(0);
});

test("NaN answers NaN and nothing else, whatever the bound", () => {
  expect(at(Number.NaN, Number.NaN)).toBe(0);
  for (const bound of [1e-6, Infinity, Number.NaN]) {
    expect(at(Number.NaN, 1, bound)).toBe(Infinity);
    expect(at(1, Number.NaN, bound)).toBe(Infinity);
    expect(at(Infinity, Number.NaN, bound)).toBe(Infinity);
  }
});

test("an infinity answers itself and nothing else, whatever the bound", () => {
  for (const bound of [1e-6, Infinity, Number.NaN]) {
    expect(at(Infinity, Infinity, bound)).toBe(0);
    expect(at(Infinity, -Infinity, bound)).toBe(Infinity);
    expect(at(Infinity, 3e38, bound)).toBe(Infinity);
    expect(at(0, Infinity, bound)).toBe(Infinity);
    expect(at(0, 5, bound)).toBeGreaterThan(1);
  }
});

test("what overflows the type is its infinity; near the edge either will do", () => {
  expect(at(1e39, Infinity)).toBe(0);
  expect(at(1e39, -Infinity)).toBe(Infinity);
  expect(at(70000, Infinity, 1, "f16")).toBe(0);
  expect(at(70000, 65504, 1, "f16")).toBe(Infinity);
  expect(at(65510, Infinity, 64, "f16")).toBe(0);
  expect(at(65510, 65504, 64, "f16")).toBeLessThan(1);
  expect(at(65510, Number.NaN, 64, "f16")).toBe(Infinity);
  expect(at(65510, -Infinity, 64, "f16")).toBe(Infinity);
});
