import { laneDevice } from "@tilewright/testing/gpu";
import { expect, test } from "vitest";
import { classify, type Digits } from "../nearest.ts";

/** Made-up digits: as dark and as light as real ones, which is what could overflow an exact sum. */
function digits(count: number, seed: number): Digits {
  const images = Uint8Array.from({ length: count * 784 }, (_, i) => {
    const x = Math.imul(i + seed, 0x9e3779b1) >>> 8;
    return x % 5 === 0 ? 255 : x % 3 === 0 ? x & 255 : 0;
  });
  return { count, rows: 28, columns: 28, images, labels: Uint8Array.from({ length: count }, (_, i) => i % 10) };
}

/** An exact loop over integers. */
function byHand(train: Digits, test: Digits): number[] {
  return Array.from({ length: test.count }, (_, t) => {
    let best = 0;
    let least = Infinity;
    for (let i = 0; i < train.count; i++) {
      let distance = 0;
      for (let j = 0; j < 784; j++) distance += (train.images[i * 784 + j]! - test.images[t * 784 + j]!) ** 2;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  });
}

test("the GPU, the reference and a loop over integers name the same digits; the lowest index wins a tie", async () => {
  const train = digits(60, 1);
  train.images.copyWithin(40 * 784, 0, 20 * 784); // the last twenty are the first twenty again
  const some = digits(23, 99);
  some.images.set(train.images.subarray(3 * 784, 4 * 784), 0); // one that is there, twice
  const expected = byHand(train, some);
  expect(expected[0]).toBe(3);
  for (const on of [await laneDevice(), "cpu"] as const) {
    const { nearest } = await classify(train, some, on, { batch: 10 });
    expect([...nearest]).toEqual(expected);
  }
});
