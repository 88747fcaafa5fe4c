import { conv2d, dense, flatten, maxPool2d, save, sequential } from "@tilewright/models";
import { laneDevice } from "@tilewright/testing/gpu";
import { expect, test } from "vitest";
import type { Digits } from "../../nearest-digit/nearest.ts";
import { network, recognise } from "../digits.ts";

/** Made-up images, about a third of them ink. */
const digits = (count: number): Digits => {
  const images = Uint8Array.from({ length: count * 784 }, (_, i) => {
    const x = Math.imul(i + 1, 0x9e3779b1) >>> 8;
    return x % 3 === 0 ? x & 255 : 0;
  });
  return { count, rows: 28, columns: 28, images, labels: new Uint8Array(count).fill(3) };
};

test("the GPU and the references read the same digits, in whole batches and a part of one", async () => {
  const other = sequential({
    conv1: conv2d(8, 5),
    pool1: maxPool2d(4),
    conv2: conv2d(16, 5),
    flatten: flatten(),
    fc: dense(10, { filter: "io" }),
  });
  other.build({ x: { shape: [1, 1, 36, 36], dtype: "f32" } });
  const model = await network(await save(other)); // its parameters have the same names and shapes
  const some = digits(7);
  const cpu = await recognise(model, some, "cpu", { batch: 3 });
  const progress: number[] = [];
  const gpu = await recognise(model, some, await laneDevice(), { batch: 3, onProgress: (done) => progress.push(done) });
  expect([...gpu.predicted]).toEqual([...cpu.predicted]);
  expect(gpu.right).toBe([...gpu.predicted].filter((digit) => digit === 3).length);
  expect([gpu.timed, ...progress]).toEqual([4, 3, 6, 7]);
  model.destroy();
});
