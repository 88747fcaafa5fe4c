import { KernelError, tensor } from "@tilewright/runtime";
import { expect, test } from "vitest";
import {
  adam,
  add,
  concat,
  dropout,
  gelu,
  leakyRelu,
  mul,
  of,
  pad,
  philox,
  pointwise,
  reshape,
  resize,
  sigmoid,
  slice,
  transpose,
  uniform,
} from "../src/index.ts";
import { erfOp } from "../src/special.ts";

const cpu = { on: "cpu" } as const;

test("philox gives the numbers of its authors", () => {
  // Random123's kat_vectors, philox4x32 of 10 rounds.
  expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  expect(philox([~0, ~0, ~0, ~0], [~0, ~0])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
    0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
  ]);
});

test("erf to 14 digits", () => {
  // Abramowitz and Stegun 1964, table 7.1, and erfc(4) of Wolfram's MathWorld.
  for (const [x, y] of [
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [4, 1 - 1.541725790028002e-8],
  ] as const) {
    expect(erfOp.f(x)).toBeCloseTo(y, 14);
    expect(erfOp.f(-x)).toBeCloseTo(-y, 14);
  }
});

test("a chain is one dispatch, and is what its parts are", async () => {
  const gate = pointwise("gate", ["x", "gain"], ({ x, gain }, { scale }) => of(mul, of(mul, of(sigmoid, x), gain), scale), {
    scale: 2,
  });
  const x = tensor([0, 1, -1], [3]);
  const gain = tensor([1, 2], [2, 1]);
  expect(await gate.source({ x, gain })).toHaveLength(1);
  const got = await gate.run({ x, gain }, { scale: 3 }, cpu);
  expect(got.shape).toEqual([2, 3]);
  expect(Array.from(got.data, (v) => v.toFixed(5))).toEqual(
    [1.5, 2.19318, 0.80682, 3, 4.38635, 1.61365].map((v) => v.toFixed(5)),
  );
});

test("options of a part in a chain, and slips", async () => {
  const own = pointwise("own", ["x"], ({ x }) => of(leakyRelu, x, { alpha: 0.5 }));
  expect((await own.source({ x: { shape: [4], dtype: "f32" } }))[0]).toContain("(0.5)");
  expect(() => pointwise("own", ["x", "y"], ({ x, y }) => of(add, x, y))).toThrow(/none of y/);
  expect(() => of(add, 1)).toThrow(KernelError);
  expect(() => of(leakyRelu, { input: "x" }, { beta: 1 })).toThrow(/no number beta/);
});

test("no size stands in a text", async () => {
  const of2 = (m: number, n: number) => add.source({ a: { shape: [m, n], dtype: "f32" }, b: { shape: [n], dtype: "f32" } });
  expect(await of2(8, 16)).toEqual(await of2(300, 44));
  const turned = (m: number, n: number) => transpose.source({ x: { shape: [m, n], dtype: "f32" } });
  expect(await turned(3, 5)).toEqual(await turned(17, 9));
});

test("errors name what was given and what is needed", () => {
  const f32 = (...shape: number[]) => ({ shape, dtype: "f32" }) as const;
  expect(() => add.problem({ a: f32(2, 3), b: f32(2) })).toThrow(/a is \[2,3\] and b is \[2\]/);
  expect(() => add.problem({ a: f32(2), b: { shape: [2], dtype: "i32" } })).toThrow(/one type/);
  expect(() => gelu.problem({ x: { shape: [2], dtype: "i32" } })).toThrow(/f32 and f16/);
  expect(() => concat.problem({ x0: f32(2, 3), x1: f32(3, 3) }, { axis: 1 })).toThrow(/all dimensions but 1/);
  expect(() => transpose.problem({ x: f32(2, 3) }, { axes: [0, 0] })).toThrow(/once/);
  expect(() => pad.problem({ x: f32(2) }, { begin: [1], end: [] })).toThrow(/one for each dimension/);
  expect(() => slice.problem({ x: f32(4) }, { starts: [0], steps: [0] })).toThrow(/other than 0/);
  expect(() => resize.problem({ x: f32(2, 4, 4, 3) }, { sizes: [3, 3], axes: [0, 2] })).toThrow(/neighbours/);
  expect(() => dropout.problem({ x: f32(2) }, { rate: 2 })).toThrow(/from 0 to 1/);
  expect(() => adam.problem({ weights: f32(2), gradient: f32(3), mean: f32(2), variance: f32(2) })).toThrow(/must be alike/);
  expect(() => reshape(f32(2, 3), [4, -1])).toThrow(/do not fill/);
  expect(() => leakyRelu.problem({ x: f32(2) }, { beta: 1 } as never)).toThrow(/no option beta/);
});

test("the same seed gives the same numbers, another another", async () => {
  const draw = async (seed: number, shape: number[]) => Array.from((await uniform.run({}, { shape, seed }, cpu)).data);
  expect(await draw(5, [8])).toEqual(await draw(5, [2, 4]));
  expect(await draw(5, [8])).not.toEqual(await draw(6, [8]));
  const many = await draw(1, [10000]);
  expect(many.reduce((a, b) => a + b, 0) / 10000).toBeCloseTo(0.5, 1);
});
