import { countOf, encode, tensor } from "@tilewright/runtime";
import { defineSuite, type Fill, fill, type KernelCase, random, type Suite } from "@tilewright/runtime/cases";
import { embeddingQuantized } from "./embedding.ts";
import { type Bits, type Group, perWord } from "./layout.ts";
import { type MatmulQuantizedOptions, matmulQuantized } from "./matmul.ts";

interface Shape {
  m: number;
  n: number;
  k: number;
  bits?: Bits;
  group?: Group;
  zeros?: boolean;
  /** Leading dimensions of a. */
  a?: number[];
  bias?: boolean;
  /** The residual's shape. */
  residual?: number[];
  data?: Fill;
  /** The scales' dtype, where it is not a's. */
  scales?: "f32" | "f16";
}

/** Random words, every code alike likely, and scales that keep sums near 1; of both signs, as some formats have them. */
export function weightsOf(n: number, k: number, bits: Bits, group: Group, zeros: boolean, dtype: "f32" | "f16", seed: number) {
  const stored = Math.ceil(k / group) * group;
  const groups = stored / group;
  const next = random(seed);
  const words = (count: number) => Uint32Array.from({ length: count }, () => next() * 2 ** 32);
  const size = 1.5 / 2 ** bits / Math.sqrt(Math.max(k, 1));
  const across = Math.ceil(groups / perWord(bits));
  return {
    weights: tensor(words((n * stored) / perWord(bits)), [n, stored / perWord(bits)]),
    scales: tensor(
      encode(
        Float64Array.from({ length: n * groups }, () => (next() < 0.1 ? -1 : 1) * size * (1 + next())),
        dtype,
      ),
      [n, groups],
      dtype,
    ),
    ...(zeros ? { zeros: tensor(words(n * across), [n, across]) } : {}),
  };
}

function one(
  dtype: "f32" | "f16",
  { m, n, k, bits = 4, group = 32, zeros = false, a = [], bias = false, residual, data = "uniform", scales = dtype }: Shape,
  options: MatmulQuantizedOptions = {},
): KernelCase {
  const keys: Record<string, string | number | boolean> = { m, n, k, bits };
  if (group !== 32) keys["group"] = group;
  if (zeros) keys["zeros"] = true;
  if (a.length > 0) keys["a"] = a.join("x");
  if (bias) keys["bias"] = true;
  if (residual) keys["residual"] = residual.join("x");
  if (data !== "uniform") keys["data"] = data;
  if (scales !== dtype) keys["scales"] = scales;
  for (const [key, value] of Object.entries(options)) keys[key] = value as string | number | boolean;
  return {
    dtype,
    keys,
    options: { bits, group, ...options },
    inputs: () => ({
      a: fill(data, [...a, m, k], dtype, 1),
      ...weightsOf(n, k, bits, group, zeros, scales, 2),
      ...(bias ? { bias: fill("uniform", [n], dtype, 3) } : {}),
      ...(residual ? { residual: fill("uniform", residual, dtype, 4) } : {}),
    }),
  };
}

const both = (shape: Shape, options?: MatmulQuantizedOptions): KernelCase[] => [
  one("f32", shape, options),
  one("f16", shape, options),
];

const cases: readonly KernelCase[] = [
  // one of everything; less than a tile, a tile, more than one; every group, width and way of zeros
  ...both({ m: 1, n: 1, k: 16, group: 16 }),
  ...both({ m: 1, n: 64, k: 256, zeros: true }),
  ...both({ m: 1, n: 67, k: 384, bits: 8, group: 128, bias: true }, { activation: "relu" }),
  ...both({ m: 4, n: 36, k: 128 }),
  ...both({ m: 16, n: 32, k: 64, bits: 8, zeros: true }),
  ...both({ m: 17, n: 33, k: 96, zeros: true, bias: true }),
  one("f32", { m: 15, n: 31, k: 48, group: 16, zeros: true }, { activation: "gelu-tanh" }),
  one("f32", { m: 35, n: 68, k: 512, group: 256, zeros: true }),
  one("f32", { m: 33, n: 64, k: 512, bits: 8, group: 256 }, { alpha: -0.5 }),
  one("f32", { m: 64, n: 64, k: 128, group: 64, bits: 8, zeros: true }),
  ...both({ m: 65, n: 60, k: 128, group: 128, zeros: true }, { activation: "silu" }),
  one("f32", { m: 7, n: 129, k: 2048 }),
  ...both({ m: 1, n: 16, k: 4096, group: 64, zeros: true }),
  one("f32", { m: 130, n: 260, k: 512, bias: true }, { activation: "silu" }),
  // rows that end within the last group, at a word and not
  ...both({ m: 5, n: 20, k: 40, group: 32, zeros: true }),
  one("f32", { m: 1, n: 36, k: 77, group: 16 }),
  one("f32", { m: 18, n: 34, k: 131, group: 128, bits: 8 }),
  one("f32", { m: 18, n: 40, k: 65, zeros: true }),
  // nothing to do, and nothing to add up
  one("f32", { m: 0, n: 8, k: 32 }),
  one("f32", { m: 8, n: 0, k: 32 }),
  ...both({ m: 6, n: 5, k: 0, bias: true }, { activation: "relu" }),
  // batches and residuals
  ...both({ m: 3, n: 20, k: 32, a: [2, 2], bias: true }),
  ...both({ m: 12, n: 20, k: 32, residual: [12, 20] }, { beta: -0.5 }),
  one("f32", { m: 6, n: 8, k: 32, a: [2, 3], residual: [2, 3, 6, 8] }),
  one("f32", { m: 6, n: 8, k: 32, a: [3], residual: [6, 8], zeros: true }),
  one("f32", { m: 9, n: 12, k: 64, a: [2], residual: [2, 1, 12] }),
  one("f32", { m: 9, n: 7, k: 32, residual: [9, 1] }, { beta: 3 }),
  one("f32", { m: 1, n: 24, k: 64, a: [3], residual: [1, 24] }),
  // types: scales of another, and another for the output
  one("f32", { m: 8, n: 24, k: 64, scales: "f16", zeros: true }),
  one("f16", { m: 8, n: 24, k: 64, scales: "f32" }),
  one("f32", { m: 12, n: 16, k: 64 }, { dtype: "f16", activation: "tanh" }),
  one("f16", { m: 12, n: 15, k: 96 }, { dtype: "f32", activation: "sigmoid" }),
  // hard numbers
  one("f32", { m: 16, n: 32, k: 256, data: "positive" }),
  ...both({ m: 16, n: 32, k: 64, data: "large" }),
  ...both({ m: 16, n: 32, k: 64, data: "cancel", bits: 8 }),
  ...both({ m: 16, n: 32, k: 64, data: "denormal" }),
  ...both({ m: 16, n: 32, k: 64, data: "nonfinite" }, { activation: "relu" }),
  one("f32", { m: 1, n: 40, k: 64, data: "nonfinite" }),
];

