// Layers on the GPU: every call within its kernel's bound, and the same numbers as the CPU run.
import {
  activation,
  averagePool2d,
  batchNorm,
  compare,
  conv2d,
  dense,
  embedding,
  feedForward,
  flatten,
  globalAveragePool2d,
  layer,
  layerNorm,
  maxPool2d,
  multiHeadAttention,
  read,
  residual,
  rmsNorm,
  type Sequential,
  sequential,
  transformerLayer,
} from "@tilewright/models";
import {
  defineKernel,
  type HostTensor,
  type Result,
  sizeOf,
  type TensorType,
  tensor,
  type Value,
  write,
} from "@tilewright/runtime";
import { fill } from "@tilewright/runtime/cases";
import { lane, laneDevice } from "@tilewright/testing/gpu";
import { expect, test } from "vitest";

const device = await laneDevice();

/** On both, and call by call. The bound of the whole is loose: each call's own is what counts. */
async function both(model: Sequential, x: HostTensor): Promise<Result> {
  const { ok, first, calls } = await compare(model, { x }, { device });
  expect(first).toBeUndefined();
  expect(ok).toBe(true);
  expect(calls.length).toBeGreaterThan(0);
  const [gpu, cpu] = [await model.run({ x }, { device }), await model.run({ x }, { on: "cpu" })];
  expect(gpu.y.shape).toEqual(cpu.y.shape);
  const scale = Math.max(...Array.from(cpu.y.data, Math.abs));
  expect(scale).toBeGreaterThan(0);
  for (let i = 0; i < cpu.y.data.length; i++) expect(Math.abs(gpu.y.data[i]! - cpu.y.data[i]!)).toBeLessThan(1e-4 * scale);
  return gpu.y;
}

test("convolutions, pools, batch norm and dense layers", async () => {
  const model = sequential([
    conv2d(4, 3, { padding: 1, activation: "relu" }),
    residual([conv2d(4, 1)]),
    batchNorm(),
    maxPool2d(2),
    averagePool2d(2, { strides: 1 }),
    flatten(),
    dense(5, { activation: "softmax" }),
  ]);
  const y = await both(model, fill("uniform", [2, 1, 8, 8], "f32", 1));
  expect(y.shape).toEqual([2, 5]);
  model.destroy();
});

test("channels last, and a mean of each channel", async () => {
  const model = sequential([conv2d(4, 3, { layout: "nhwc", filter: "hwio" }), globalAveragePool2d({ layout: "nhwc" })]);
  const y = await both(model, fill("uniform", [1, 6, 6, 4], "f32", 2));
  expect(y.shape).toEqual([1, 4]);
  model.destroy();
});

test("embedding, grouped causal attention, gated feed-forward, RMS norm", async () => {
  const model = sequential([
    embedding(20, 16, { init: (shape) => fill("uniform", shape, "f32", 3).data as Float32Array }),
    residual([layerNorm(), multiHeadAttention({ heads: 4, kvHeads: 2, causal: true })]),
    residual([rmsNorm(), feedForward(24, { activation: "silu", gated: true })]),
    activation("tanh"),
  ]);
  await both(model, tensor(new Uint32Array([1, 5, 19, 0, 7, 3]), [2, 3]));
  model.destroy();
});

test("cross-attention reads its context, and a mask hides keys", async () => {
  const cross = multiHeadAttention({ heads: 2 });
  const model = sequential([
    layer("cross", (scope, x: Value) => {
      const context = scope.tape.constant(fill("uniform", [1, 5, 8], "f32", 9));
      const mask = scope.tape.constant(tensor(new Uint32Array([1, 1, 0, 1, 0]), [1, 1, 1, 5]));
      return scope.run("attention", cross, x, { context, mask });
    }),
  ]);
  const y = await both(model, fill("uniform", [1, 3, 8], "f32", 4));
  expect(y.shape).toEqual([1, 3, 8]);
  model.destroy();
});

test("an encoder layer of s128 d256 h4 ff1024 takes at most 10 dispatches", async () => {
  const model = sequential([transformerLayer({ attention: { heads: 4 }, hidden: 1024 })]);
  const net = await model.compile(device, { x: { shape: [1, 128, 256], dtype: "f32" } });
  expect(net.dispatches.length).toBeLessThanOrEqual(10);
  expect(net.dispatches.length).toBeGreaterThanOrEqual(9);
  net.destroy();
  model.destroy();
});

