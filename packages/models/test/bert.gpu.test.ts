// BERT's heads: each against a loop over what its encoder gives, and on the GPU against the references.
import { type BertHead, bert, compare, load, read, save } from "@tilewright/models";
import { type Result, tensor } from "@tilewright/runtime";
import { laneDevice } from "@tilewright/testing/gpu";
import { expect, test } from "vitest";

const device = await laneDevice();
const tiny = {
  ...{ vocab_size: 30, hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 20 },
  ...{ max_position_embeddings: 12, type_vocab_size: 2, id2label: { 0: "a", 1: "b", 2: "c" } },
};
const inputs = {
  input_ids: tensor(new Uint32Array([1, 29, 3, 7, 0, 5, 9, 9]), [2, 4]),
  attention_mask: tensor(new Uint32Array([1, 1, 1, 1, 1, 1, 0, 0]), [2, 4]),
};
const make = <H extends BertHead>(head: H, more: object = {}) => bert(tiny, { head, seed: 3, ...more });

function expectNear(got: ArrayLike<number>, want: readonly number[], relative = 1e-4): void {
  expect(got.length).toBe(want.length);
  const scale = Math.max(...want.map(Math.abs));
  expect(scale).toBeGreaterThan(0);
  for (const [i, value] of want.entries()) expect(Math.abs(got[i]! - value)).toBeLessThanOrEqual(relative * scale);
}
const row = ({ data, shape }: Result, i: number) => Array.from(data).slice(i * shape.at(-1)!, (i + 1) * shape.at(-1)!);
const meanOf = (rows: readonly (readonly number[])[]) =>
  rows[0]!.map((_, i) => rows.reduce((sum, one) => sum + one[i]!, 0) / rows.length);
const unit = (x: readonly number[]) => x.map((value) => value / Math.hypot(...x));

test("a sentence is the mean of the rows that count", async () => {
  const model = make("sentence");
  const { first } = await compare(model, inputs, { device });
  expect(first).toBeUndefined();
  const { sentence_embedding, last_hidden_state } = await model.run(inputs, { device });
  expect(sentence_embedding.shape).toEqual([2, 16]);
  const rows = Array.from({ length: 8 }, (_, i) => row(last_hidden_state, i));
  const [one, two] = [meanOf(rows.slice(0, 4)), meanOf(rows.slice(4, 6))];
  expectNear(sentence_embedding.data, [...unit(one), ...unit(two)]);
  model.destroy();
  const plain = await make("sentence", { normalise: false }).run(inputs, { on: "cpu" });
  expectNear(plain.sentence_embedding.data, [...one, ...two]);
  for (const normalise of [true, false]) {
    const all = await make("sentence", { normalise }).run({ input_ids: inputs.input_ids }, { on: "cpu" });
    const wanted = [0, 4].map((at) => meanOf([0, 1, 2, 3].map((i) => row(all.last_hidden_state, at + i))));
    expectNear(
      all.sentence_embedding.data,
      wanted.flatMap((x) => (normalise ? unit(x) : x)),
    );
  }
});

test.for([
  ["classification", "pooler_output", 2],
  ["tokenClassification", "last_hidden_state", 8],
] as const)("%s: a dense layer, as many labels as there are names", async ([head, from, count]) => {
  const model = make(head);
  const { first } = await compare(model, inputs, { device });
  expect(first).toBeUndefined();
  const got: Readonly<Record<string, Result>> = await model.run(inputs, { device });
  const logits = got["logits"]!;
  expect(logits.shape.at(-1)).toBe(3);
  const w = Array.from((await read(model.parameters.get("classifier.weight")!)).data);
  const wanted = Array.from({ length: count * 3 }, (_, i) => {
    const x = row(got[from]!, Math.floor(i / 3));
    return x.reduce((sum, value, k) => sum + value * w[(i % 3) * 16 + k]!, 0);
  });
  expectNear(logits.data, wanted);
  model.destroy();
});

test("each head reads its own weights of a file that has all, and says which of its own it lacks", async () => {
  const [full, labels] = [make("pretraining", { seed: 8 }), make("classification", { seed: 8 })];
  const tensors = Object.fromEntries(
    await Promise.all(
      [...full.parameters.values(), ...labels.parameters.values()].map(async (one) => [one.name, await read(one)] as const),
    ),
  );
  const wanted = await full.run(inputs, { on: "cpu" });
  for (const head of ["pooler", "pretraining", "maskedTokens", "classification", "tokenClassification", "sentence"] as const) {
    const model = make(head);
    await load(model, { tensors });
    const got: Readonly<Record<string, Result>> = await model.run(inputs, { on: "cpu" });
    expect(got["last_hidden_state"]!.data).toEqual(wanted.last_hidden_state.data);
    if ("prediction_logits" in got) expect(got["prediction_logits"]!.data).toEqual(wanted.prediction_logits.data);
    if ("pooler_output" in got) expect(got["pooler_output"]!.data).toEqual(wanted.pooler_output.data);
  }
  const masked = make("maskedTokens");
  expect([...masked.parameters.keys()].filter((name) => name.startsWith("pooler"))).toEqual([]);
  await expect(load(make("classification"), await save(full))).rejects.toThrow(/missing: classifier.weight \[3,16\]/);
  await expect(load(make("pooler"), { tensors: { ...tensors, strange: tensor([1]) } })).rejects.toThrow(/extra: strange/);
  expect(() => make("poet" as "pooler")).toThrow(/head is "poet"; there are pooler/);
});
