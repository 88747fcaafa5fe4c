// What of a program outlives a run: constants that programs share, state updated in place; and params, and runs that queue up.
import { download, KernelError, program, tensor, upload } from "@tilewright/runtime";
import { laneDevice } from "@tilewright/testing/gpu";
import { describe, expect, test } from "vitest";
import { axpy } from "./kernels.ts";
import { sumRows } from "./sum-rows.ts";

const device = await laneDevice();
const numbers = (data: ArrayLike<number>): number[] => Array.from(data);
const vector = (n: number) => ({ shape: [n], dtype: "f32" }) as const;

describe("GPU tensors as constants", () => {
  test("two programs share one: what the first updates, the second reads", async () => {
    const weights = upload(device, tensor([1, 2, 3, 4], [2, 2]));
    const train = program(device);
    const step = await train.compile({
      w: train.call(
        axpy,
        { x: train.input("gradient", { shape: [2, 2], dtype: "f32" }), y: train.constant(weights) },
        { alpha: -1 },
      ),
    });
    const evaluate = program(device);
    const score = await evaluate.compile({ y: evaluate.call(sumRows, { x: evaluate.constant(weights) }) });
    expect(numbers((await score.run()).y.data)).toEqual([3, 7]);
    await step.run({ gradient: tensor([1, 1, 0, 0], [2, 2]) });
    expect(numbers((await score.run()).y.data)).toEqual([1, 7]);
    step.destroy();
    train.destroy(); // frees what the program uploaded, not what it was given
    expect(numbers((await score.run()).y.data)).toEqual([1, 7]);
  });

  test("state in place persists from run to run, and may have started on the host", async () => {
    const p = program(device);
    const total = p.constant(tensor([100, 0]));
    const net = await p.compile({ total: p.call(axpy, { x: p.input("x", vector(2)), y: total }) });
    const seen: number[][] = [];
    for (const x of [1, 2, 3]) seen.push(numbers((await net.run({ x: tensor([x, 10 * x]) })).total.data));
    expect(seen).toEqual([
      [101, 10],
      [103, 30],
      [106, 60],
    ]);
  });

  test("a call that only updates state is kept although no output needs it", async () => {
    const count = upload(device, tensor([0]));
    const p = program(device);
    const one = p.input("one", vector(1));
    p.call(axpy, { x: one, y: p.constant(count) });
    const net = await p.compile({ one });
    for (let i = 0; i < 4; i++) await net.run({ one: tensor([1]) });
    expect(numbers((await download(device, count)).data)).toEqual([4]);
  });

  test("read and written by one call: refused, with both names", async () => {
    const shared = upload(device, tensor([1, 2]));
    const p = program(device);
    const y = p.call(axpy, { x: p.constant(shared), y: p.constant(shared) });
    await expect(p.compile({ y })).rejects.toThrow(/axpy: x and y share a buffer/);
  });
});