/** One case that shows any mistake: nothing square, every edge ragged, several turns of every loop, zeros, bias and alpha. */
export const revealingQuantized: KernelCase = one("f32", { m: 35, n: 36, k: 1121, zeros: true, bias: true }, { alpha: 0.5 });

const size = (m: number, n: number, k: number, bits: Bits = 4, dtype: "f32" | "f16" = "f32"): KernelCase =>
  one(dtype, { m, n, k, bits });

const sizes: readonly KernelCase[] = [
  size(1, 2048, 2048),
  size(128, 1024, 1024),
  size(1, 2048, 2048, 8),
  size(4, 2048, 2048),
  size(128, 1024, 1024, 8),
  size(1, 2048, 2048, 4, "f16"),
];

/** What proves and times matmulQuantized. */
export const matmulQuantizedSuite: Suite = defineSuite(matmulQuantized, cases, sizes);

interface Table {
  rows: number;
  k: number;
  /** The shape of the indices. */
  shape: number[];
  bits?: Bits;
  group?: Group;
  zeros?: boolean;
  scales?: "f32" | "f16";
  indices?: "u32" | "i32";
}

/** Every seventh index or so lies outside the table, on both sides where it can. */
function lookup(
  dtype: "f32" | "f16",
  { rows, k, shape, bits = 4, group = 32, zeros = false, scales = "f32", indices = "u32" }: Table,
): KernelCase {
  const keys: Record<string, string | number | boolean> = { rows, k, shape: shape.join("x"), bits };
  if (group !== 32) keys["group"] = group;
  if (zeros) keys["zeros"] = true;
  if (scales !== "f32") keys["scales"] = scales;
  if (indices !== "u32") keys["indices"] = indices;
  const outside = indices === "u32" ? [rows, 2 ** 32 - 1, 2 ** 31] : [rows, -1, -(2 ** 31)];
  return {
    dtype,
    keys,
    options: { bits, group, ...(dtype === "f16" ? { dtype } : {}) },
    inputs: () => {
      const next = random(3);
      const values = Array.from({ length: countOf(shape) }, (_, i) =>
        i % 7 === 5 ? outside[i % 3]! : Math.floor(next() * rows),
      );
      return {
        indices: { data: encode(values, indices), shape, dtype: indices },
        ...weightsOf(rows, k, bits, group, zeros, scales, 2),
      };
    },
  };
}

const lookups: readonly KernelCase[] = [
  lookup("f32", { rows: 1, k: 16, group: 16, shape: [1] }),
  lookup("f32", { rows: 37, k: 160, shape: [5, 9], zeros: true }),
  lookup("f16", { rows: 37, k: 160, shape: [5, 9], zeros: true, indices: "i32" }),
  lookup("f32", { rows: 19, k: 512, group: 256, bits: 8, shape: [3, 2, 5], indices: "i32" }),
  lookup("f16", { rows: 19, k: 384, group: 128, bits: 8, zeros: true, shape: [29], scales: "f16" }),
  lookup("f32", { rows: 300, k: 64, group: 64, shape: [700], scales: "f16" }),
  lookup("f16", { rows: 8, k: 48, group: 16, zeros: true, shape: [] }),
  lookup("f32", { rows: 8, k: 32, shape: [0, 3] }),
];

/** What proves and times embeddingQuantized. */
export const embeddingQuantizedSuite: Suite = defineSuite(embeddingQuantized, lookups, [
  lookup("f32", { rows: 4096, k: 2048, shape: [512] }),
  lookup("f16", { rows: 4096, k: 2048, shape: [512] }),
]);
