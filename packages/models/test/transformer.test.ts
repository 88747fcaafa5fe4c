// The encoder–decoder without a GPU: Marian's names, masks, and what is not built.
import { load, read, transformer } from "@tilewright/models";
import { countOf, tensor } from "@tilewright/runtime";
import { expect, test } from "vitest";

const config = {
  ...{ vocab_size: 11, d_model: 8, encoder_layers: 1, decoder_layers: 1, encoder_attention_heads: 2 },
  ...{ decoder_attention_heads: 2, encoder_ffn_dim: 12, decoder_ffn_dim: 12, max_position_embeddings: 6 },
};
const ids = (...given: number[]) => tensor(Uint32Array.from(given), [1, given.length]);

test("weights come by Marian's names; copies and counted tables are left out", async () => {
  const model = transformer({ ...config, activation_function: "swish" });
  expect([...model.parameters.keys()]).toContain("decoder.layers.0.encoder_attn.out_proj.bias");
  const stored = Object.fromEntries(
    [...model.parameters.values()].map(({ name, shape }, i) => [
      name === "final_logits_bias" ? name : `model.${name}`,
      tensor(new Float32Array(countOf(shape)).fill(i + 1), shape),
    ]),
  );
  const words = stored["model.shared.weight"]!;
  const copies = { "lm_head.weight": words, "model.encoder.embed_tokens.weight": words };
  const tables = { "model.decoder.embed_positions.weight": tensor(new Float32Array(48), [6, 8]) };
  await load(model, { tensors: { ...stored, ...copies, ...tables } });
  const last = model.parameters.get("final_logits_bias")!;
  expect(last.shape).toEqual([1, 11]);
  expect((await read(last)).data[0]).toBe([...model.parameters.keys()].indexOf("final_logits_bias") + 1);
});

test("what fills a source is not seen, and what comes later in a target changes nothing before", async () => {
  const model = transformer(config);
  const run = async (source: number[], mask: number[], target: number[]) =>
    Array.from(
      (
        await model.run(
          { input_ids: ids(...source), attention_mask: ids(...mask), decoder_input_ids: ids(...target) },
          { on: "cpu" },
        )
      ).logits.data,
    );
  const one = await run([3, 4, 5], [1, 1, 0], [0, 7, 8]);
  expect(await run([3, 4, 9], [1, 1, 0], [0, 7, 8])).toEqual(one);
  expect(await run([3, 4, 9], [1, 1, 1], [0, 7, 8])).not.toEqual(one);
  const other = await run([3, 4, 5], [1, 1, 0], [0, 7, 2]);
  expect(other.slice(0, 22)).toEqual(one.slice(0, 22));
  expect(other.slice(22)).not.toEqual(one.slice(22));
});

test("what is not built, or too long, is said", () => {
  expect(() => transformer({ ...config, normalize_embedding: true })).toThrow(/normalize_embedding/);
  expect(() => transformer({ ...config, static_position_embeddings: false })).toThrow(/sinusoidal/);
  expect(() => transformer({ ...config, activation_function: "swoosh" })).toThrow(/swoosh/);
  const long = { shape: [1, 7], dtype: "u32" as const };
  expect(() => transformer(config).build({ input_ids: long, decoder_input_ids: long })).toThrow(/6 positions/);
});
