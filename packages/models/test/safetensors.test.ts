// safetensors: what is written is read, by us and as the format says, and no file can make us allocate, hang or read what is not there.
import { openAsBlob } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dense, load, openSafetensors, read, readSafetensors, save, sequential, writeSafetensors } from "@tilewright/models";
import { decode, fromF16, KernelError, tensor } from "@tilewright/runtime";
import fc from "fast-check";
import { expect, test } from "vitest";

const bytesOf = (text: string, data = 0, length = new TextEncoder().encode(text).length) => {
  const encoded = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + encoded.length + data);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(encoded, 8);
  return file;
};
const entry = (name: string, dtype: unknown, shape: unknown, offsets: unknown) =>
  `${JSON.stringify(name)}:{"dtype":${JSON.stringify(dtype)},"shape":${JSON.stringify(shape)},"data_offsets":${JSON.stringify(offsets)}}`;
const numbers = (t: { data: ArrayLike<number> }) => Array.from(t.data);
const floats = fc.float({ noNaN: true });

test("a file byte by byte, as the format's page shows it", async () => {
  const file = writeSafetensors({ b: tensor([1, 2], [2]), a: tensor(new Uint8Array([7]), []) }, { metadata: { by: "us" } });
  const json =
    '{"__metadata__":{"by":"us"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[],"data_offsets":[8,9]}}';
  const length = Math.ceil(json.length / 8) * 8;
  expect(Array.from(file.subarray(0, 8))).toEqual([length, 0, 0, 0, 0, 0, 0, 0]);
  expect(new TextDecoder().decode(file.subarray(8, 8 + length))).toBe(json.padEnd(length));
  expect(Array.from(file.subarray(8 + length))).toEqual([0, 0, 128, 63, 0, 0, 0, 64, 7]);
});

test("what is written is read: any names, shapes and values, f32 exactly, f16 and bf16 to the nearest", async () => {
  const named = fc.dictionary(
    fc.string().filter((name) => name !== "__metadata__"),
    fc.array(floats, { maxLength: 9 }),
    { maxKeys: 5 },
  );
  await fc.assert(
    fc.asyncProperty(named, fc.constantFrom("f32" as const, "f16" as const, "bf16" as const), async (values, dtype) => {
      const tensors = Object.fromEntries(Object.entries(values).map(([name, data]) => [name, tensor(data, [1, data.length])]));
      const got = await readSafetensors(writeSafetensors(tensors, { dtype }));
      expect(Object.keys(got).sort()).toEqual(Object.keys(values).sort());
      for (const [name, data] of Object.entries(values)) {
        expect(got[name]!.shape).toEqual([1, data.length]);
        data.forEach((value, i) => {
          const back = got[name]!.data[i]!;
          if (dtype === "f32") expect(back).toBe(value);
          else if (dtype === "bf16")
            expect(Math.abs(back - value) <= Math.abs(value) * 2 ** -8 + 2 ** -134 || Math.abs(value) > 3.38e38).toBe(true);
          else expect(Math.abs(back - value) <= Math.abs(value) * 2 ** -11 + 2 ** -25 || Math.abs(value) >= 65520).toBe(true);
        });
      }
    }),
    { numRuns: 100 },
  );
});

test("bf16 rounds to even and keeps NaN and infinities; f16 is read as f16 where asked", async () => {
  const values = [1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -Infinity, Number.NaN, 3.4e38];
  const { x } = await readSafetensors(writeSafetensors({ x: tensor(values) }, { dtype: "bf16" }));
  expect(numbers(x!)).toEqual([1, 1, 1 + 2 ** -6, -Infinity, Number.NaN, Infinity]);
  const half = (await readSafetensors(writeSafetensors({ x: tensor([0.1, -2]) }, { dtype: "f16" }), { dtype: "f16" }))["x"]!;
  expect(half.dtype).toBe("f16");
  expect(Array.from(decode(half), Number)).toEqual([fromF16(0x2e66), -2]);
});

