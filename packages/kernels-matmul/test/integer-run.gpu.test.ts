// Bytes from end to end: a quantised network in a program, and plans whose m varies.
import { download, program, tensor, upload } from "@tilewright/runtime";
import { fill } from "@tilewright/runtime/cases";
import { laneDevice } from "@tilewright/testing/gpu";
import { expect, test } from "vitest";
import { matmulInteger } from "../src/index.ts";

const device = await laneDevice();

test.for([8, 5])("two layers of bytes in one program, %i units", async (units) => {
  const x = fill("uniform", [9, 20], "u8", 1);
  const w1 = fill("uniform", [units, 20], "i8", 2);
  const w2 = fill("uniform", [3, units], "i8", 3);
  const scale = tensor([2 ** -9]);
  const [xZero, hZero] = [tensor(Uint8Array.of(128), []), tensor(Uint8Array.of(7), [])];
  const net = program(device);
  const shared = net.constant(scale);
  const h = net.call(
    matmulInteger,
    {
      a: net.input("x", { shape: [9, 20], dtype: "u8" }),
      b: net.constant(w1),
      aZero: net.constant(xZero),
      scale: shared,
      zero: net.constant(hZero),
    },
    { transB: true },
  );
  expect(h).toMatchObject({ shape: [9, units], dtype: "u8" });
  const y = net.call(matmulInteger, { a: h, b: net.constant(w2), aZero: net.constant(hZero), scale: shared }, { transB: true });
  const compiled = await net.compile({ h, y });
  const got = await compiled.run({ x });
  const cpu = { on: "cpu" } as const;
  const hidden = await matmulInteger.run({ a: x, b: w1, aZero: xZero, scale, zero: hZero }, { transB: true }, cpu);
  expect(got.h.data).toEqual(hidden.data); // a factor of a power of two: nothing is open
  expect(new Set(hidden.data).size).toBeGreaterThan(10);
  const last = await matmulInteger.run({ a: hidden, b: w2, aZero: hZero, scale }, { transB: true }, cpu);
  expect(got.y).toEqual(last);
  compiled.destroy();
  net.destroy();
});

test.for(["naive", "direct"])("fewer rows than planned leave the rest as it was: %s", async (variant) => {
  const n = variant === "naive" ? 3 : 8;
  const [a, b] = [fill("uniform", [6, 8], "i8", 1), fill("uniform", [8, n], "i8", 2)];
  const scale = tensor([2 ** -9]);
  const all = await matmulInteger.run({ a, b, scale }, { dtype: "i8" }, { on: "cpu" });
  const got = await matmulInteger.run({ a, b, scale }, { dtype: "i8" }, { device, variant, params: { m: 3 } });
  expect(Array.from(got.data)).toEqual([...Array.from(all.data).slice(0, 3 * n), ...Array<number>(3 * n).fill(0)]);
});

test("tensors of bytes that lie on the GPU", async () => {
  const [a, b] = [fill("uniform", [5, 7], "u8", 1), fill("uniform", [7, 6], "i8", 2)];
  const weights = upload(device, b);
  const got = await matmulInteger.run({ a, b: weights }, {}, { device });
  expect(got).toEqual(await matmulInteger.run({ a, b }, {}, { on: "cpu" }));
  expect((await download(device, weights)).data).toEqual(b.data);
  weights.buffer.destroy();
});
