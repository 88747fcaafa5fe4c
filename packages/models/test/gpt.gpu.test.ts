// GPT-2: whole texts, decoding over a cache, and both against each other, the references and ONNX Runtime.
import { compare, decodeOnCpu, decoder, gpt, load, type Past } from "@tilewright/models";
import { type HostTensor, type Result, tensor } from "@tilewright/runtime";
import { laneDevice } from "@tilewright/testing/gpu";
import { describe, expect, test, vi } from "vitest";
import { expectClose, MISSING, read, stored } from "./conformance-models.ts";

const device = await laneDevice();
const tiny = { vocab_size: 30, n_positions: 12, n_embd: 16, n_layer: 2, n_head: 4 };
const words = [3, 17, 29, 0, 8, 8, 21];
const idsOf = (ids: readonly number[], batch = 1) => tensor(ids, [batch, ids.length / batch], "u32");
const rows = ({ data, shape }: Result, from: number, to: number) => {
  const width = shape.at(-1)!;
  return Array.from(data).slice(from * width, to * width);
};

function expectNear(got: readonly number[], want: readonly number[], relative = 1e-4): void {
  expect(got.length).toBe(want.length);
  const scale = Math.max(...want.map(Math.abs));
  expect(scale).toBeGreaterThan(0);
  for (let i = 0; i < want.length; i++) expect(Math.abs(got[i]! - want[i]!)).toBeLessThanOrEqual(relative * scale);
}

test("a small GPT is within every kernel's bound, and gives what its references give", async () => {
  const model = gpt(tiny);
  const input_ids = idsOf(words);
  const { first } = await compare(model, { input_ids }, { device });
  expect(first).toBeUndefined();
  const [gpu, cpu] = [await model.run({ input_ids }, { device }), await model.run({ input_ids }, { on: "cpu" })];
  expectNear(Array.from(gpu.logits.data), Array.from(cpu.logits.data));
  expectNear(Array.from(gpu.last_hidden_state.data), Array.from(cpu.last_hidden_state.data));
  model.destroy();
});

test("reading in parts gives what reading at once gives, and what comes later changes nothing before", async () => {
  const model = gpt(tiny, { seed: 5 });
  const whole = await model.run({ input_ids: idsOf(words) }, { on: "cpu" });
  const reader = await decoder(model, { device });
  const [prompt, fifth, sixth] = [
    await reader.append(idsOf(words.slice(0, 4))),
    await reader.append(idsOf([words[4]!])),
    await reader.append(idsOf([words[5]!])),
  ];
  expect([reader.length, reader.room]).toEqual([6, 12]);
  expectNear(Array.from(prompt.last_hidden_state.data), rows(whole.last_hidden_state, 0, 4));
  expectNear(Array.from(prompt.logits.data), rows(whole.logits, 3, 4));
  expectNear(Array.from(fifth.logits.data), rows(whole.logits, 4, 5));
  expectNear(Array.from(sixth.logits.data), rows(whole.logits, 5, 6));

  const past = await reader.past();
  expect(past.map(({ k }) => k.shape)).toEqual([
    [1, 4, 6, 4],
    [1, 4, 6, 4],
  ]);
  reader.rewind(4);
  expectNear(Array.from((await reader.append(idsOf([words[4]!]))).logits.data), rows(whole.logits, 4, 5));
  reader.rewind();
  reader.restore(past);
  expect(reader.length).toBe(6);
  expectNear(Array.from((await reader.append(idsOf([words[6]!]))).logits.data), rows(whole.logits, 6, 7));
  await expect(reader.append(idsOf([1, 2, 3, 4, 5, 6]))).rejects.toThrow(/7 of 12 rows/);
  expect(() => reader.rewind(8)).toThrow(/holds 7/);
  expect(() => reader.restore([])).toThrow(/0 layers/);
  reader.destroy();
  model.destroy();
});

