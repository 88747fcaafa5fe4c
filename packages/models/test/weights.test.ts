// Weights in fewer bits, in several files, and with no second copy on the host.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { dequantize, quantize } from "@tilewright/kernels-matmul";
import {
  dense,
  folder,
  gpt,
  llama,
  load,
  type Model,
  openSafetensors,
  type Parameter,
  read,
  readJson,
  readSafetensors,
  save,
  sequential,
  storageOf,
  transformer,
  writeSafetensors,
} from "@tilewright/models";
import { directory } from "@tilewright/models/node";
import { decode, type HostTensor, KernelError, tensor } from "@tilewright/runtime";
import { fill } from "@tilewright/runtime/cases";
import { expect, test, vi } from "vitest";
import { qwenTiny } from "./onnx/llama.ts";

const numbers = ({ data, dtype }: HostTensor) => Array.from(decode({ data, dtype }), Number);
const valuesOf = async ({ parameters }: Pick<Model, "parameters">) =>
  new Map(await Promise.all([...parameters.values()].map(async (one) => [one.name, numbers(await read(one))] as const)));
const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const config = { ...qwenTiny, hidden_size: 32, intermediate_size: 48, head_dim: 8, num_hidden_layers: 1 };
const input_ids = tensor(new Uint32Array([3, 1, 4, 1, 5]), [1, 5]);

test.for(["q4", "q8", "f16"] as const)("%s: the model that its numbers make, whichever way a matrix lies", async (storage) => {
  for (const make of [
    () => llama(config, { seed: 3 }), // [outputs, inputs]
    () => gpt({ vocab_size: 30, n_positions: 8, n_embd: 32, n_layer: 1, n_head: 2 }, { seed: 4 }), // [inputs, outputs]
  ]) {
    const [one, plain] = [make(), make()];
    const before = await valuesOf(one);
    const file = await save(one, { dtype: storage === "f16" ? "bf16" : "f32" });
    await load(one, file, storage === "f16" ? { dtype: storage } : { quantize: storage });
    expect([...one.parameters.keys()]).toEqual([...before.keys()]);
    const after = await valuesOf(one);
    for (const [name, parameter] of one.parameters) {
      const [was, is] = [before.get(name)!, after.get(name)!];
      const matrix = /(_proj|embed_tokens|wte|c_attn|c_fc)\.weight$/.test(name);
      expect([name, storageOf(parameter)]).toEqual([name, matrix ? storage : "f32"]);
      // Half a step of 1/7 or 1/127 of the largest, and the scale's rounding; bf16 has 8 bits.
      const error = largest(was.map((value, i) => value - is[i]!));
      expect(error).toBeLessThanOrEqual({ q4: 0.5 / 7 + 0.001, q8: 0.5 / 127 + 0.001, f16: 2 ** -8 }[storage] * largest(was));
      expect(error > 0, name).toBe(matrix || (storage === "f16" && was.some((value) => value % 1)));
    }
    await load(plain, {
      tensors: Object.fromEntries([...after].map(([name, data]) => [name, tensor(data, plain.parameters.get(name)!.shape)])),
    });
    const [a, b] = [await one.run({ input_ids }, { on: "cpu" }), await plain.run({ input_ids }, { on: "cpu" })];
    const scale = largest(numbers(b.logits));
    for (const [i, value] of numbers(b.logits).entries()) expect(Math.abs(a.logits.data[i]! - value)).toBeLessThan(1e-5 * scale);
  }
});

