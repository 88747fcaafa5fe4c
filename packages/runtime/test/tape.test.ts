// A tape: a program without a device.
import { tape } from "@tilewright/runtime";
import { expect, test } from "vitest";
import { dense } from "./kernels.ts";

test("shapes are inferred and checked without a device or data", () => {
  const t = tape();
  const x = t.input("x", { shape: [7, 20], dtype: "f32" });
  const w = t.constant({ shape: [20, 3], dtype: "f32" });
  const b = t.constant({ shape: [3], dtype: "f32" });
  const y = t.call(dense, { x, w, b });
  expect(y).toMatchObject({ shape: [7, 3], dtype: "f32", from: "call" });
  expect(t.calls.map(({ kernel }) => kernel.name)).toEqual(["dense"]);
  expect([...t.inputs.keys(), t.constants.size]).toEqual(["x", 2]);
  expect(t.has(y)).toBe(true);
  expect(() => t.call(dense, { x: { ...x }, w, b })).toThrow(/no value of this program/);
  expect(() => t.call(dense, { x: y, w, b })).toThrow(/dense/);
});
