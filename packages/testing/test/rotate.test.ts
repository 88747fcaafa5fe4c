import { expect, test } from "vitest";
import { setsPastCache } from "../src/rotate.ts";

test("buffers rotate past the last cache where memory decides, and not where arithmetic does", () => {
  const cube = (n: number) => ({ flops: 2 * n ** 3, bytes: 12 * n ** 2 });
  expect(setsPastCache(cube(512), true)).toBe(1);
  expect(setsPastCache(cube(512), false)).toBe(1);
  const gemv = { flops: 2 * 2048 ** 2, bytes: 4 * 2048 ** 2 + 16384 };
  for (const software of [true, false])
    expect(setsPastCache(gemv, software) * gemv.bytes).toBeGreaterThanOrEqual((software ? 64 : 256) * 2 ** 20);
  expect(setsPastCache({ flops: 1, bytes: 2 ** 30 }, false)).toBe(1);
  expect(setsPastCache({ flops: 0, bytes: 0 }, false)).toBe(64);
});
