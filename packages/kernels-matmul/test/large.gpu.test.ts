// Where binding limits, 32-bit indices and half precision end.
import { caps, tensor, variantsOf } from "@tilewright/runtime";
import { runTrial } from "@tilewright/testing";
import { laneDevice } from "@tilewright/testing/gpu";
import { describe, expect, test } from "vitest";
import { matmulSuite } from "../src/cases.ts";
import { matmul } from "../src/matmul.ts";

const device = await laneDevice();
const can = caps(device);
/** Small whole numbers, whose sums are exact in any order. */
const whole = (shape: readonly [number, number], modulus: number) =>
  tensor(
    Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => (i % modulus) - 1),
    shape,
  );

describe("tensors over 128 MiB", () => {
  const [k, n] = [8200, 4100];
  const bytes = 4 * k * n;
  const reason = `a binding of ${bytes} bytes is over this device's ${can.maxBinding}`;

  test("a large b", async (context) => {
    if (can.maxBinding < bytes) return context.skip(reason);
    const [a, b] = [whole([1, k], 3), whole([k, n], 7)];
    const { data } = await matmul.run({ a, b }, {}, { device });
    const expected = new Float64Array(n);
    for (let i = 0; i < k; i++) for (let col = 0; col < n; col++) expected[col]! += a.data[i]! * b.data[i * n + col]!;
    expect(Array.from(data)).toEqual(Array.from(expected));
  });

  test("a large c", async (context) => {
    if (can.maxBinding < bytes) return context.skip(reason);
    const [a, b] = [whole([k, 1], 11), whole([1, n], 7)];
    const { data } = await matmul.run({ a, b }, {}, { device });
    let wrong = 0;
    for (let i = 0; i < data.length; i++) if (data[i] !== a.data[Math.floor(i / n)]! * b.data[i % n]!) wrong++;
    expect([data.length, wrong]).toEqual([k * n, 0]);
  });
});

test("sums in f16 that overflow are infinite, and parity says so", async (context) => {
  if (!can.f16) return context.skip("it needs the device feature shader-f16");
  const of256 = (...shape: [number, number]) => tensor(new Uint16Array(shape[0] * shape[1]).fill(0x5c00), shape, "f16");
  const kase = {
    dtype: "f16",
    keys: {},
    inputs: () => ({ a: of256(32, 64), b: of256(64, 32) }),
    options: { dtype: "f32", accumulate: "f16" } as const,
  };
  const { a, b } = kase.inputs();
  const exact = await matmul.run({ a, b }, { dtype: "f32" }, { device });
  expect(new Set(exact.data)).toEqual(new Set([64 * 256 * 256]));
  const { data } = await matmul.run({ a, b }, kase.options, { device });
  expect(new Set(data)).toEqual(new Set([Infinity]));
  const variant = (await variantsOf(matmulSuite.kernel)).find(({ name }) => name === "naive")!;
  const trial = { path: "overflow", suite: matmulSuite, kase, variant, tile: variant.tiles[0]!, skip: undefined };
  expect((await runTrial(device, trial)).status).toBe("failed");
});
