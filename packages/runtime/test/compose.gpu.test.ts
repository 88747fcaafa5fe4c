// The compose style: a plan recorded into the caller's own encoder, with buffers that the caller made.
import { laneDevice } from "@tilewright/testing/gpu";
import { describe, expect, test, vi } from "vitest";
import { byHand, vector } from "./by-hand.ts";
import { axpy, minmax } from "./kernels.ts";
import { sumRows } from "./sum-rows.ts";

const device = await laneDevice();
const { own, read, submit } = byHand(device);

describe("record", () => {
  test("into the caller's encoder, with the caller's buffers, one of them from byte 256", async () => {
    const plan = await axpy.plan(device, { x: vector(3), y: vector(3) }, { alpha: 2 });
    const x = own([1, 2, 3]);
    const y = own([10, 20, 30, 40], 256);
    await submit((pass) => plan.record(pass, { x, y: { buffer: y, offset: 256 } }));
    const all = await read(y);
    expect(all.slice(64)).toEqual([12, 24, 36, 40]); // the fourth is behind the tensor
    expect(all.slice(0, 64).every((v) => v === 0)).toBe(true);
  });

  test("two plans in one pass: the second reads what the first wrote", async () => {
    const sum = await sumRows.plan(device, { x: { shape: [2, 70], dtype: "f32" } });
    const add = await axpy.plan(device, { x: vector(2), y: vector(2) });
    const x = own([...Array<number>(70).fill(1), ...Array<number>(70).fill(-2)]);
    const [y, z] = [own([5, 5]), own([100, 100])];
    await submit((pass) => {
      sum.record(pass, { x, y });
      add.record(pass, { x: y, y: z });
    });
    expect(await read(z)).toEqual([170, -40]);
  });

  test("an optional output has a buffer when it was planned", async () => {
    const plan = await minmax.plan(device, { x: vector(4) }, { where: true });
    const [x, low, high, at] = [own([3, 1, 9, 2]), own([0]), own([0]), own([7])];
    await submit((pass) => plan.record(pass, { x, low, high, at }));
    expect([...(await read(low)), ...(await read(high))]).toEqual([1, 9]);
    expect(new Uint32Array(Float32Array.from(await read(at)).buffer)[0]).toBe(2);
    await submit((pass) =>
      expect(() => plan.record(pass, { x, low, high })).toThrow(/at is missing; needed is a GPUBuffer.* of 4 bytes/),
    );
  });

  test("more sets of buffers than a plan keeps, twice round", async () => {
    const plan = await axpy.plan(device, { x: vector(1), y: vector(1) });
    const sets = Array.from({ length: 11 }, (_, i) => ({ x: own([i]), y: own([100 * i]) }));
    await submit((pass) => {
      for (let round = 0; round < 2; round++) for (const set of sets) plan.record(pass, set);
    });
    for (const [i, { y }] of sets.entries()) expect(await read(y)).toEqual([102 * i]);
  });

  test("the same buffers are bound once, whichever object names them", async () => {
    const plan = await axpy.plan(device, { x: vector(1), y: vector(1) });
    const groups = vi.spyOn(device, "createBindGroup");
    const [x, y] = [own([1]), own([0])];
    await submit((pass) => {
      for (let i = 0; i < 3; i++) plan.record(pass, { x, y: { buffer: y, offset: 0 } });
      plan.record(pass, { x, y: { buffer: y } });
    });
    expect(groups).toHaveBeenCalledTimes(1);
    groups.mockRestore();
    expect(await read(y)).toEqual([4]);
  });
});