test("decoding compiles nothing and makes no buffer after the first token, for two decoders on one set of weights", async () => {
  const model = gpt(tiny);
  const [one, two] = [await decoder(model, { device, batch: 2 }), await decoder(model, { device, batch: 2 })];
  for (const reader of [one, two]) {
    await reader.append(idsOf([1, 2, 3, 4, 5, 6], 2));
    await reader.append(idsOf([7, 8], 2));
  }
  const buffers = vi.spyOn(device, "createBuffer");
  const pipelines = [vi.spyOn(device, "createComputePipelineAsync"), vi.spyOn(device, "createComputePipeline")];
  const a = await one.append(idsOf([9, 10], 2));
  await one.append(idsOf([11, 12], 2));
  const b = await two.append(idsOf([9, 10], 2));
  expect(buffers).toHaveBeenCalledTimes(0);
  for (const spy of pipelines) expect(spy).toHaveBeenCalledTimes(0);
  vi.restoreAllMocks();
  expect(a.logits.shape).toEqual([2, 30]);
  expect(Array.from(a.logits.data)).toEqual(Array.from(b.logits.data));
  expect([one.length, two.length]).toEqual([6, 5]);
  one.destroy();
  two.destroy();
  model.destroy();
});

test("programs for prompts of many lengths do not pile up, and that of single tokens stays", async () => {
  const model = gpt({ ...tiny, n_layer: 1 });
  const reader = await decoder(model, { device });
  const created = vi.spyOn(device, "createBuffer");
  const madeBy = async (rows: number) => {
    const before = created.mock.calls.length;
    reader.rewind();
    await reader.append(idsOf(words.slice(0, rows)));
    return created.mock.calls.length - before;
  };
  for (const rows of [1, 2, 3, 4]) expect(await madeBy(rows)).toBeGreaterThan(0);
  for (const rows of [1, 2, 3, 4]) expect(await madeBy(rows)).toBe(0);
  expect(await madeBy(5)).toBeGreaterThan(0);
  for (const rows of [1, 3, 4, 5]) expect(await madeBy(rows)).toBe(0);
  expect(await madeBy(2)).toBeGreaterThan(0);
  vi.restoreAllMocks();
  reader.destroy();
  model.destroy();
});

describe("conformance", () => {
  test.skipIf(!stored("gpt2_tiny"))(`GPT-2 with past keys and values (${MISSING})`, async () => {
    const { weights, cases } = await read("gpt2_tiny");
    const model = gpt({ vocab_size: 20, n_positions: 8, n_embd: 4, n_layer: 12, n_head: 2 });
    await load(model, { tensors: weights });
    /** [2 (key, value), batch, heads, rows, head size] of each layer. */
    const pastOf = (tensors: Readonly<Record<string, HostTensor>>, name: string): Past[] =>
      Array.from({ length: 12 }, (_, layer) => {
        const { data, shape } = tensors[`${name}_${layer}`]!;
        const half = data.length / 2;
        const part = (from: number) => tensor(Float32Array.from(data).slice(from, from + half), shape.slice(1));
        return { k: part(0), v: part(half) };
      });
    expect(cases.length).toBeGreaterThan(0);
    for (const { inputs, outputs, tolerance } of cases) {
      const ids = inputs["input_ids"]!;
      const [past, present] = [pastOf(inputs, "past"), pastOf(outputs, "present")];
      const reader = await decoder(model, { device, batch: ids.shape[0]! });
      reader.restore(past);
      const gpu = { ...(await reader.append(ids)), past: await reader.past() };
      for (const { last_hidden_state, past: now } of [gpu, await decodeOnCpu(model, ids, past)]) {
        expectClose(last_hidden_state, outputs["last_state"]!, tolerance);
        now.forEach(({ k, v }, layer) => {
          expectClose(k as Result, present[layer]!.k, tolerance);
          expectClose(v as Result, present[layer]!.v, tolerance);
        });
      }
      reader.destroy();
    }
    model.destroy();
  });
});