const hostile: Record<string, Uint8Array | (() => Uint8Array)> = {
  empty: new Uint8Array(0),
  "header past the end": bytesOf("{}", 0, 1000),
  "header of 2^60 bytes": bytesOf("{}", 0, 2 ** 60),
  "header of 0 bytes": bytesOf("", 0, 0),
  "no JSON": bytesOf("{]"),
  "no object": bytesOf("[]"),
  "leading space": bytesOf(" {}"),
  "broken UTF-8": new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0x7d]),
  "unknown dtype": bytesOf(`{${entry("a", "F7", [1], [0, 4])}}`, 4),
  "dtype of the prototype": bytesOf(`{${entry("a", "constructor", [1], [0, 4])}}`, 4),
  "no shape": bytesOf('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4),
  "negative size": bytesOf(`{${entry("a", "F32", [-1], [0, 4])}}`, 4),
  "broken size": bytesOf(`{${entry("a", "F32", [0.5], [0, 2])}}`, 2),
  "size past 2^53": bytesOf('{"a":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]}}', 4),
  "product past 2^53": bytesOf(`{${entry("a", "F32", [2 ** 52, 2 ** 52, 4], [0, 4])}}`, 4),
  "product of 2^53 · 0 with bytes": bytesOf(`{${entry("a", "F32", [2 ** 52, 0], [0, 4])}}`, 4),
  "shape and offsets differ": bytesOf(`{${entry("a", "F32", [2], [0, 4])}}`, 4),
  "backward offsets": bytesOf(`{${entry("a", "F32", [1], [4, 0])}}`, 4),
  "three offsets": bytesOf(`{${entry("a", "F32", [1], [0, 4, 4])}}`, 4),
  "past the end": bytesOf(`{${entry("a", "F32", [2], [0, 8])}}`, 4),
  "2^50 bytes": bytesOf(`{${entry("a", "U8", [2 ** 50], [0, 2 ** 50])}}`, 4),
  overlap: bytesOf(`{${entry("a", "F32", [1], [0, 4])},${entry("b", "F32", [1], [2, 6])}}`, 6),
  "the same bytes twice": bytesOf(`{${entry("a", "F32", [1], [0, 4])},${entry("b", "F32", [1], [0, 4])}}`, 4),
  gap: bytesOf(`{${entry("a", "F32", [1], [0, 4])},${entry("b", "F32", [1], [8, 12])}}`, 12),
  "bytes left over": bytesOf(`{${entry("a", "F32", [1], [0, 4])}}`, 5),
  "a name twice": bytesOf(`{${entry("a", "F32", [1], [0, 4])},${entry("a", "F32", [1], [4, 8])}}`, 8),
  "a name twice, once escaped": bytesOf(
    `{${entry("a", "F32", [1], [0, 4])},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
    4,
  ),
  "a field twice": bytesOf('{"a":{"dtype":"F64","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
  "metadata of numbers": bytesOf('{"__metadata__":{"a":1}}'),
  "a tensor that is null": bytesOf('{"a":null}'),
  nested: () => bytesOf("[".repeat(200_000)),
};

test.for(Object.entries(hostile))("refused: %s", async ([, file]) => {
  const bytes = typeof file === "function" ? file() : file;
  const error = await openSafetensors(bytes).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(KernelError);
  expect((error as Error).message).toMatch(/^safetensors: /);
  // As a stream whose length nobody tells, the same, at the latest when the tensors are read.
  const response = new Response(bytes as Uint8Array<ArrayBuffer>);
  const streamed = await readSafetensors(response).catch((e: unknown) => e);
  expect(streamed).toBeInstanceOf(KernelError);
});

test("any damage is refused or harmless: every outcome is a KernelError or tensors that lie in the file", async () => {
  const good = writeSafetensors(
    { a: tensor([1, 2, 3, 4], [2, 2]), b: tensor(new Int32Array([5]), [1]) },
    { metadata: { k: "v" } },
  );
  const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(damage, fc.nat(good.length), async (changes, cut) => {
      const file = good.slice(0, cut % 3 ? good.length : cut);
      for (const [at, byte] of changes) if (at < file.length) file[at] = byte;
      try {
        const tensors = await readSafetensors(file);
        for (const { data, shape } of Object.values(tensors)) expect(data.length).toBe(shape.reduce((x, y) => x * y, 1));
      } catch (error) {
        expect(error).toBeInstanceOf(KernelError);
      }
    }),
    { numRuns: 500 },
  );
  const json = fc.oneof(
    fc.record({
      dtype: fc.constantFrom("F32", "U8", "F99"),
      shape: fc.array(fc.integer()),
      data_offsets: fc.array(fc.integer()),
    }),
    fc.jsonValue(),
  );
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), json, { maxKeys: 4 }), fc.nat(64), async (header, data) => {
      const outcome = await readSafetensors(bytesOf(JSON.stringify(header), data)).catch((e: unknown) => e);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(KernelError);
    }),
    { numRuns: 300 },
  );
});

const big = () => writeSafetensors({ a: tensor(Float32Array.from({ length: 50_000 }, (_, i) => i)), b: tensor([1]) });

test("a path, a Blob and an URL give the same, with progress", async () => {
  const folder = await mkdtemp(join(tmpdir(), "safetensors-"));
  const file = big();
  const server = createServer((request, response) => {
    if (request.url === "/none") return void response.writeHead(404).end();
    if (request.url === "/sized") response.setHeader("content-length", file.length);
    if (request.url === "/stuck") return void response.write(file.subarray(0, 5000));
    if (request.url === "/cut") return void response.write(file.subarray(0, 5000), () => response.end());
    for (let at = 0; at < file.length; at += 7001) response.write(file.subarray(at, at + 7001));
    response.end();
  });
  try {
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const at = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    await writeFile(join(folder, "x.safetensors"), file);
    for (const source of [
      await openAsBlob(join(folder, "x.safetensors")),
      new Blob([file]),
      at("/sized"),
      new URL(at("/unsized")),
    ]) {
      const seen: [number, number | undefined][] = [];
      const got = await readSafetensors(source, { onProgress: (done, total) => seen.push([done, total]) });
      expect(got["a"]!.data[49_999]).toBe(49_999);
      expect(numbers(got["b"]!)).toEqual([1]);
      expect(seen.length).toBeGreaterThan(1);
      expect(seen.at(-1)![0]).toBe(file.length);
      expect(seen.every(([done], i) => i === 0 || done >= seen[i - 1]![0])).toBe(true);
    }
    await expect(readSafetensors(at("/none"))).rejects.toThrow(/404/);
    await expect(readSafetensors(at("/cut"))).rejects.toThrow(/cut off in "a"/);
    const abort = new AbortController();
    const waiting = readSafetensors(at("/stuck"), { signal: abort.signal, onProgress: () => abort.abort(new Error("enough")) });
    await expect(waiting).rejects.toThrow("enough");
    await expect(readSafetensors(new Blob([file]), { signal: abort.signal })).rejects.toThrow("enough");
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  }
});

test("a model takes what it saved; what is missing, extra or misshapen is one error that lists all, and changes nothing", async () => {
  const types = { x: { shape: [1, 3], dtype: "f32" as const } };
  const [one, two] = [sequential([dense(4), dense(2)], { seed: 1 }), sequential([dense(4), dense(2)], { seed: 2 })];
  await expect(load(one, new Uint8Array(0))).rejects.toThrow(/not built/);
  one.build(types);
  two.build(types);
  const file = await save(one);
  const before = numbers(await read(two.parameters.get("0.weight")!));
  await load(two, file);
  for (const [name, parameter] of one.parameters)
    expect(numbers(await read(two.parameters.get(name)!))).toEqual(numbers(await read(parameter)));
  expect(numbers(await read(two.parameters.get("0.weight")!))).not.toEqual(before);

  const tensors = await readSafetensors(file);
  const { "1.bias": _, ...rest } = tensors;
  const wrong = { ...rest, "0.bias": tensor([1, 2]), more: tensor([3]) };
  const message = await load(one, { tensors: wrong }).catch((e: Error) => e.message);
  expect(message).toMatch(/extra: more \[1\]/);
  expect(message).toMatch(/misshapen: 0.bias is \[2\]; needed is \[4\]/);
  expect(message).toMatch(/missing: 1.bias \[2\]/);
  expect(numbers(await read(one.parameters.get("0.weight")!))).toEqual(numbers(tensors["0.weight"]!));
  await load(one, { tensors: wrong }, { rename: (name) => (name === "more" ? undefined : name) }).catch((e: Error) =>
    expect(e.message).not.toMatch(/extra/),
  );
});
