// Programs: the same numbers as composed calls, in shared memory, with state that stays and params that change.
import { download, type HostTensor, program, tensor } from "@tilewright/runtime";
import { random } from "@tilewright/runtime/cases";
import { laneDevice } from "@tilewright/testing/gpu";
import { describe, expect, test, vi } from "vitest";
import { axpy, dense, minmax } from "./kernels.ts";
import { sumRows } from "./sum-rows.ts";

const device = await laneDevice();
const numbers = (data: ArrayLike<number>): number[] => Array.from(data);

/** Whole numbers from -3 to 3. */
function whole(shape: number[], seed: number): HostTensor {
  const next = random(seed);
  return tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.floor(next() * 7) - 3),
    shape,
  );
}

const [w1, b1, w2, b2, w3] = [whole([20, 33], 1), whole([33], 2), whole([33, 5], 3), whole([5], 4), whole([5, 33], 7)];

test("a network of three layers, narrow and wide, gives what its calls give one by one", async () => {
  const p = program(device);
  const x = p.input("x", { shape: [7, 20], dtype: "f32" });
  const h = p.call(dense, { x, w: p.constant(w1), b: p.constant(b1) });
  const y = p.call(dense, { x: h, w: p.constant(w2), b: p.constant(b2) });
  expect(y).toMatchObject({ shape: [7, 5], dtype: "f32", from: "call" });
  expect(p.calls.length).toBe(2);
  const z = p.call(dense, { x: y, w: p.constant(w3), b: p.constant(b1) });
  const sums = p.call(sumRows, { x: z }); // with scratch
  const net = await p.compile({ sums, h });
  for (const seed of [5, 6]) {
    const input = whole([7, 20], seed);
    const one = await dense.run({ x: input, w: w1, b: b1 }, {}, { device });
    const two = await dense.run({ x: one, w: w2, b: b2 }, {}, { device });
    const three = await dense.run({ x: two, w: w3, b: b1 }, {}, { device });
    const four = await sumRows.run({ x: three }, {}, { device });
    const got = await net.run({ x: input });
    expect(numbers(got.h.data)).toEqual(numbers(one.data));
    expect(numbers(got.sums.data)).toEqual(numbers(four.data));
    expect(Math.max(...numbers(got.sums.data))).toBeGreaterThan(0);
  }
  net.destroy();
  p.destroy();
});

test("net.record goes into the caller's pass, from inputs that the caller wrote", async () => {
  const p = program(device);
  const x = p.input("x", { shape: [2, 64], dtype: "f32" });
  const net = await p.compile({ y: p.call(sumRows, { x }) });
  device.queue.writeBuffer(net.inputs["x"]!.buffer, 0, new Float32Array(128).fill(2));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  net.record(pass);
  pass.end();
  device.queue.submit([encoder.finish()]);
  expect(numbers((await download(device, net.outputs.y)).data)).toEqual([128, 128]);
  expect(net.dispatches.map(({ label }) => label)).toEqual(["sumRows/chunked", "sumRows/chunked"]);
});

describe("a program's tape", () => {
  test("shapes are checked at the call, and nothing is added", () => {
    const p = program(device);
    const x = p.input("x", { shape: [7, 21], dtype: "f32" });
    expect(() => p.call(dense, { x, w: p.constant(w1), b: p.constant(b1) })).toThrow(/dense: x is \[7,21\], w \[20,33\]/);
    expect(p.calls.length).toBe(0);
    expect(() => p.input("x", { shape: [1], dtype: "f32" })).toThrow(/already an input "x"/);
  });

  test("calls that no output needs are left out", async () => {
    const p = program(device);
    const x = p.input("x", { shape: [3, 4], dtype: "f32" });
    const sums = p.call(sumRows, { x });
    const { high } = p.call(minmax, { x: sums });
    p.call(minmax, { x: p.call(sumRows, { x }) }, { where: true }); // nobody asks for it
    const net = await p.compile({ high });
    expect(net.dispatches.map(({ label }) => label)).toEqual(["sumRows/plain", "minmax/plain"]);
    expect(numbers((await net.run({ x: tensor([1, 1, 1, 1, 5, 5, 5, 5, 2, 2, 2, 2], [3, 4]) })).high.data)).toEqual([20]);
  });

  test("inputs and constants may be outputs", async () => {
    const p = program(device);
    const x = p.input("x", { shape: [2], dtype: "f32" });
    const c = p.constant(tensor([7]));
    const net = await p.compile({ same: x, c, high: p.call(minmax, { x }).high });
    const got = await net.run({ x: tensor([4, 3]) });
    expect([got.same, got.c, got.high].map(({ data }) => numbers(data))).toEqual([[4, 3], [7], [4]]);
  });

  test("pipelines compile together and progress reaches the total", async () => {
    const p = program(device);
    const x = p.input("x", { shape: [3, 40], dtype: "f32" });
    const y = p.call(sumRows, { x });
    const seen: [number, number][] = [];
    await p.compile(
      { a: p.call(minmax, { x: y }).low, b: p.call(minmax, { x: y }, { where: true }).high },
      { onProgress: (...at) => seen.push(at) },
    );
    expect(seen).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });
});

