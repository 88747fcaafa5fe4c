// The encoder–decoder token by token: what is chosen is what the whole model's references say, and nothing is made on the way.
import { generate, type Transformer, transformer, translator } from "@tilewright/models";
import { type Result, tensor } from "@tilewright/runtime";
import { laneDevice } from "@tilewright/testing/gpu";
import { expect, test, vi } from "vitest";
import { randomise } from "./onnx/check.ts";

const device = await laneDevice();
const [START, END, NEVER] = [0, 1, 2];
const idsOf = (ids: readonly number[]) => tensor(Uint32Array.from(ids), [1, ids.length]);

async function tiny(): Promise<Transformer> {
  const model = transformer({
    ...{ vocab_size: 7, d_model: 16, encoder_layers: 1, decoder_layers: 2, encoder_attention_heads: 4 },
    ...{ decoder_attention_heads: 2, encoder_ffn_dim: 20, decoder_ffn_dim: 24, max_position_embeddings: 8 },
    ...{ decoder_start_token_id: START, eos_token_id: END, bad_words_ids: [[NEVER]] },
  });
  await randomise(model, 3);
  return model;
}

const near = (got: ArrayLike<number>, want: readonly number[]) => {
  const scale = Math.max(...want.map(Math.abs));
  expect(got.length).toBe(want.length);
  for (let i = 0; i < want.length; i++) expect(Math.abs(got[i]! - want[i]!)).toBeLessThanOrEqual(1e-4 * scale);
};

/** Log-probabilities of what follows a target, by the references. */
async function following(model: Transformer, source: readonly number[], target: readonly number[]): Promise<number[]> {
  const inputs = { input_ids: idsOf(source), decoder_input_ids: idsOf([START, ...target]) };
  const { logits } = (await model.run(inputs, { on: "cpu" })) as { readonly logits: Result };
  const last = Array.from(logits.data).slice(-7);
  const total = Math.log(last.reduce((sum, v) => sum + Math.exp(v), 0));
  return last.map((v) => v - total);
}

test("a token at a time gives the whole target's rows, for one source after another", async () => {
  const model = await tiny();
  const reader = await translator(model, { device, beams: 3, room: 6 });
  await expect(reader.append(idsOf([START]))).rejects.toThrow(/no source/);
  for (const source of [
    [3, 4, 5],
    [6, 3],
  ]) {
    const target = [START, 4, 6, 3];
    const whole = await model.run({ input_ids: idsOf(source), decoder_input_ids: idsOf(target) }, { on: "cpu" });
    near((await reader.read(source)).data, Array.from(whole.encoder_last_hidden_state.data));
    const first = await reader.append(idsOf(target.slice(0, 3)));
    const second = await reader.append(idsOf(target.slice(3)));
    expect([reader.length, reader.room]).toEqual([4, 6]);
    near(first.logits.data, Array.from(whole.logits.data).slice(14, 21));
    near(second.logits.data, Array.from(whole.logits.data).slice(21, 28));
    near(second.last_hidden_state.data, Array.from(whole.last_hidden_state.data).slice(48));
  }
  await expect(reader.append(idsOf([1, 1, 1]))).rejects.toThrow(/4 of 6 tokens/);
  await expect(async () => reader.read([])).rejects.toThrow(/0 tokens/);
  await reader.read([5]);
  const chosen: number[] = [];
  for await (const token of generate(reader, [START], { stop: [END], tokens: 4 })) chosen.push(token);
  for (let i = 0; i < chosen.length; i++) {
    const next = await following(model, [5], chosen.slice(0, i));
    expect(chosen[i]).toBe(next.indexOf(Math.max(...next)));
  }
  reader.destroy();
  model.destroy();
});

test("greedy takes the likeliest each time; many beams find the best of all texts", async () => {
  const model = await tiny();
  const source = [6, 3, 4, 5];
  const greedy = await translator(model, { device, room: 3 });
  const [one, ...others] = await greedy.translate(source);
  expect(others).toEqual([]);
  const step = async (tokens: readonly number[]) => {
    const next = await following(model, source, tokens);
    return next.map((score, token) => ({ token, score })).filter(({ token }) => token !== NEVER);
  };
  const taken: number[] = [];
  for (let i = 0; i < 3; i++) {
    const best = (await step(taken)).sort((a, b) => b.score - a.score)[0]!.token;
    if (best === END) break;
    taken.push(best);
  }
  expect(one!.tokens).toEqual(taken);
  greedy.destroy();

  const all: { tokens: readonly number[]; score: number }[] = [];
  const grow = async (tokens: readonly number[], sum: number): Promise<void> => {
    for (const { token, score } of await step(tokens)) {
      const [more, now] = [[...tokens, token], sum + score];
      if (token === END) all.push({ tokens, score: now / more.length });
      else if (more.length < 3) await grow(more, now);
      else all.push({ tokens: more, score: now / more.length });
    }
  };
  await grow([], 0);
  all.sort((a, b) => b.score - a.score);
  const wide = await translator(model, { device, beams: 25, room: 3 });
  const best = await wide.translate(source);
  expect(best[0]!.tokens).toEqual(all[0]!.tokens);
  expect(best[0]!.score).toBeCloseTo(all[0]!.score, 3);
  // What a narrow search finds is there, and its scores are those of its texts.
  const narrow = await translator(model, { device, beams: 3, room: 3 });
  for (const { tokens, score } of await narrow.translate(source, { lengthPenalty: 1 }))
    expect(score).toBeCloseTo(all.find((one) => `${one.tokens}` === `${tokens}`)!.score, 3);
  for (const reader of [wide, narrow]) reader.destroy();
  model.destroy();
});

test("after the first two tokens nothing is compiled and no buffer is made, greedy or with beams", async () => {
  const model = await tiny();
  for (const beams of [1, 2]) {
    const reader = await translator(model, { device, beams });
    await reader.translate([3, 4, 5], { tokens: 2, end: NEVER });
    await reader.append(idsOf([START]));
    await reader.append(idsOf([3]));
    const made = [
      vi.spyOn(device, "createBuffer"),
      vi.spyOn(device, "createComputePipelineAsync"),
      vi.spyOn(device, "createComputePipeline"),
      vi.spyOn(device, "createBindGroup"),
    ];
    const [{ tokens } = { tokens: [] }] = await reader.translate([4, 5, 6], { end: NEVER });
    expect(tokens.length).toBe(8); // it never ends, as its end is never chosen
    await reader.append(idsOf([START]));
    for (const spy of made) expect(spy).toHaveBeenCalledTimes(0);
    vi.restoreAllMocks();
    reader.destroy();
  }
  model.destroy();
});