describe("params", () => {
  const counted = async (p = program(device)) => {
    const x = p.input("x", vector(5));
    const n = p.param("length", 5);
    return p.compile({
      y: p.call(axpy, { x, y: p.call(axpy, { x, y: p.input("y", vector(5)) }, {}, { dynamic: { n } }) }, { alpha: 10 }),
    });
  };
  const inputs = { x: tensor([1, 1, 1, 1, 1]), y: tensor([0, 0, 0, 0, 0]) };

  test("one may change from run to run, and is its maximum when not given", async () => {
    const net = await counted();
    const run = async (length?: number) => numbers((await net.run(inputs, length === undefined ? {} : { length })).y.data);
    expect(await run(2)).toEqual([11, 11, 10, 10, 10]);
    expect(await run()).toEqual([11, 11, 11, 11, 11]);
    expect(await run(0)).toEqual([10, 10, 10, 10, 10]);
  });

  test("above its maximum it is refused, and the next run is right", async () => {
    const net = await counted();
    const error = await net.run(inputs, { length: 6 }).catch((cause) => cause);
    expect(error).toBeInstanceOf(KernelError);
    expect(error.code).toBe("shape");
    expect(error.message).toMatch(/n is 6; it was planned as at most 5/);
    expect(numbers((await net.run(inputs, { length: 1 })).y.data)).toEqual([11, 10, 10, 10, 10]);
  });

  test("two records of one net in one pass have each its own", async () => {
    const p = program(device);
    const total = upload(device, tensor([0]));
    p.call(axpy, { x: p.constant(tensor([1])), y: p.constant(total) }, {}, { dynamic: { alpha: p.param("rate", 1e6) } });
    const net = await p.compile({});
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const rate of [3, 40, 500]) net.record(pass, { rate });
    pass.end();
    device.queue.submit([encoder.finish()]);
    expect(numbers((await download(device, total)).data)).toEqual([543]);
  });

  // Beyond what the shapes hold a kernel would read past its tensors' ends.
  test("a maximum beyond the shapes is refused, as a plan's is", async () => {
    const p = program(device);
    const attempt = async () =>
      p.compile({
        y: p.call(axpy, { x: p.input("x", vector(5)), y: p.input("y", vector(5)) }, {}, { dynamic: { n: p.param("n", 6) } }),
      });
    await expect(attempt()).rejects.toThrow(/axpy: n can be 6, but the shapes hold 5/);
  });

  test("what the kernel cannot change is refused, as in a plan", async () => {
    const p = program(device);
    const attempt = async () =>
      p.compile({
        y: p.call(sumRows, { x: p.input("x", { shape: [2, 2], dtype: "f32" }) }, {}, { dynamic: { rows: p.param("r", 2) } }),
      });
    await expect(attempt()).rejects.toThrow(/sumRows: rows cannot change from call to call/);
  });
});

describe("run", () => {
  const made = async () => {
    const p = program(device);
    return p.compile({ y: p.call(sumRows, { x: p.input("x", { shape: [1, 3], dtype: "f32" }) }) });
  };

  test("runs at the same time queue up, each with its own inputs", async () => {
    const net = await made();
    const all = await Promise.all([1, 2, 3, 4].map((v) => net.run({ x: tensor([v, v, v], [1, 3]) })));
    expect(all.map(({ y }) => y.data[0])).toEqual([3, 6, 9, 12]);
  });

  test("one that fails does not stop those behind it", async () => {
    const net = await made();
    const [bad, good] = await Promise.allSettled([net.run({}), net.run({ x: tensor([1, 2, 3], [1, 3]) })]);
    expect(bad.status).toBe("rejected");
    expect(good).toMatchObject({ status: "fulfilled", value: { y: { shape: [1] } } });
  });

  test.for<[string, object, RegExp, string]>([
    ["missing", {}, /program: input "x" is missing/, "shape"],
    ["of another shape", { x: tensor([1, 2, 3]) }, /input "x" is \[3\].*declared \[1,3\]/, "shape"],
    ["shorter than its shape", { x: { data: [1, 2], shape: [1, 3] } }, /input "x" .*2 elements/, "shape"],
    ["of another dtype", { x: { data: Int32Array.of(1, 2, 3), shape: [1, 3] } }, /input "x" is i32.*f32/, "dtype"],
    ["f16 for f32", { x: { data: Uint16Array.of(0, 0, 0), shape: [1, 3], dtype: "f16" } }, /input "x" is f16.*f32/, "dtype"],
  ])("an input that is %s", async ([, inputs, text, code]) => {
    const error = await (await made()).run(inputs as never).catch((cause) => cause);
    expect(error).toBeInstanceOf(KernelError);
    expect(error.message).toMatch(text);
    expect(error.code).toBe(code);
  });

  test("plain numbers become the declared dtype", async () => {
    const p = program(device);
    const net = await p.compile({ y: p.call(sumRows, { x: p.input("x", { shape: [1, 3], dtype: "f16" }) }) });
    expect((await net.run({ x: { data: [0.5, 1, 2], shape: [1, 3] } })).y.data[0]).toBe(3.5);
  });
});