test("parameters lie on the GPU once, and change in place for every program", async () => {
  const model = sequential([dense(1, { bias: false })]);
  const x = tensor([1, 2], [1, 2]);
  model.build({ x });
  const weight = model.parameters.get("0.weight")!;
  weight.value = tensor([3, 4], [1, 2]);
  const net = await model.compile(device, { x });
  const other = await model.compile(device, { x: { shape: [2, 2], dtype: "f32" } });
  const placed = weight.value as unknown as { buffer: GPUBuffer } & TensorType;
  expect(placed.buffer).toBeDefined();
  expect((await net.run({ x })).y.data[0]).toBe(11);
  write(device, placed, tensor([5, 6], [1, 2]));
  expect((await net.run({ x })).y.data[0]).toBe(17);
  expect(Array.from((await other.run({ x: tensor([1, 0, 0, 1], [2, 2]) })).y.data)).toEqual([5, 6]);
  expect(Array.from((await read(weight)).data)).toEqual([5, 6]);
  expect((await model.run({ x }, { on: "cpu" })).y.data[0]).toBe(17);
  net.destroy();
  other.destroy();
  model.destroy();
});

test("compare names the first layer whose numbers are wrong", async () => {
  const text = (factor: string) => `
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) { if (id.x < p.n) { store_y(id.x, ${factor} * load_x(id.x)); } }
`;
  /** Promises 2x; gives 2.001x. */
  const wrong = defineKernel({
    name: "wrong",
    operands: { x: "in", y: "out" },
    params: { n: "u32" },
    resolve: ({ x }) => ({ params: { n: x.shape.reduce((a, b) => a * b, 1) }, spec: {}, outputs: { y: x } }),
    variants: [
      {
        name: "only",
        tiles: [{}],
        needs: () => ({ invocations: 64 }),
        when: () => true,
        workgroups: ({ params: { n } }) => Math.ceil(n / 64),
        wgsl: () => text("2.001"),
      },
    ],
    proof: async () => ({
      reference: (_, { x }) => ({ y: Float64Array.from(x, (v) => 2 * v) }),
      bound: (_, __, { y }) => ({ y: y.map((v) => Math.abs(v) * 2 ** -22) }),
    }),
    cost: ({ types }) => ({ flops: 0, bytes: sizeOf(types["x"]!) }),
  });
  const model = sequential({
    first: dense(4),
    odd: layer("doubled", ({ tape }, x: Value) => tape.call(wrong, { x })),
    last: dense(3),
  });
  const { ok, first, calls } = await compare(model, { x: fill("uniform", [2, 5], "f32", 1) }, { device });
  expect(ok).toBe(false);
  expect(first).toMatchObject({ layer: "odd", kind: "doubled", kernel: "wrong", operand: "y" });
  expect(calls.map(({ layer, ratio }) => [layer, ratio <= 1])).toEqual([
    ["first", true],
    ["odd", false],
    ["last", true],
  ]);
  model.destroy();
});

test("runs of different shapes at once each give their own, and the caller's arrays are his again", async () => {
  const model = sequential([dense(2, { bias: false })]);
  model.build({ x: { shape: [1, 2], dtype: "f32" } });
  model.parameters.get("0.weight")!.value = tensor([1, 0, 0, 1], [2, 2]);
  const data = new Float32Array([1, 2]);
  const runs = [
    model.run({ x: tensor(data, [1, 2]) }, { device }),
    model.run({ x: tensor([3, 4, 5, 6], [2, 2]) }, { device }),
    model.run({ x: tensor([7, 8], [1, 2]) }, { device }),
  ];
  data.fill(9);
  expect((await Promise.all(runs)).map(({ y }) => Array.from(y.data))).toEqual([
    [1, 2],
    [3, 4, 5, 6],
    [7, 8],
  ]);
  model.destroy();
});

test("attention over a cache that is updated in place is compared too", async () => {
  const attend = multiHeadAttention({ heads: 2, causal: true });
  const model = sequential([
    layer("cached", (scope, x: Value) => {
      const { tape } = scope;
      const past = (seed: number) => tape.constant(fill("uniform", [1, 2, 6, 4], "f32", seed));
      const cache = { k: past(1), v: past(2), position: tape.param("position", 4), length: tape.param("length", 6) };
      return scope.run("attention", attend, x, { cache });
    }),
  ]);
  const x = fill("uniform", [1, 2, 8], "f32", 3);
  const { first, calls } = await compare(model, { x }, { device });
  expect(first).toBeUndefined();
  expect(calls.map(({ kernel }) => kernel)).toEqual(["matmul", "matmul", "matmul", "kvAppend", "attention", "matmul"]);
  const [gpu, cpu] = [await model.run({ x }, { device }), await model.run({ x }, { on: "cpu" })];
  for (let i = 0; i < 16; i++) expect(gpu.y.data[i]).toBeCloseTo(cpu.y.data[i]!, 4);
  model.destroy();
});

test("without a device a browser's own is used; Node says how to get one", async () => {
  const model = sequential([dense(2, { bias: false })]);
  const run = model.run({ x: tensor([1, 2], [1, 2]) });
  if (lane === "node") await expect(run).rejects.toThrow(/runtime\/node/);
  else expect((await run).y.shape).toEqual([1, 2]);
  model.destroy();
});
