// Layers over sequences on the CPU: names, shapes, positions, lengths, and mistakes.
import { slice } from "@tilewright/kernels-pointwise";
import {
  conv1d,
  gru,
  layer,
  lstm,
  maxPool1d,
  read,
  rnn,
  sequential,
  sinusoidalPositions,
  sinusoids,
  statefulLstm,
} from "@tilewright/models";
import { type Result, tensor, type Value } from "@tilewright/runtime";
import { fill } from "@tilewright/runtime/cases";
import { expect, test } from "vitest";

const f32 = (...shape: number[]) => ({ shape, dtype: "f32" as const });
const numbers = (y: Result) => Array.from(y.data);

test("parameters are called and shaped as in PyTorch; a sequence or its end comes out", () => {
  const model = sequential({ a: lstm(4, { layers: 2, bidirectional: true }), b: gru(3, { returns: "last" }) });
  const { outputs } = model.build({ x: f32(2, 5, 6) });
  expect(outputs.y.shape).toEqual([2, 3]);
  const shapes = Object.fromEntries([...model.parameters].map(([name, { shape }]) => [name, shape]));
  expect(shapes).toMatchObject({
    "a.weight_ih_l0": [16, 6],
    "a.weight_hh_l0_reverse": [16, 4],
    "a.weight_ih_l1": [16, 8],
    "a.bias_hh_l1_reverse": [16],
    "b.weight_ih_l0": [9, 8],
    "b.bias_ih_l0": [9],
  });
  expect(Object.keys(shapes).length).toBe(2 * 2 * 4 + 4);
  const bare = sequential([rnn(3, { bias: false })]);
  bare.build({ x: f32(1, 2, 2) });
  expect([...bare.parameters.keys()]).toEqual(["0.weight_ih_l0", "0.weight_hh_l0"]);
  expect(() => sequential([lstm(4)]).build({ x: f32(2, 5) })).toThrow(/lstm: x is \[2,5\]/);
});

test("an lstm goes on from a state as if it had not stopped", async () => {
  const inner = statefulLstm(4, { layers: 2 });
  const whole = sequential({ lstm: lstm(4, { layers: 2 }) }, { seed: 1 });
  const halves = sequential(
    {
      lstm: layer("halves", (scope, x: Value) => {
        const half = (from: number) => scope.tape.call(slice, { x }, { starts: [from], ends: [from + 3], axes: [1] });
        const { state } = scope.run("", inner, half(0));
        return scope.run("", inner, half(3), { state }).y;
      }),
    },
    { seed: 1 },
  );
  const x = fill("uniform", [2, 6, 3], "f32", 2);
  const [{ y: all }, { y: end }] = [await whole.run({ x }, { on: "cpu" }), await halves.run({ x }, { on: "cpu" })];
  const rows = numbers(all);
  const want = [...rows.slice(12, 24), ...rows.slice(36, 48)];
  for (let i = 0; i < 24; i++) expect(end.data[i]).toBeCloseTo(want[i]!, 6); // states are rounded to f32 in between
});

test("rows behind a text's end count for nothing", async () => {
  const inner = gru(3, { returns: "last" });
  const model = sequential({
    gru: layer("padded", (scope, x: Value) =>
      scope.run("", inner, x, { lengths: scope.tape.constant(tensor(new Uint32Array([4, 2]), [2])) }),
    ),
  });
  const x = fill("uniform", [2, 4, 2], "f32", 3);
  const changed = { ...x, data: Float32Array.from(x.data as Float32Array, (v, i) => (i >= 12 ? 9 : v)) };
  const [{ y: a }, { y: b }] = [await model.run({ x }, { on: "cpu" }), await model.run({ x: changed }, { on: "cpu" })];
  expect(numbers(a)).toEqual(numbers(b));
});

test("positions are the paper's sines and cosines, in turn or in halves", async () => {
  const at = sinusoids(3, 4);
  const want = [Math.sin(2), Math.cos(2), Math.sin(0.02), Math.cos(0.02)];
  want.forEach((v, i) => {
    expect(at[8 + i]).toBeCloseTo(v, 7);
  });
  const halves = sinusoids(3, 4, { order: "halves" });
  expect([8, 9, 10, 11].map((i) => halves[i])).toEqual([8, 10, 9, 11].map((i) => at[i]));

  const x = fill("uniform", [2, 3, 4], "f32", 4);
  const { y } = await sequential([sinusoidalPositions({ scale: 2, most: 3 })]).run({ x }, { on: "cpu" });
  for (let i = 0; i < 24; i++) expect(y.data[i]).toBeCloseTo(2 * (x.data as Float32Array)[i]! + at[i % 12]!, 6);
  const chosen = sequential([
    layer("chosen", (scope, x: Value) =>
      scope.run("", sinusoidalPositions(), x, scope.tape.constant(tensor(new Uint32Array([2, 0, 1]), [3]))),
    ),
  ]);
  const { y: turned } = await chosen.run({ x }, { on: "cpu" });
  for (let i = 0; i < 4; i++) expect(turned.data[i]).toBeCloseTo((x.data as Float32Array)[i]! + at[8 + i]!, 6);
  expect(() => sequential([sinusoidalPositions({ most: 2 })]).build({ x: f32(1, 3, 4) })).toThrow(/2 positions/);
});

test("channels last give what channels first give", async () => {
  const first = sequential([conv1d(4, 3, { padding: 1, activation: "relu" }), maxPool1d(2)]);
  const last = sequential([
    conv1d(4, 3, { padding: 1, activation: "relu", layout: "nhwc", filter: "hwio" }),
    maxPool1d(2, { layout: "nhwc" }),
  ]);
  const x = fill("uniform", [1, 2, 6], "f32", 5);
  const { y } = await first.run({ x }, { on: "cpu" });
  const turn = (data: ArrayLike<number>, rows: number, columns: number) =>
    Float32Array.from({ length: rows * columns }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
  last.build({ x: f32(1, 6, 2) });
  const w = await read(first.parameters.get("0.weight")!);
  last.parameters.get("0.weight")!.value = tensor(turn(w.data as Float32Array, 4, 6), [6, 4]);
  const hwio = last.parameters.get("0.weight")!;
  // [4, 2, 3] turned is [2 · 3, 4]; Keras has the taps before the channels.
  const flat = (hwio.value as Result).data;
  hwio.value = tensor(
    Float32Array.from({ length: 24 }, (_, i) => flat[((Math.floor(i / 4) % 2) * 3 + Math.floor(i / 8)) * 4 + (i % 4)]!),
    [3, 2, 4],
  );
  const { y: other } = await last.run({ x: tensor(turn(x.data as Float32Array, 2, 6), [1, 6, 2]) }, { on: "cpu" });
  expect(other.shape).toEqual([1, 3, 4]);
  const back = turn(y.data as Float32Array, 4, 3);
  for (let i = 0; i < 12; i++) expect(other.data[i]).toBeCloseTo(back[i]!, 6);
  expect(() => first.build({ x: f32(1, 2, 6, 1) })).toThrow(/conv1d: x is \[1,2,6,1\]; needed are three dimensions/);
});