describe("memory", () => {
  test("a long chain takes two values' room, and is right", async () => {
    const n = 512;
    const identity = Float32Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0));
    const p = program(device);
    const layers = 12;
    const [w, b] = [p.constant(tensor(identity, [n, n])), p.constant(tensor(new Float32Array(n).fill(1)))];
    const x = p.input("x", { shape: [2, n], dtype: "f32" });
    let h = x;
    for (let i = 0; i < layers; i++) h = p.call(dense, { x: h, w, b }); // one more each
    const net = await p.compile({ h });
    const { arena, unshared, inputs, constants } = net.memory();
    const one = 2 * n * 4;
    expect(unshared).toBe(layers * one);
    expect(arena).toEqual([one, one]);
    expect([inputs, constants]).toEqual([one, n * n * 4 + n * 4]);
    const { h: out } = await net.run({ x: tensor(new Float32Array(2 * n), [2, n]) });
    expect(new Set(numbers(out.data))).toEqual(new Set([layers]));
  });

  // WebGPU refuses a buffer that one dispatch reads and writes: largest first, these would share one.
  test("what a call reads lies apart from what it writes: a wider output, and scratch", async () => {
    const wide = program(device);
    const narrow = wide.call(dense, {
      x: wide.input("x", { shape: [7, 33], dtype: "f32" }),
      w: wide.constant(w2),
      b: wide.constant(b2),
    });
    const one = await wide.compile({ y: wide.call(dense, { x: narrow, w: wide.constant(w3), b: wide.constant(b1) }) });
    expect(one.memory().arena.length).toBe(2);
    const long = program(device);
    const row = long.call(dense, {
      x: long.input("x", { shape: [7, 20], dtype: "f32" }),
      w: long.constant(w1),
      b: long.constant(b1),
    });
    const two = await long.compile({ y: long.call(sumRows, { x: row }) });
    expect(two.memory().arena.length).toBe(2);
  });

  test("scratch is shared too, and values that stay alive are not written over", async () => {
    const p = program(device);
    const x = p.input("x", { shape: [64, 100], dtype: "f32" });
    const sums = (fill: number) => p.call(sumRows, { x: p.constant(tensor(new Float32Array(6400).fill(fill), [64, 100])) });
    const first = sums(7);
    const early = p.call(sumRows, { x });
    let total = sums(0);
    for (let i = 1; i <= 5; i++) total = p.call(axpy, { x: sums(i), y: total });
    const net = await p.compile({ total: p.call(axpy, { x: early, y: total }, { alpha: 1000 }), first });
    const { arena, unshared } = net.memory();
    expect(unshared).toBe(8 * 64 * 4 * (1 + 4)); // eight sums, each with four chunks a row
    expect(arena.reduce((a, b) => a + b, 0)).toBeLessThan(unshared / 2);
    const out = await net.run({ x: tensor(new Float32Array(6400).fill(1), [64, 100]) });
    expect(new Set(numbers(out.total.data))).toEqual(new Set([101_500]));
    expect(new Set(numbers(out.first.data))).toEqual(new Set([700])); // an output lives to the end
  });

  test("a second run makes nothing on the GPU", async () => {
    const p = program(device);
    const x = p.input("x", { shape: [4, 50], dtype: "f32" });
    const alpha = p.param("alpha", 9);
    const y = p.call(axpy, { x: p.call(sumRows, { x }), y: p.constant(tensor([0, 0, 0, 0])) }, {}, { dynamic: { alpha } });
    const net = await p.compile({ y });
    const input = tensor(new Float32Array(200).fill(1), [4, 50]);
    const names = [
      "createBuffer",
      "createBindGroup",
      "createBindGroupLayout",
      "createShaderModule",
      "createComputePipelineAsync",
    ] as const;
    const spies = names.map((name) => vi.spyOn(device, name as "createBuffer"));
    const made = () => spies.map(({ mock }) => mock.calls.length);
    await net.run({ x: input }, { alpha: 1 });
    expect(made()).toEqual([1, 0, 0, 0, 0]); // a buffer to read back through
    const got = await net.run({ x: input }, { alpha: 2 });
    expect(made()).toEqual([1, 0, 0, 0, 0]);
    for (const spy of spies) spy.mockRestore();
    expect(numbers(got.y.data)).toEqual([150, 150, 150, 150]);
  });
});

test("a reshaped value is the same memory in another shape: of an input, a constant, a call and an output, and updated in place", async () => {
  const p = program(device);
  const [w, given, state] = [whole([20, 6], 1), whole([2, 30], 2), whole([3, 6], 3)];
  const x = p.reshape(p.input("x", { shape: [2, 30], dtype: "f32" }), [3, 20]);
  const h = p.call(dense, { x, w: p.constant(w), b: p.constant(tensor(new Float32Array(6))) });
  const twice = p.reshape(p.reshape(h, [18]), [6, 3]);
  const y = p.constant(state);
  p.call(axpy, { x: twice, y: p.reshape(y, [6, 3]) });
  const sums = p.call(sumRows, { x: p.reshape(y, [2, 9]) });
  const net = await p.compile({ twice, flat: p.reshape(sums, [1, 2]) });
  const got = await net.run({ x: given });
  const one = await dense.run({ x: { ...given, shape: [3, 20] }, w, b: tensor(new Float32Array(6)) }, {}, { device });
  expect([got.twice.shape, got.flat.shape]).toEqual([
    [6, 3],
    [1, 2],
  ]);
  expect(numbers(got.twice.data)).toEqual(numbers(one.data));
  const total = numbers(one.data).map((v, i) => v + numbers(state.data as Float32Array)[i]!);
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  expect(numbers(got.flat.data)).toEqual([sum(total.slice(0, 9)), sum(total.slice(9))]);
  expect(() => p.reshape(h, [5])).toThrow(/18 elements/);
  net.destroy();
  p.destroy();
});
