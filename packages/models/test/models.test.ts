// Layers and models without a GPU: shapes, parameters, summaries, and the CPU run.
import {
  activation,
  averagePool2d,
  batchNorm,
  bert,
  cnnMnist,
  conv2d,
  dense,
  dropout,
  embedding,
  feedForward,
  flatten,
  layer,
  layerNorm,
  lenet5,
  maxPool2d,
  mlp,
  multiHeadAttention,
  read,
  residual,
  rmsNorm,
  sequential,
} from "@tilewright/models";
import { decode, type Result, tensor } from "@tilewright/runtime";
import { fill } from "@tilewright/runtime/cases";
import { expect, test } from "vitest";

const numbers = async (p: Parameters<typeof read>[0]) => Array.from(decode(await read(p)));
const part = (y: Result, from: number, to?: number) => Array.from(y.data).slice(from, to);
const f32 = (...shape: number[]) => ({ shape, dtype: "f32" as const });

test("a dense layer on the cpu is x · Wᵀ + b", async () => {
  const model = sequential([dense(2, { activation: "relu" })]);
  const x = tensor([1, 2, 3, -1, -2, -3], [2, 3]);
  model.build({ x });
  expect([...model.parameters.keys()]).toEqual(["0.weight", "0.bias"]);
  model.parameters.get("0.weight")!.value = tensor([1, 0, 1, 0.5, 0.5, 0.5], [2, 3]);
  model.parameters.get("0.bias")!.value = tensor([10, -1], [2]);
  const { y } = await model.run({ x }, { on: "cpu" });
  expect(y.shape).toEqual([2, 2]);
  expect(Array.from(y.data)).toEqual([14, 2, 6, 0]);
});

test("parameters are made from their name and the seed alone, and softmax rows add up to 1", async () => {
  const x = fill("uniform", [4, 1, 28, 28], "f32", 1);
  const [one, same, other] = [cnnMnist(), cnnMnist(), cnnMnist({ seed: 1 })];
  for (const model of [one, same, other]) model.build({ x: { shape: [1, 1, 28, 28], dtype: "f32" } });
  const [a, b, c] = await Promise.all([one, same, other].map((model) => numbers(model.parameters.get("dense.weight")!)));
  expect(a).toEqual(b);
  expect(a).not.toEqual(c);
  const limit = Math.sqrt(6 / (5408 + 10));
  expect(Math.max(...a!)).toBeLessThanOrEqual(limit);
  expect(Math.max(...a!)).toBeGreaterThan(0.9 * limit);
  const { y } = await one.run({ x }, { on: "cpu" });
  for (let row = 0; row < 4; row++) expect(part(y, 10 * row, 10 * row + 10).reduce((s, v) => s + v, 0)).toBeCloseTo(1, 6);
});

test("a summary has the layers' output shapes and parameter counts", () => {
  expect(cnnMnist().summary({ x: { shape: [32, 1, 28, 28], dtype: "f32" } })).toMatchInlineSnapshot(`
    "cnnMnist
    layer    kind       output         parameters
    conv     conv2d     [32,32,26,26]         320
    pool     maxPool2d  [32,32,13,13]           0
    flatten  flatten    [32,5408]               0
    dense    dense      [32,10]            54,090
    54,410 parameters"
  `);
  expect(lenet5().summary({ x: { shape: [1, 1, 28, 28], dtype: "f32" } })).toContain("61,706 parameters");
  expect(() => mlp({ units: [3, 2] }).summary()).toThrow(/not built yet/);
  // Every parameter stands in one row, shared ones too.
  const sizes = { vocab_size: 30, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 4, intermediate_size: 20 };
  const rows = bert({ ...sizes, max_position_embeddings: 12, type_vocab_size: 2 }, { head: "pretraining" })
    .summary()
    .split("\n");
  const number = (text: string) => Number(text.replaceAll(",", ""));
  const sum = rows.slice(2, -1).reduce((all, row) => all + number(row.match(/[\d,]+$/)![0]), 0);
  expect(sum).toBe(number(rows.at(-1)!.match(/^[\d,]+/)![0]));
  expect(sum).toBe(
    16 * (30 + 12 + 2) + 32 + 2 * (4 * (16 * 16 + 16) + 32 + 2 * 16 * 20 + 20 + 16 + 32) + 272 + 272 + 32 + 30 + 34,
  );
});

