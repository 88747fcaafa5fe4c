// The LSTM language model: reading in parts, sampling, and nothing made from token to token.
import { generate, textLstm, textReader } from "@tilewright/models";
import { type Result, tensor } from "@tilewright/runtime";
import { laneDevice } from "@tilewright/testing/gpu";
import { expect, test, vi } from "vitest";

const device = await laneDevice();
const words = [3, 11, 0, 7, 7, 2];
const idsOf = (ids: readonly number[], batch = 1) => tensor(Uint32Array.from(ids), [batch, ids.length / batch]);
const part = ({ data }: Result, from: number, to: number) => Array.from(data).slice(from, to);
const expectNear = (got: readonly number[], want: readonly number[]) => {
  expect(got.length).toBe(want.length);
  const scale = Math.max(...want.map(Math.abs));
  for (let i = 0; i < want.length; i++) expect(Math.abs(got[i]! - want[i]!)).toBeLessThanOrEqual(1e-4 * scale);
};

test("reading in parts gives what reading at once gives; a reset forgets; what is chosen comes from the state", async () => {
  const model = textLstm({ vocabulary: 12, units: 8, layers: 2 });
  const whole = await model.run({ input_ids: idsOf(words) }, { on: "cpu" });
  const reader = await textReader(model, { device });
  for (const round of [0, 1]) {
    const [some, fifth, sixth] = [
      await reader.append(idsOf(words.slice(0, 4))),
      await reader.append(idsOf([words[4]!])),
      await reader.append(idsOf([words[5]!])),
    ];
    expect(reader.length, `round ${round}`).toBe(6);
    expectNear(Array.from(some.last_hidden_state.data), part(whole.last_hidden_state, 0, 32));
    expectNear(Array.from(some.logits.data), part(whole.logits, 36, 48));
    expectNear(Array.from(fifth.logits.data), part(whole.logits, 48, 60));
    expectNear(Array.from(sixth.logits.data), part(whole.logits, 60, 72));
    reader.reset();
  }
  const tokens: number[] = [];
  for await (const token of generate(reader, words, { tokens: 4 })) tokens.push(token);
  const text = [...words];
  for (const token of tokens) {
    const { logits } = await model.run({ input_ids: idsOf(text) }, { on: "cpu" });
    const scores = part(logits, 12 * (text.length - 1), 12 * text.length);
    expect(token).toBe(scores.indexOf(Math.max(...scores)));
    text.push(token);
  }
  await expect(async () => reader.append(idsOf([1, 2], 2))).rejects.toThrow(/\[1, rows\]/);
  reader.destroy();
  model.destroy();
});

test("after the first two tokens nothing is compiled and no buffer is made", async () => {
  const model = textLstm({ vocabulary: 12, units: 8, layers: 2 });
  const reader = await textReader(model, { device, batch: 2 });
  await reader.append(idsOf([1, 2], 2));
  await reader.append(idsOf([3, 4], 2));
  const made = [
    vi.spyOn(device, "createBuffer"),
    vi.spyOn(device, "createComputePipelineAsync"),
    vi.spyOn(device, "createComputePipeline"),
    vi.spyOn(device, "createBindGroup"),
  ];
  const { logits } = await reader.append(idsOf([5, 6], 2));
  for (let i = 0; i < 3; i++) await reader.append(idsOf([i, i], 2));
  for (const spy of made) expect(spy).toHaveBeenCalledTimes(0);
  vi.restoreAllMocks();
  const whole = await model.run({ input_ids: idsOf([1, 3, 5, 2, 4, 6], 2) }, { on: "cpu" });
  expectNear(Array.from(logits.data), [...part(whole.logits, 24, 36), ...part(whole.logits, 60, 72)]);
  reader.destroy();
  model.destroy();
});
