// Llama: whole texts, decoding over a cache, and weights held in fewer bits; each against the references.
import {
  compare,
  decodeOnCpu,
  decoder,
  gpt,
  type LanguageModel,
  type LoadHow,
  llama,
  load,
  type Past,
  save,
  storageOf,
} from "@tilewright/models";
import { type Result, tensor } from "@tilewright/runtime";
import { lane, laneDevice, low } from "@tilewright/testing/gpu";
import { expect, test, vi } from "vitest";
import { mistralTiny, qwenTiny } from "./onnx/llama.ts";

const device = await laneDevice();
const words = [3, 17, 29, 0, 8, 8, 21];
const idsOf = (ids: readonly number[], batch = 1) => tensor(Uint32Array.from(ids), [batch, ids.length / batch]);
const rowsOf = ({ data, shape }: Result, from: number, to: number) => {
  const width = shape.at(-1)!;
  return Array.from(data).slice(from * width, to * width);
};

function expectNear(got: ArrayLike<number>, want: ArrayLike<number>, relative = 1e-4): void {
  expect(got.length).toBe(want.length);
  const scale = Math.max(...Array.from(want, Math.abs));
  expect(scale).toBeGreaterThan(0);
  for (let i = 0; i < want.length; i++) expect(Math.abs(got[i]! - want[i]!)).toBeLessThanOrEqual(relative * scale);
}

test("grouped queries, rotary positions, SwiGLU and a window: within every kernel's bound", async () => {
  const model = llama({ ...mistralTiny, num_hidden_layers: 1 });
  const { first, calls } = await compare(model, { input_ids: idsOf(words) }, { device });
  expect(first).toBeUndefined();
  expect(calls.filter(({ kernel }) => kernel === "rope").length).toBe(2);
  model.destroy();
});

test.for([
  ["Qwen2", llama(qwenTiny, { seed: 5 }), "f32"],
  ["Mistral", llama(mistralTiny, { seed: 6 }), "f16"],
] as const)("%s: reading in parts gives what reading at once gives", async ([, model, cache]) => {
  const whole = await model.run({ input_ids: idsOf(words) }, { on: "cpu" });
  const near = cache === "f32" ? 1e-4 : 4e-3; // keys and values are rounded to 11 bits, in two layers
  const reader = await decoder(model, { device, room: 9, cache });
  const prompt = await reader.append(idsOf(words.slice(0, 4)));
  expectNear(prompt.last_hidden_state.data, rowsOf(whole.last_hidden_state, 0, 4), near);
  for (let i = 4; i < 6; i++) {
    const { logits } = await reader.append(idsOf([words[i]!]));
    expectNear(logits.data, rowsOf(whole.logits, i, i + 1), near);
  }
  const past = await reader.past();
  expect(past[0]!.k.shape).toEqual([1, 2, 6, model.decoding.headSize]);
  const onCpu = await decodeOnCpu(model, idsOf([words[6]!]), past as Past[]);
  expectNear(onCpu.logits.data, rowsOf(whole.logits, 6, 7), near);
  reader.rewind();
  reader.restore(past);
  expectNear((await reader.append(idsOf([words[6]!]))).logits.data, rowsOf(whole.logits, 6, 7), near);
  reader.destroy();
  model.destroy();
});

/** Wide enough for groups of codes. */
const wide = { ...qwenTiny, hidden_size: 32, intermediate_size: 48, num_hidden_layers: 1, head_dim: 8 };
const gptWide = { vocab_size: 30, n_positions: 12, n_embd: 32, n_layer: 1, n_head: 4 };

const stored = [
  ["q4", llama(wide, { seed: 7 })],
  ["f16", gpt(gptWide, { seed: 9 })],
  ["q8", gpt(gptWide, { seed: 8 })],
] as const;
// Node's driver compiles these for a minute; the kernels have lanes of their own.
const tried = lane === "chrome" ? stored : stored.slice(low ? 1 : 0, low ? 2 : 1);

test.for(tried)(
  "%s weights: decoding compiles nothing and makes no buffer after two tokens, and gives what the references give",
  async ([storage, model]) => {
    const how: LoadHow = storage === "f16" ? { dtype: storage } : { quantize: storage };
    const names = [...model.parameters.keys()];
    await load(model as LanguageModel, await save(model), { ...how, device });
    expect([...model.parameters.keys()]).toEqual(names);
    const held = [...model.parameters.values()].filter((parameter) => storageOf(parameter) === storage);
    expect(held.map(({ name }) => name)).toEqual(names.filter((name) => model.parameters.get(name)!.inputs !== undefined));
    const { first, calls } = await compare(model as LanguageModel, { input_ids: idsOf(words) }, { device });
    expect(first).toBeUndefined();
    const kernels = calls.map(({ kernel }) => kernel);
    expect([kernels.includes("matmul"), kernels.includes("matmulQuantized"), kernels.includes("embeddingQuantized")]).toEqual(
      storage === "f16" ? [true, false, false] : [false, true, true],
    );

    const reader = await decoder(model, { device });
    const created = vi.spyOn(device, "createBuffer");
    await reader.append(idsOf(words.slice(0, 3)));
    await reader.append(idsOf([words[3]!]));
    await reader.append(idsOf([words[4]!]));
    // Neither program has weights of its own.
    const labels = created.mock.calls.map(([{ label = "" }]) => label);
    expect(labels.length).toBeGreaterThan(0);
    expect(labels.filter((label) => label === "constant" || names.some((name) => label.startsWith(name)))).toEqual([]);
    created.mockClear();
    const pipelines = [vi.spyOn(device, "createComputePipelineAsync"), vi.spyOn(device, "createComputePipeline")];
    const { logits } = await reader.append(idsOf([words[5]!]));
    await reader.append(idsOf([words[6]!]));
    for (const spy of [created, ...pipelines]) expect(spy).toHaveBeenCalledTimes(0);
    vi.restoreAllMocks();
    const whole = await model.run({ input_ids: idsOf(words) }, { on: "cpu" });
    expectNear(logits.data, rowsOf(whole.logits, 5, 6));
    reader.destroy();
    model.destroy();
  },
);