test("a model keeps the sizes that it was built with, and a build that fails leaves nothing", () => {
  const model = mlp({ units: [8, 3] });
  expect(() => model.build({ x: { shape: [3], dtype: "f32" } })).toThrow(/rank 2/);
  expect(model.parameters.size).toBe(0);
  model.build({ x: { shape: [2, 5], dtype: "f32" } });
  expect(() => model.build({ x: { shape: [2, 6], dtype: "f32" } })).toThrow(/0\.weight: it is \[8,5\]/);
});

test("layers infer the shapes of the field's layers, and share what has one name", () => {
  const shape = (of: ReturnType<typeof sequential>, x: number[], dtype: "f32" | "u32" = "f32") => {
    const { outputs } = of.build({ x: { shape: x, dtype } });
    return outputs.y.shape;
  };
  expect(
    shape(sequential([conv2d(8, [3, 5], { strides: 2, padding: 1 }), maxPool2d(3, { strides: 2 })]), [2, 4, 20, 21]),
  ).toEqual([2, 8, 4, 4]);
  expect(
    shape(sequential([conv2d(8, 3, { layout: "nhwc", padding: "same-upper", groups: 2 }), flatten()]), [2, 6, 6, 4]),
  ).toEqual([2, 6 * 6 * 8]);
  expect(shape(sequential([embedding(50, 12), dropout(0.1), layerNorm(), rmsNorm()]), [3, 7], "u32")).toEqual([3, 7, 12]);
  expect(shape(sequential([multiHeadAttention({ heads: 6, kvHeads: 2, headSize: 4, causal: true })]), [2, 5, 20])).toEqual([
    2, 5, 20,
  ]);
  expect(shape(sequential([feedForward(32, { activation: "silu", gated: true }), batchNorm({ axis: -1 })]), [2, 5, 20])).toEqual([
    2, 5, 20,
  ]);
  const twice = layer("twice", (scope, x: Parameters<typeof scope.tape.reshape>[0]) =>
    scope.run("same", dense(4), scope.run("same", dense(4), x)),
  );
  const model = sequential([twice]);
  expect(shape(model, [1, 4])).toEqual([1, 4]);
  expect([...model.parameters.keys()]).toEqual(["0.same.weight", "0.same.bias"]);
  expect(model.summary()).toContain("\n20 parameters");
});

test("a convolution of few channels goes ahead with the pool behind it, as if it had not", async () => {
  const kernels = (model: ReturnType<typeof sequential>, shape: number[]) =>
    model.build({ x: f32(...shape) }).tape.calls.map(({ kernel }) => kernel.name);
  expect(kernels(cnnMnist(), [2, 1, 28, 28])).toEqual(["convMaxPool", "matmul", "softmax"]);
  const two = (pool: ReturnType<typeof maxPool2d>, options = {}) =>
    sequential([conv2d(4, 3, { activation: "relu", ...options }), pool]);
  expect(kernels(two(maxPool2d([2, 1])), [2, 1, 9, 8])).toEqual(["convMaxPool"]);
  expect(kernels(two(maxPool2d(2, { layout: "nhwc" }), { layout: "nhwc", padding: 1 }), [2, 9, 8, 1])).toEqual(["convMaxPool"]);
  for (const pool of [maxPool2d(3, { strides: 2 }), maxPool2d(2, { padding: 1 }), maxPool2d(2, { ceil: true }), averagePool2d(2)])
    expect(kernels(two(pool), [2, 1, 9, 8])[0]).toBe("conv");
  expect(kernels(two(maxPool2d(2)), [2, 8, 9, 9])).toEqual(["conv", "maxPool"]);
  expect(kernels(sequential([two(maxPool2d(2)), maxPool2d(2)]), [2, 1, 12, 12])).toEqual(["convMaxPool", "maxPool"]);

  const x = fill("uniform", [2, 1, 9, 8], "f32", 3);
  const model = sequential({ conv: conv2d(4, 3, { padding: 1, activation: "relu" }), pool: maxPool2d(2) });
  const apart = sequential({ conv: conv2d(4, 3, { padding: 1 }), relu: activation("relu"), pool: maxPool2d(2) });
  expect(kernels(apart, [...x.shape])).toEqual(["conv", "relu", "maxPool"]);
  const [{ y }, { y: same }] = [await model.run({ x }, { on: "cpu" }), await apart.run({ x }, { on: "cpu" })];
  expect(y).toEqual(same);
  expect([...model.parameters.keys()]).toEqual([...apart.parameters.keys()]);
});

