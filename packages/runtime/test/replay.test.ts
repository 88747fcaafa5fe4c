// The cost of a replayed dispatch is calls into the pass: counted on a stub, so that nothing depends on a clock.
import { type Dispatch, record } from "@tilewright/runtime";
import { describe, expect, test } from "vitest";

type Logged = [name: string, ...args: unknown[]];

function stub(): { pass: GPUComputePassEncoder; log: Logged[] } {
  const log: Logged[] = [];
  const pass = new Proxy({} as GPUComputePassEncoder, {
    get:
      (_, name: string) =>
      (...args: unknown[]) =>
        void log.push([name, ...args]),
  });
  return { pass, log };
}

function dispatch(label: string, words: number[], [x, y]: [number, number], offset?: number): Dispatch {
  return {
    label,
    pipeline: `${label} pipeline` as never,
    group: `${label} group` as never,
    immediates: Uint32Array.from(words),
    offsets: offset === undefined ? undefined : Uint32Array.of(offset),
    grid: Uint32Array.of(x, y),
  };
}

describe("record", () => {
  test("four calls a dispatch, in order", () => {
    const { pass, log } = stub();
    const one = dispatch("one", [7, 8], [3, 1]);
    const two = dispatch("two", [9], [32768, 2]);
    record(pass, [one, two]);
    expect(log).toEqual([
      ["setPipeline", "one pipeline"],
      ["setBindGroup", 0, "one group"],
      ["setImmediates", 0, one.immediates],
      ["dispatchWorkgroups", 3, 1],
      ["setPipeline", "two pipeline"],
      ["setBindGroup", 0, "two group"],
      ["setImmediates", 0, two.immediates],
      ["dispatchWorkgroups", 32768, 2],
    ]);
    expect(log[2]![2]).toBe(one.immediates); // handed over as it is, not copied
  });

  test("where params are a uniform, its offset goes with the group", () => {
    const { pass, log } = stub();
    const one = dispatch("one", [7], [5, 1], 512);
    record(pass, [one]);
    expect(log).toEqual([
      ["setPipeline", "one pipeline"],
      ["setBindGroup", 0, "one group", one.offsets, 0, 1],
      ["dispatchWorkgroups", 5, 1],
    ]);
  });

  test("no params, no immediates", () => {
    const { pass, log } = stub();
    record(pass, [dispatch("one", [], [1, 1])]);
    expect(log.map(([name]) => name)).toEqual(["setPipeline", "setBindGroup", "dispatchWorkgroups"]);
  });

  test("an empty grid records nothing, and its neighbours all the same", () => {
    const { pass, log } = stub();
    record(pass, [dispatch("empty", [1], [0, 0]), dispatch("full", [1], [1, 1]), dispatch("empty", [1], [0, 0], 256)]);
    expect(log.map(([name]) => name)).toEqual(["setPipeline", "setBindGroup", "setImmediates", "dispatchWorkgroups"]);
    expect(log[0]![1]).toBe("full pipeline");
  });

  test("a hundred dispatches replayed ten times are four thousand calls", () => {
    const { pass, log } = stub();
    const all = Array.from({ length: 100 }, (_, i) => dispatch(`${i}`, [i], [1, 1]));
    for (let run = 0; run < 10; run++) record(pass, all);
    expect(log.length).toBe(4000);
  });
});
