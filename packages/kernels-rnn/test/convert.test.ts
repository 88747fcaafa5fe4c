import { fill, random } from "@tilewright/runtime/cases";
import { describe, expect, test } from "vitest";
import { fromKeras, fromOnnx, gru, lstm, toKeras, toOnnx } from "../src/index.ts";

const f32 = (seed: number, ...shape: number[]) => fill("uniform", shape, "f32", seed);
const kinds = [
  ["lstm", 4],
  ["gru", 3],
  ["rnn", 1],
] as const;

describe.each(kinds)("%s", (kind, gates) => {
  const [h, i] = [3, 2];
  test("there and back over ONNX's layout", () => {
    const ours = {
      ...{ w: f32(1, 2, gates * h, i), r: f32(2, 2, gates * h, h), bias: f32(3, 2, gates * h), rBias: f32(4, 2, gates * h) },
      ...(kind === "lstm" && { peephole: f32(5, 2, 3 * h) }),
    };
    const back = fromOnnx(kind, toOnnx(kind, ours));
    for (const [name, { data, shape }] of Object.entries(ours)) {
      const got = back[name as "w"];
      expect([...got.data], name).toEqual([...data]);
      expect(got.shape, name).toEqual(shape);
    }
  });

  test("there and back over Keras' layout", () => {
    const theirs = { kernel: f32(1, i, gates * h), recurrentKernel: f32(2, h, gates * h), bias: f32(3, 2, gates * h) };
    const back = toKeras(kind, fromKeras(kind, theirs));
    for (const [name, { data, shape }] of Object.entries(theirs)) {
      const got = back[name as "kernel"];
      expect([...got.data], name).toEqual([...data]);
      expect(got.shape, name).toEqual(shape);
    }
  });
});

// Written down from the definitions, with gates where those libraries have them.
test("Keras' LSTM, one step by hand", async () => {
  const kernel = { data: [0.1, 0.2, 0.3, 0.4], shape: [1, 4] }; // i, f, c, o of one unit
  const recurrentKernel = { data: [0.5, 0.6, 0.7, 0.8], shape: [1, 4] };
  const bias = { data: [0.01, 1, 0.02, 0.03], shape: [4] };
  const [x, h0, c0] = [2, 0.25, -0.5];
  const s = (z: number) => 1 / (1 + Math.exp(-z));
  const z = kernel.data.map((w, g) => w * x + recurrentKernel.data[g]! * h0 + bias.data[g]!);
  const c = s(z[1]!) * c0 + s(z[0]!) * Math.tanh(z[2]!);
  const { hn, cn } = await lstm.run(
    {
      ...{ x: { data: [x], shape: [1, 1, 1] }, h0: { data: [h0], shape: [1, 1, 1] }, c0: { data: [c0], shape: [1, 1, 1] } },
      ...fromKeras("lstm", { kernel, recurrentKernel, bias }),
    },
    {},
    { on: "cpu" },
  );
  expect(cn.data[0]).toBeCloseTo(c, 6);
  expect(hn.data[0]).toBeCloseTo(s(z[3]!) * Math.tanh(c), 6);
});

test("Keras' GRU without reset_after, one step by hand", async () => {
  const next = random(1);
  const numbers = (n: number) => Array.from({ length: n }, () => Math.fround(next() - 0.5));
  const [k, r, b] = [numbers(6), numbers(12), numbers(6)]; // z, r, h of two units
  const [x, h0] = [0.7, [0.3, -0.4]];
  const s = (v: number) => 1 / (1 + Math.exp(-v));
  const pre = (gate: number, u: number, h: readonly number[]) =>
    k[2 * gate + u]! * x + h[0]! * r[2 * gate + u]! + h[1]! * r[6 + 2 * gate + u]! + b[2 * gate + u]!;
  const seen = h0.map((h, u) => h * s(pre(1, u, h0)));
  const want = h0.map((h, u) => s(pre(0, u, h0)) * h + (1 - s(pre(0, u, h0))) * Math.tanh(pre(2, u, seen)));
  const weights = fromKeras("gru", {
    ...{ kernel: { data: k, shape: [1, 6] }, recurrentKernel: { data: r, shape: [2, 6] }, bias: { data: b, shape: [6] } },
  });
  const { hn } = await gru.run(
    { x: { data: [x], shape: [1, 1, 1] }, h0: { data: h0, shape: [1, 1, 2] }, ...weights },
    { linearBeforeReset: false },
    { on: "cpu" },
  );
  want.forEach((value, u) => {
    expect(hn.data[u]).toBeCloseTo(value, 6);
  });
});