test("an encoder–decoder's words are held in fewer bits too, where it reads them and where it scores them", async () => {
  const sizes = { vocab_size: 40, d_model: 32, encoder_layers: 1, decoder_layers: 1, encoder_ffn_dim: 32, decoder_ffn_dim: 32 };
  const model = transformer({ ...sizes, encoder_attention_heads: 2, decoder_attention_heads: 2 });
  await load(model, await save(model), { quantize: "q8" });
  expect(storageOf(model.parameters.get("shared.weight")!)).toBe("q8");
  const inputs = { input_ids, decoder_input_ids: input_ids };
  const plain = transformer({ ...sizes, encoder_attention_heads: 2, decoder_attention_heads: 2 });
  await load(plain, await save(model));
  const [a, b] = [await model.run(inputs, { on: "cpu" }), await plain.run(inputs, { on: "cpu" })];
  for (const [i, value] of numbers(b.logits).entries())
    expect(Math.abs(a.logits.data[i]! - value)).toBeLessThan(1e-5 * largest(numbers(b.logits)));
});

test("codes are quantize's, and what is no matrix or has no whole groups stays in full", async () => {
  const model = sequential([dense(6), dense(3)]);
  model.build({ x: { shape: [1, 64], dtype: "f32" } });
  const weight = fill("uniform", [6, 64], "f32", 3);
  const rest = Object.fromEntries([...model.parameters.values()].map((one) => [one.name, one.init()]));
  await load(model, { tensors: { ...rest, "0.weight": weight } }, { quantize: "q4" });
  const parameter = model.parameters.get("0.weight")!;
  expect(numbers(await read(parameter))).toEqual(numbers(dequantize(quantize(weight.data, [6, 64], { scales: "f16" }))));
  expect([...model.parameters.values()].map(storageOf)).toEqual(["q4", "f32", "f32", "f32"]); // 6 inputs are no group
  expect((await readSafetensors(await save(model)))["0.weight"]!.shape).toEqual([6, 64]);
  // What it is held in stays, unless it is said.
  await load(model, { tensors: { ...rest } });
  expect(storageOf(parameter)).toBe("q4");
  await load(model, { tensors: { ...rest } }, { dtype: "f32" });
  expect(numbers(await read(parameter))).toEqual(numbers(rest["0.weight"]!));
  const infinite = { ...rest, "0.weight": tensor(new Float32Array(384).fill(Infinity), [6, 64]) };
  await expect(load(model, { tensors: infinite }, { quantize: "q8" })).rejects.toThrow(/finite/);
});

/** A small model's tensors in three files with an index. */
async function sharded() {
  const model = llama(config, { seed: 3 });
  const tensors = Object.entries(await readSafetensors(await save(model)));
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const weight_map: Record<string, string> = {};
  for (let i = 0; i < 3; i++) {
    const part = tensors.filter((_, at) => at % 3 === i).map(([name, one]) => [`model.${name}`, one] as const);
    const name = `model-0000${i + 1}-of-00003.safetensors`;
    for (const [of] of part) weight_map[of] = name;
    files.set(name, writeSafetensors(Object.fromEntries(part)));
  }
  return { model, files, index: { metadata: { total_size: 1 }, weight_map } };
}
const chosen = (files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>, index: unknown) => [
  new File([typeof index === "string" ? index : JSON.stringify(index)], "model.safetensors.index.json"),
  ...[...files].map(([name, bytes]) => new File([bytes], name)),
];

