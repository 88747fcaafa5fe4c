// The models on GPU and CPU: with seeded weights of their own against each other, and with the conformance folder's against ONNX Runtime.
import {
  bert,
  cnnMnist,
  compare,
  conv2d,
  dense,
  flatten,
  lenet5,
  load,
  maxPool2d,
  mlp,
  readSafetensors,
  save,
  sequential,
} from "@tilewright/models";
import { type HostTensor, type Result, tensor } from "@tilewright/runtime";
import { fill } from "@tilewright/runtime/cases";
import { laneDevice } from "@tilewright/testing/gpu";
import { describe, expect, test } from "vitest";
import { expectClose, MISSING, read, stored } from "./conformance-models.ts";

const device = await laneDevice();

function expectSame(gpu: Result, cpu: Result, relative = 1e-4): void {
  expect(gpu.shape).toEqual(cpu.shape);
  const scale = Math.max(...Array.from(cpu.data, Math.abs));
  expect(scale).toBeGreaterThan(0);
  for (let i = 0; i < cpu.data.length; i++) expect(Math.abs(gpu.data[i]! - cpu.data[i]!)).toBeLessThanOrEqual(relative * scale);
}

test.for([
  ["mlp", mlp({ units: [16, 5], activation: "tanh" }), fill("uniform", [3, 7], "f32", 1)],
  ["cnnMnist", cnnMnist(), fill("positive", [2, 1, 28, 28], "f32", 2)],
  ["lenet5", lenet5(), fill("positive", [1, 1, 28, 28], "f32", 3)],
] as const)("%s gives what its references give", async ([, model, x]) => {
  const { y } = await model.run({ x }, { device });
  expectSame(y, (await model.run({ x }, { on: "cpu" })).y);
  model.destroy();
});

const tiny = {
  vocab_size: 30,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 20,
  max_position_embeddings: 12,
  type_vocab_size: 2,
};
const ids = tensor(new Uint32Array([1, 29, 3, 7, 0, 5, 9, 9]), [2, 4]);
const mask = tensor(new Uint32Array([1, 1, 1, 1, 1, 1, 0, 0]), [2, 4]);

test("a small BERT is within every kernel's bound, and gives what its references give", async () => {
  const model = bert(tiny, { head: "pretraining" });
  const inputs = {
    input_ids: ids,
    attention_mask: mask,
    token_type_ids: tensor(new Uint32Array([0, 0, 1, 1, 0, 1, 0, 0]), [2, 4]),
  };
  const { first } = await compare(model, inputs, { device });
  expect(first).toBeUndefined();
  const [gpu, cpu] = [await model.run(inputs, { device }), await model.run(inputs, { on: "cpu" })];
  for (const name of ["last_hidden_state", "pooler_output", "prediction_logits", "seq_relationship_logits"] as const)
    expectSame(gpu[name], cpu[name]);
  model.destroy();
});

test("BERT: what fills is not seen, and what is left out is as the standard says", async () => {
  const model = bert(tiny, { seed: 3 });
  const run = async (input_ids: HostTensor, more: object = {}) =>
    (await model.run({ input_ids, ...more }, { on: "cpu" })).last_hidden_state;
  const one = await run(ids, { attention_mask: mask });
  const changed = { ...ids, data: new Uint32Array([1, 29, 3, 7, 0, 5, 11, 12]) };
  const two = await run(changed, { attention_mask: mask });
  expect(Array.from(two.data).slice(0, 6 * 16)).toEqual(Array.from(one.data).slice(0, 6 * 16));
  const plain = await run(ids);
  const zeros = tensor(new Uint32Array(8), [2, 4]);
  expect(
    (await run(ids, { attention_mask: { ...zeros, data: new Uint32Array(8).fill(1) }, token_type_ids: zeros })).data,
  ).toEqual(plain.data);
  await expect(run(tensor(new Uint32Array(13), [1, 13]))).rejects.toThrow(/12 positions/);
});

test("BERT's weights come from a file in any of their usual names, straight to the GPU", async () => {
  const [from, to] = [bert(tiny, { seed: 1, head: "pretraining" }), bert(tiny, { seed: 2 })];
  const tensors = Object.fromEntries(
    Object.entries(await readSafetensors(await save(from))).map(([name, value]) => [
      (name.startsWith("cls.") ? name : `bert.${name}`).replace(/LayerNorm.weight$/, "LayerNorm.gamma"),
      value,
    ]),
  );
  await load(to, { tensors }, { device });
  expect([...to.parameters.values()].every(({ value }) => value && "device" in value)).toBe(true);
  const [a, b] = [await from.run({ input_ids: ids }, { on: "cpu" }), await to.run({ input_ids: ids }, { device })];
  expectSame(b.pooler_output, a.pooler_output);
  to.destroy();
});

describe("conformance", () => {
  test.skipIf(!stored("mnist_cnn_a"))(`the trained MNIST CNN (${MISSING})`, async () => {
    const { weights, cases } = await read("mnist_cnn_a");
    const model = sequential({
      conv1: conv2d(8, 5, { padding: "same-upper", activation: "relu" }),
      pool1: maxPool2d(2),
      conv2: conv2d(16, 5, { padding: "same-upper", activation: "relu" }),
      pool2: maxPool2d(3),
      flatten: flatten(),
      fc: dense(10, { filter: "io" }),
    });
    model.build({ x: { shape: [1, 1, 28, 28], dtype: "f32" } });
    await load(model, { tensors: weights }, { rename: (name) => name.replace("weight_in_out", "weight") });
    expect(cases.length).toBeGreaterThan(0);
    for (const { inputs, outputs, tolerance } of cases) {
      const x = inputs["x"]!;
      expectClose((await model.run({ x }, { device })).y, outputs["logits"]!, tolerance);
      expectClose((await model.run({ x }, { on: "cpu" })).y, outputs["logits"]!, tolerance);
    }
    model.destroy();
  });

  test.skipIf(!stored("bert_tiny"))(`BERT for pre-training (${MISSING})`, async () => {
    const { weights, cases } = await read("bert_tiny");
    const model = bert(
      {
        ...{ vocab_size: 99, hidden_size: 32, num_hidden_layers: 5, num_attention_heads: 4 },
        ...{ intermediate_size: 37, max_position_embeddings: 512, type_vocab_size: 16 },
      },
      { head: "pretraining" },
    );
    await load(model, { tensors: weights });
    expect(cases.length).toBeGreaterThan(0);
    for (const { inputs, outputs, tolerance } of cases)
      for (const how of [{ device }, { on: "cpu" }] as const) {
        const got = await model.run(inputs as never, how);
        expectClose(got.prediction_logits, outputs["prediction_scores"]!, tolerance);
        expectClose(got.seq_relationship_logits, outputs["seq_relationship_score"]!, tolerance);
      }
    model.destroy();
  });
});