test("a residual is x plus what the layers give, added by the last layer where it can", async () => {
  const x = fill("uniform", [2, 4], "f32", 3);
  const fused = sequential([residual([dense(4)])]);
  const plain = sequential([residual([dense(4), activation("tanh")])]);
  expect(fused.build({ x: f32(2, 4) }).tape.calls.map(({ kernel }) => kernel.name)).toEqual(["matmul"]);
  expect(plain.build({ x: f32(2, 4) }).tape.calls.map(({ kernel }) => kernel.name)).toEqual(["matmul", "tanh", "add"]);
  for (const model of [fused, plain]) {
    const inner = model === fused ? sequential([dense(4)]) : sequential([dense(4), activation("tanh")]);
    inner.build({ x: f32(2, 4) });
    for (const [name, parameter] of inner.parameters) parameter.value = await read(model.parameters.get(`0.${name}`)!);
    const [{ y }, { y: f }] = [await model.run({ x }, { on: "cpu" }), await inner.run({ x }, { on: "cpu" })];
    for (let i = 0; i < 8; i++) expect(y.data[i]).toBeCloseTo(f.data[i]! + (x.data as Float32Array)[i]!, 6);
  }
});

test("causal attention does not see what comes later", async () => {
  const model = sequential([multiHeadAttention({ heads: 2, causal: true })]);
  const x = fill("uniform", [1, 4, 8], "f32", 5);
  const changed = { ...x, data: Float32Array.from(x.data as Float32Array, (v, i) => (i < 24 ? v : -v)) };
  const [{ y: a }, { y: b }] = [await model.run({ x }, { on: "cpu" }), await model.run({ x: changed }, { on: "cpu" })];
  expect(part(a, 0, 24)).toEqual(part(b, 0, 24));
  expect(part(a, 24)).not.toEqual(part(b, 24));
});

test("a run takes the inputs as they are when it is called", async () => {
  const model = sequential([dense(3)]);
  const x = fill("uniform", [2, 4], "f32", 5);
  const { y: a } = await model.run({ x }, { on: "cpu" });
  const later = model.run({ x }, { on: "cpu" });
  (x.data as Float32Array).fill(7);
  expect(part((await later).y, 0)).toEqual(part(a, 0));
});

test("mistakes are said where they are made", async () => {
  expect(() => activation("swoosh" as never)).toThrow(/there is no activation/);
  expect(() => dropout(1)).toThrow(/rate/);
  expect(() => sequential([conv2d(2, 3)]).build({ x: { shape: [3, 3], dtype: "f32" } })).toThrow(/conv2d: x is \[3,3\]/);
  expect(() => sequential([multiHeadAttention({ heads: 3 })]).build({ x: { shape: [1, 2, 8], dtype: "f32" } })).toThrow(
    /heads must divide/,
  );
  await expect(mlp({ units: [2] }).run({ x: tensor([1, 2], [1, 2]) })).rejects.toThrow(/requestDevice/);
});