test("several files with an index: chosen ones, a server's, a directory's; progress over all of them", async () => {
  const { model, files, index } = await sharded();
  const want = await valuesOf(model);
  const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  const path = await mkdtemp(join(tmpdir(), "shards-"));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    const name = request.url!.split("/").at(-1)!.split("?")[0]!;
    if (name === "config.json") return void response.end('{"a":1}');
    const body = name.endsWith("index.json") ? JSON.stringify(index) : files.get(name);
    if (body) response.end(body);
    else response.writeHead(404).end("none");
  });
  try {
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a/b`;
    await writeFile(join(path, "model.safetensors.index.json"), JSON.stringify(index));
    for (const [name, data] of files) await writeFile(join(path, name), data);
    for (const from of [
      chosen(files, index),
      folder(chosen(files, index)),
      folder(base),
      new URL(`${base}/model.safetensors.index.json`),
      directory(path),
    ]) {
      const to = llama(config, { seed: 4 });
      const seen: [number, number | undefined][] = [];
      await load(to, from, { onProgress: (done, total) => seen.push([done, total]) });
      expect(await valuesOf(to)).toEqual(want);
      expect(seen.at(-1)).toEqual([bytes, bytes]);
      expect(seen.every(([done, total], i) => total === bytes && (i === 0 || done >= seen[i - 1]![0]))).toBe(true);
    }
    expect(asked.every((one) => one.startsWith("/a/b/"))).toBe(true);
    expect(await readJson(folder(base), "config.json")).toEqual({ a: 1 });
    await expect(readJson(folder(base), "none.json")).rejects.toThrow(/none.json is missing/);
    await expect(load(llama(config), folder(`${base}/`), { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
    const abort = new AbortController();
    const onProgress = (done: number) => done > bytes / 2 && abort.abort(new Error("enough"));
    await expect(load(llama(config), folder(base), { signal: abort.signal, onProgress })).rejects.toThrow("enough");
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(path, { recursive: true });
  }
});

test("an index that lies is refused before anything changes, and no name leads out of its folder", async () => {
  const { model, files, index } = await sharded();
  const before = await valuesOf(model);
  const names = Object.keys(index.weight_map);
  const [first, second] = [...files.keys()];
  const where = (changes: Record<string, unknown>) => ({ weight_map: { ...index.weight_map, ...changes } });
  const refused = async (given: unknown, why: RegExp, without?: string) => {
    const kept = new Map([...files].filter(([name]) => name !== without));
    const error = await load(model, chosen(kept, given)).catch((e: unknown) => e);
    expect(error, `${why}`).toBeInstanceOf(KernelError);
    expect((error as Error).message).toMatch(why);
    expect(await valuesOf(model)).toEqual(before);
  };
  await refused(index, /missing: the file model-00001-of-00003.safetensors/, first);
  const other = names.find((name) => index.weight_map[name] === first)!;
  await refused(where({ [other]: second }), new RegExp(`misplaced: ${other} is in ${first}; the index has it in ${second}`));
  await refused(where({ "model.more": first }), /missing: model.more in model-00001/);
  const { [other]: _, ...less } = index.weight_map;
  await refused({ weight_map: less }, /the index has it in no file/);
  for (const name of [
    "../x.safetensors",
    "a/x.safetensors",
    "..\\x.safetensors",
    "/etc/x.safetensors",
    ".x.safetensors",
    "x.bin",
    "x",
    3,
    null,
    "http://a/x.safetensors",
    "%2e%2e%2fx.safetensors",
    "x\0.safetensors",
    "",
  ])
    await refused(where({ [other]: name }), /needed is the name of a .safetensors file beside it/);
  for (const text of ["", "[]", "{}", '{"weight_map":[]}', '{"weight_map":{}}', '{"weight_map":null}', "{"])
    await refused(text, /not an index of weights/);
  await refused(JSON.stringify(index).replace("{", '{"weight_map":{},'), /"weight_map" twice/);
  for (const name of ["../a", "a/b", "a\\b", "", ".", "..", "/a"]) {
    for (const from of [folder([]), folder("http://127.0.0.1:1/"), directory(tmpdir())])
      await expect(from.open(name)).rejects.toThrow(/no file name/);
  }
});

test("a file that changes between its header and its tensors is refused", async () => {
  const { model, files, index } = await sharded();
  let opened = 0;
  const from = folder(chosen(files, index));
  const changing = {
    open: (name: string) => from.open(name.startsWith("model-00001") && opened++ > 0 ? [...files.keys()][1]! : name),
  };
  await expect(load(model, changing)).rejects.toThrow(/has changed/);
});

/** A device that forgets what is written to it, and counts. */
function sink(onWrite = () => {}) {
  const written = { bytes: 0 };
  vi.stubGlobal("GPUBufferUsage", { STORAGE: 128, COPY_SRC: 4, COPY_DST: 8 });
  const device = {
    limits: { maxBufferSize: 2 ** 40, maxStorageBufferBindingSize: 2 ** 40 },
    features: new Set(),
    adapterInfo: {},
    createBuffer: ({ size, label }: GPUBufferDescriptor) => ({ size, label, destroy() {} }),
    queue: {
      writeBuffer: (_: unknown, __: number, ___: unknown, ____: number, size: number) => {
        written.bytes += size;
        onWrite();
      },
    },
    lost: new Promise(() => {}),
  };
  return { device: device as unknown as GPUDevice, written };
}

test("the host never holds a second copy of the weights: with a device, a tensor at a time", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const SIZE = 512; // 24 matrices of 1 MiB
  const model = sequential(Array.from({ length: 24 }, () => dense(SIZE, { bias: false })));
  model.build({ x: { shape: [1, SIZE], dtype: "f32" } });
  const one = 4 * SIZE * SIZE;
  const entries = [...model.parameters.keys()].map((name, i) => [
    name,
    { dtype: "F32", shape: [SIZE, SIZE], data_offsets: [i * one, (i + 1) * one] },
  ]);
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  const response = () => {
    let sent = 0;
    return new Response(
      new ReadableStream<Uint8Array>(
        {
          pull(to) {
            if (sent === 0) [length, header].forEach((part) => void to.enqueue(part));
            if (sent === 24 * one) return to.close();
            to.enqueue(new Uint8Array(one / 4).fill(1));
            sent += one / 4;
          },
        },
        { highWaterMark: 0 },
      ),
    );
  };
  let before = 0;
  let peak = 0;
  let calls = 0;
  const look = () => {
    if (calls++ % 21) return; // at every stage of a tensor in turn
    for (let i = 0; i < 3; i++) collect(); // what the first finds is freed by and by
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
  };
  const most = async (how: object): Promise<number> => {
    for (let i = 0; i < 3; i++) collect();
    before = process.memoryUsage().arrayBuffers;
    peak = calls = 0;
    await load(model, response(), { ...how, onProgress: look });
    expect(calls).toBeGreaterThan(90);
    return peak / one;
  };
  const { device, written } = sink(look);
  // The tensor in its parts, whole, and converted.
  expect(await most({ device })).toBeLessThan(4);
  expect(written.bytes).toBe(24 * one);
  model.destroy();
  expect(await most({ device, quantize: "q4" })).toBeLessThan(4);
  model.destroy();
  // Without one they stay, once.
  expect(await most({})).toBeLessThan(24 + 4);
  expect(await most({ quantize: "q8" })).toBeLessThan(24 + 4);
  const host = [...model.parameters.values()].map((parameter: Parameter) => parameter.packed!.weights.value as HostTensor);
  expect(host.reduce((sum, { data }) => sum + (data as Uint32Array).byteLength, 0)).toBe(6 * one);
});

test("what lies on a device keeps its width: programs read it there", async () => {
  const model = sequential([dense(4)]);
  model.build({ x: { shape: [1, 32], dtype: "f32" } });
  const file = await save(model);
  const { device } = sink();
  await load(model, file, { device, quantize: "q8" });
  const place = model.parameters.get("0.weight")!.packed!.weights.value;
  await load(model, file);
  expect((model.parameters.get("0.weight")!.packed!.weights.value as { buffer: unknown }).buffer).toBe(
    (place as { buffer: unknown }).buffer,
  );
  await expect(load(model, file, { dtype: "f16" })).rejects.toThrow(/0.weight lies on a device as q8.*cannot become f16/);
  model.destroy();
  await load(model, await openSafetensors(file), { dtype: "f16" });
  expect(model.parameters.get("0.weight")!.dtype).toBe("f16");
});
