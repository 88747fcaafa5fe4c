// GPT-2 on the CPU: steps over a past give what the whole text gives.
import { bert, decodeOnCpu, frequenciesOf, gpt, llama, type Past } from "@tilewright/models";
import { tensor } from "@tilewright/runtime";
import { expect, test } from "vitest";

test("steps of one, two and four rows give the rows of the whole text", async () => {
  const model = gpt({ vocab_size: 30, n_positions: 12, n_embd: 16, n_layer: 2, n_head: 4 });
  const words = [3, 17, 29, 0, 8, 8, 21];
  const ids = (from: number, to: number) => tensor(Uint32Array.from(words.slice(from, to)), [1, to - from]);
  const whole = await model.run({ input_ids: ids(0, 7) }, { on: "cpu" });
  let past: readonly Past[] | undefined;
  for (const [from, to] of [
    [0, 4],
    [4, 5],
    [5, 7],
  ] as const) {
    const step = await decodeOnCpu(model, ids(from, to), past);
    past = step.past;
    expect(past[0]!.k.shape).toEqual([1, 4, to, 4]);
    Array.from(step.last_hidden_state.data).forEach((v, i) => {
      expect(v).toBeCloseTo(whole.last_hidden_state.data[from * 16 + i]!, 5);
    });
    Array.from(step.logits.data).forEach((v, i) => {
      expect(v).toBeCloseTo(whole.logits.data[(to - 1) * 30 + i]!, 5);
    });
  }
  await expect(decodeOnCpu(model, ids(0, 1), past!.slice(1))).rejects.toThrow(/a past of 1 layers/);
});

test("what a configuration asks for and is not built is said", () => {
  const config = { vocab_size: 3, n_positions: 2, n_embd: 2, n_layer: 1, n_head: 1 };
  expect(() => gpt({ ...config, activation_function: "swoosh" })).toThrow(/activation_function is "swoosh"/);
  expect(() => gpt(config).build({ input_ids: { shape: [1, 3], dtype: "u32" } })).toThrow(/2 positions/);
  expect(() => gpt({ ...config, n_embd: 2.5, n_head: undefined as never })).toThrow(
    /integers above 0: n_embd is 2.5, n_head is undefined/,
  );
  expect(() => llama({} as never)).toThrow(/llama: .*vocab_size is undefined/);
  expect(() => bert({ model_type: "roberta" } as never)).toThrow(/bert: .*vocab_size is undefined/);
  const sizes = {
    ...{ vocab_size: 3, hidden_size: 4, intermediate_size: 4, num_hidden_layers: 1, num_attention_heads: 1 },
    ...{ max_position_embeddings: 8, type_vocab_size: 1 },
  };
  expect(() => bert({ ...sizes, model_type: "roberta" })).toThrow(/model_type is "roberta"/);
  expect(() => llama({ ...sizes, model_type: "gemma" })).toThrow(/model_type is "gemma"; there are llama, mistral, qwen2/);
  expect(() => llama({ ...sizes, use_sliding_window: true })).toThrow(/use_sliding_window/);
  expect(() => llama({ ...sizes, rope_scaling: { rope_type: "yarn", factor: 2 } })).toThrow(/rope scaling is "yarn"/);
  expect(() => llama({ ...sizes, rope_scaling: { type: "linear", factor: 0 } })).toThrow(/factor 0/);
  expect(() => llama(sizes).build({ input_ids: { shape: [1, 9], dtype: "u32" } })).toThrow(/8 positions/);
});

test("linear scaling halves every angle, and transformers 5 writes its numbers in another place", () => {
  const plain = frequenciesOf("llama", 8, { rope_theta: 500 });
  expect(plain).toEqual([0, 1, 2, 3].map((i) => 500 ** (-i / 4)));
  expect(frequenciesOf("llama", 8, { rope_parameters: { rope_type: "linear", factor: 2, rope_theta: 500 } })).toEqual(
    plain.map((f) => f / 2),
  );
});
