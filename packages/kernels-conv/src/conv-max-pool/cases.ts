import { defineSuite, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { one, type Shape } from "../cases.ts";
import { type ConvMaxPoolOptions, convMaxPool } from "./conv-max-pool.ts";

const both = (shape: Shape, options: ConvMaxPoolOptions = {}): KernelCase[] => [
  one("f32", shape, options),
  one("f32", shape, { ...options, layout: "nhwc" }),
];
const halves = (shape: Shape, options: ConvMaxPoolOptions = {}): KernelCase[] => [
  one("f16", shape, options),
  one("f16", shape, { ...options, layout: "nhwc" }),
];
const all = (shape: Shape, options: ConvMaxPoolOptions = {}): KernelCase[] => [
  ...both(shape, options),
  ...halves(shape, options),
];

const cases: readonly KernelCase[] = [
  // first layers: planes of y that are a multiple of 4, and that are not
  ...all({ n: 2, ci: 1, co: 18, in: [10, 14], k: [3, 3], bias: true }, { activation: "relu" }),
  ...all({ n: 3, ci: 1, co: 5, in: [9, 9], k: [3, 3], bias: true }, { padding: 1, activation: "relu" }),
  ...both({ n: 2, ci: 2, co: 33, in: [9, 10], k: [3, 2], bias: true }, { padding: 1 }),
  ...both({ ci: 1, co: 8, in: [14, 12], k: [5, 5], bias: "one" }, { padding: "same-upper", pool: [2, 1] }),
  ...both({ ci: 1, co: 6, in: [13, 17], k: [3, 2] }, { strides: 2, padding: [0, 1, 1, 0] }),
  ...both({ ci: 1, co: 4, in: [15, 11], k: [3, 3] }, { dilations: [1, 2], strides: [1, 2], padding: 2, pool: [3, 2] }),
  ...both({ n: 2, ci: 4, co: 12, in: [8, 8], k: [1, 1], bias: true }, { activation: "sigmoid" }),
  ...both({ ci: 3, co: 7, in: [6, 7], k: [1, 1] }, { pool: 1, strides: 2 }),
  ...both({ n: 2, ci: 2, co: 10, in: [33], k: [5], bias: true }, { padding: 2, strides: 2, pool: 3, activation: "tanh" }),
  // activations that rise, and that do not: the maximum is taken behind these
  ...both({ ci: 1, co: 6, in: [8, 8], k: [3, 3], bias: true }, { padding: 1, activation: "silu" }),
  ...both({ ci: 1, co: 6, in: [8, 9], k: [3, 3], bias: true }, { padding: 1, activation: "leaky-relu", alpha: -0.5 }),
  ...both({ ci: 1, co: 6, in: [8, 9], k: [3, 3], slope: "channels" }, { activation: "prelu" }),
  ...both({ ci: 1, co: 6, in: [8, 9], k: [3, 3] }, { activation: "clip", alpha: -0.25, beta: 0.5 }),
  // filters of the other layouts
  one("f32", { ci: 2, co: 6, in: [8, 10], k: [2, 3] }, { filter: "hwio" }),
  one("f32", { ci: 2, co: 6, in: [8, 10], k: [2, 3] }, { filter: "ohwi", layout: "nhwc" }),
  // more channels or taps than a thread holds, groups, three dimensions
  ...all({ ci: 9, co: 6, in: [9, 10], k: [5, 5], bias: true }, { padding: "same-upper", pool: 3, activation: "relu" }),
  ...both({ n: 2, ci: 4, co: 6, in: [7, 8], k: [3, 3] }, { groups: 2, padding: 1 }),
  ...both({ ci: 2, co: 3, in: [5, 6, 7], k: [2, 3, 3], bias: true }, { pool: [1, 2, 2] }),
  // nothing to do, and nothing to add up
  one("f32", { n: 0, ci: 1, co: 4, in: [4, 4], k: [3, 3] }),
  one("f32", { ci: 0, co: 5, in: [6, 6], k: [3, 3], bias: true }, { activation: "relu" }),
  // types and hard numbers
  one("f32", { ci: 1, co: 8, in: [8, 10], k: [3, 3] }, { dtype: "f16" }),
  one("f32,f16", { ci: 1, co: 8, in: [8, 10], k: [3, 3], bias: true }),
  ...both({ ci: 2, co: 8, in: [8, 8], k: [2, 3], data: "large" }),
  ...both({ ci: 2, co: 8, in: [8, 8], k: [2, 3], data: "cancel" }),
  ...both({ ci: 2, co: 8, in: [8, 8], k: [2, 3], data: "denormal" }),
  ...both({ ci: 2, co: 8, in: [12, 12], k: [2, 2], data: "nonfinite" }, { activation: "relu" }),
  ...both({ ci: 2, co: 8, in: [12, 12], k: [2, 2], data: "nonfinite" }),
  ...both({ ci: 2, co: 8, in: [12, 12], k: [2, 2], data: "nonfinite" }, { activation: "gelu-tanh" }),
];

/** One case that shows any mistake, in each layout: every edge ragged, several turns, bias; and one with NaN. */
export const revealingConvMaxPool: readonly KernelCase[] = [
  ...both({ n: 3, ci: 2, co: 37, in: [9, 12], k: [2, 3], bias: true }, { padding: 1 }),
  one("f32", { n: 2, ci: 1, co: 5, in: [12, 12], k: [2, 2], bias: true, data: "nonfinite" }, { padding: 1 }),
];

const size = (shape: Shape, options: ConvMaxPoolOptions): KernelCase[] =>
  both(shape, options).map((kase) => ({ ...kase, constant: ["w", "bias"] }));

/** What proves and times convMaxPool. */
export const convMaxPoolSuite: Suite = defineSuite(convMaxPool, cases, [
  ...size({ n: 32, ci: 1, co: 32, in: [28, 28], k: [3, 3], bias: true }, { activation: "relu" }),
  ...size({ ci: 1, co: 64, in: [112, 112], k: [3, 3], bias: true }, { padding: 1, activation: "relu" }),
]);
