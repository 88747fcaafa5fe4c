// Params that change from record to record: immediates, or in the low lanes a uniform.
import { caps, record } from "@tilewright/runtime";
import { laneDevice } from "@tilewright/testing/gpu";
import { describe, expect, test, vi } from "vitest";
import { byHand, vector } from "./by-hand.ts";
import { axpy } from "./kernels.ts";
import { sumRows } from "./sum-rows.ts";

const device = await laneDevice();
const { own, read, submit } = byHand(device);

describe("params that change at record", () => {
  // In the low lanes params are a uniform: what is written to a queue lands before the whole submit, so records must not share a slot.
  test("two records of one plan in one pass have each its own", async () => {
    const plan = await axpy.plan(device, { x: vector(4), y: vector(4) }, {}, { dynamic: { alpha: 100, n: 4 } });
    const [x, y] = [own([1, 1, 1, 1]), own([0, 0, 0, 0])];
    await submit((pass) => {
      plan.record(pass, { x, y }, { alpha: 3, n: 2 });
      plan.record(pass, { x, y }, { alpha: 50, n: 3 });
    });
    expect(await read(y)).toEqual([53, 53, 50, 0]);
  });

  test("many records in one pass, with other buffers in between", async () => {
    const plan = await axpy.plan(device, { x: vector(1), y: vector(1) }, {}, { dynamic: { alpha: 300 } });
    const x = own([1]);
    const [y, z] = [own([0]), own([0])];
    await submit((pass) => {
      for (let i = 1; i <= 300; i++) plan.record(pass, { x, y: i % 3 ? y : z }, { alpha: i });
    });
    const thirds = 3 * 50.5 * 100;
    expect(await read(z)).toEqual([thirds]);
    expect(await read(y)).toEqual([300 * 150.5 - thirds]);
  });

  test("what was bound before keeps its own", async () => {
    const plan = await axpy.plan(device, { x: vector(1), y: vector(1) }, { alpha: 2 }, { dynamic: { alpha: 100 } });
    const [x, y, z] = [own([1]), own([0]), own([0])];
    const bound = plan.bind({ x, y });
    await submit((pass) => {
      plan.record(pass, { x, y: z }, { alpha: 30 });
      record(pass, bound);
      plan.record(pass, { x, y: z }); // as planned
    });
    expect([...(await read(y)), ...(await read(z))]).toEqual([2, 32]);
  });

  test("what was bound before stays right when uniform slots come round again", async () => {
    const plan = await axpy.plan(device, { x: vector(1), y: vector(1) }, { alpha: 2 }, { dynamic: { alpha: 1e6 } });
    const [x, y, z] = [own([1]), own([0]), own([0])];
    const bound = plan.bind({ x, y });
    for (let s = 0; s < 3; s++) {
      await submit((pass) => {
        for (let i = 0; i < 400; i++) plan.record(pass, { x, y: z }, { alpha: 1000 * (s + 1) + i });
      });
    }
    await submit((pass) => record(pass, bound));
    expect(await read(y)).toEqual([2]);
  });

  // Uniform slots come round again: across submits that is right, within one it must be right or refused, never a wrong number.
  test.for([
    [12, 100],
    [1, 1200],
  ])("%i submits of %i records", async ([submits, records]) => {
    const plan = await axpy.plan(device, { x: vector(1), y: vector(1) }, {}, { dynamic: { alpha: 1e6 } });
    const [x, y] = [own([1]), own([0])];
    let refused: unknown;
    for (let s = 0; s < submits!; s++) {
      await submit((pass) => {
        try {
          for (let i = 1; i <= records!; i++) plan.record(pass, { x, y }, { alpha: s * records! + i });
        } catch (error) {
          refused = error;
        }
      });
    }
    const n = submits! * records!;
    if (refused) expect(refused).toMatchObject({ name: "KernelError", code: "limit" });
    else expect(await read(y)).toEqual([(n * (n + 1)) / 2]);
  });

  test("a set that an earlier pass left behind is not overwritten by a full ring either", async () => {
    const plan = await axpy.plan(device, { x: vector(1), y: vector(1) }, {}, { dynamic: { alpha: 1e6 } });
    const [x, y, z] = [own([1]), own([0]), own([0])];
    await submit((pass) => plan.record(pass, { x, y: z }, { alpha: 5 }));
    let refused: unknown;
    await submit((pass) => {
      plan.record(pass, { x, y }, { alpha: 5 }); // unchanged: the slot of the pass before
      try {
        for (let i = 0; i < 1023; i++) plan.record(pass, { x, y: z }, { alpha: 1000 + i });
      } catch (error) {
        refused = error;
      }
    });
    expect(await read(y)).toEqual([5]);
    if (refused) expect(refused).toMatchObject({ name: "KernelError", code: "limit" });
  });

  test("the number of workgroups follows, down to none", async () => {
    const plan = await axpy.plan(device, { x: vector(1000), y: vector(1000) }, {}, { dynamic: { n: 1000 } });
    const [x, y] = [own(Array(1000).fill(1)), own(Array(1000).fill(0))];
    let grids: number[] = [];
    await submit((pass) => {
      const spy = vi.spyOn(pass, "dispatchWorkgroups");
      for (const n of [1000, 0, 65, 64]) plan.record(pass, { x, y }, { n });
      grids = spy.mock.calls.map(([count]) => count);
    });
    expect(grids).toEqual([16, 2, 1]);
    const all = await read(y);
    expect([all[63], all[64], all[65], all[999]]).toEqual([3, 2, 1, 1]);
  });

  test("above the maximum, not named, or not the kernel's to change", async () => {
    const types = { x: vector(10), y: vector(10) };
    const plan = await axpy.plan(device, types, {}, { dynamic: { n: 8 } });
    const buffers = { x: own(Array(10).fill(0)), y: own(Array(10).fill(0)) };
    await submit((pass) => {
      expect(() => plan.record(pass, buffers, { n: 9 })).toThrow(/axpy: n is 9; it was planned as at most 8/);
      expect(() => plan.record(pass, buffers, { alpha: 2 })).toThrow(/alpha was planned as fixed; name it in dynamic/);
    });
    await expect(axpy.plan(device, types, {}, { dynamic: { n: 11 } })).rejects.toThrow(
      /n can be 11, but the shapes hold 10\. Plan with the largest shape/,
    );
    await expect(sumRows.plan(device, { x: { shape: [2, 2], dtype: "f32" } }, {}, { dynamic: { rows: 2 } })).rejects.toThrow(
      /rows cannot change from call to call here; nothing can/,
    );
  });

  test("params travel the way that this lane's caps say", async () => {
    const [text] = (await axpy.plan(device, { x: vector(1), y: vector(1) })).code;
    expect(text).toContain(caps(device).immediates ? "var<immediate> p" : "var<uniform> p");
  });
});
