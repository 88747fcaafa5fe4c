import { tensor } from "@tilewright/runtime";
import { defineSuite, type Fill, fill, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { conv } from "./conv.ts";
import type { ConvMaxPoolOptions } from "./conv-max-pool/conv-max-pool.ts";
import { type ConvWinogradOptions, convWinograd } from "./conv-winograd.ts";
import { assemble } from "./geometry.ts";
import type { Filter } from "./problem.ts";
import { type ConvTransposeOptions, convTranspose } from "./transpose.ts";
import { transformedShape } from "./winograd.ts";
import { winogradFilter } from "./winograd-filter.ts";

export interface Shape {
  /** Batch; channels and filters in all; spatial sizes; the kernel's. */
  n?: number;
  ci: number;
  co: number;
  in: readonly number[];
  k: readonly number[];
  bias?: boolean | "one";
  residual?: boolean;
  /** Of prelu. */
  slope?: "one" | "channels" | "all";
  data?: Fill;
}

type Types = "f32" | "f16" | "f32,f16";

/** One case. `types`: of everything, or of x (and y) and w where they differ; `transposed`: of convTranspose. */
export function one(
  types: Types,
  shape: Shape,
  options: ConvWinogradOptions | ConvMaxPoolOptions | ConvTransposeOptions = {},
  transposed = false,
): KernelCase {
  const { n = 1, ci, co, in: spatial, k, bias = false, residual = false, slope, data = "uniform" } = shape;
  const [x, w = x] = types.split(",") as ("f32" | "f16")[];
  const { layout = "nchw", groups = 1 } = options;
  const preset = { nchw: ["oihw", "iohw"], nhwc: ["hwio", "hwoi"] } as const;
  const { filter = preset[layout][transposed ? 1 : 0] } = options;
  const last = layout === "nhwc";
  const keys: Record<string, string | number | boolean> = { ci, co, in: spatial.join("x"), k: k.join("x") };
  if (n !== 1) keys["n"] = n;
  if (bias) keys["bias"] = bias;
  if (residual) keys["residual"] = true;
  if (slope) keys["slope"] = slope;
  if (data !== "uniform") keys["data"] = data;
  for (const [key, value] of Object.entries(options))
    keys[key] = Array.isArray(value) ? value.join("x") : (value as string | number);
  const [o, i] = transposed ? [co / groups, ci] : [co, ci / groups];
  const filters: Record<Filter, number[]> = {
    oihw: [o, i, ...k],
    iohw: [i, o, ...k],
    hwio: [...k, i, o],
    hwoi: [...k, o, i],
    ohwi: [o, ...k, i],
    ihwo: [i, ...k, o],
  };
  return {
    dtype: types.replace(",", "·"),
    keys,
    options,
    inputs() {
      const given = {
        x: fill(data, assemble(last, n, ci, spatial), x!, 1),
        w: fill(data === "nonfinite" ? "uniform" : data, filters[filter], w!, 2),
      };
      // y's shape; prelu without its slope is refused.
      const {
        outputs: _,
        transformed: __,
        channels: ___,
        pool: ____,
        ...plain
      } = options as ConvWinogradOptions & ConvMaxPoolOptions;
      const { shape: out } = (transposed ? convTranspose : conv).problem(given, { ...plain, activation: undefined }).types["y"]!;
      const slopes = { one: [1], channels: [co], all: out.slice(1) };
      return {
        ...given,
        ...(bias ? { bias: fill("uniform", [bias === "one" ? 1 : co], x!, 3) } : {}),
        ...(residual ? { residual: fill("uniform", out, x!, 4) } : {}),
        ...(slope ? { slope: fill("uniform", slopes[slope], x!, 5) } : {}),
      };
    },
  };
}

const types = (shape: Shape, options?: ConvWinogradOptions): KernelCase[] => [
  one("f32", shape, options),
  one("f16", shape, options),
];
/** In both layouts. */
const layouts = (shape: Shape, options: ConvWinogradOptions = {}): KernelCase[] => [
  one("f32", shape, options),
  one("f32", shape, { ...options, layout: "nhwc" }),
];
const all = (shape: Shape, options: ConvWinogradOptions = {}): KernelCase[] => [
  ...types(shape, options),
  ...types(shape, { ...options, layout: "nhwc" }),
];

const cases: readonly KernelCase[] = [
  // the usual layers, a tile and more, ragged edges everywhere
  ...all({ ci: 1, co: 1, in: [1, 1], k: [1, 1] }),
  ...all({ ci: 8, co: 36, in: [10, 12], k: [3, 3], bias: true }, { padding: 1, activation: "relu" }),
  ...layouts({ n: 2, ci: 5, co: 17, in: [7, 9], k: [3, 3], bias: true }, { padding: 1 }),
  ...all({ ci: 3, co: 16, in: [17, 19], k: [7, 7], bias: true }, { padding: 3, strides: 2 }),
  ...all({ n: 2, ci: 16, co: 24, in: [6, 6], k: [1, 1], bias: true }, { activation: "silu" }),
  ...layouts({ n: 3, ci: 17, co: 5, in: [5, 5], k: [1, 1] }),
  ...layouts({ ci: 12, co: 20, in: [9, 7], k: [1, 1] }, { strides: 2 }),
  ...layouts({ ci: 4, co: 8, in: [13, 11], k: [3, 3] }, { strides: 3, padding: "same-upper" }),
  ...layouts({ ci: 4, co: 4, in: [8, 8], k: [2, 4] }, { padding: "same-lower", strides: [2, 1] }),
  ...layouts({ ci: 8, co: 12, in: [14, 15], k: [3, 3] }, { dilations: 2, padding: 2 }),
  ...layouts({ ci: 4, co: 12, in: [16, 12], k: [3, 2] }, { dilations: [3, 1], padding: [3, 0, 1, 2], strides: [1, 2] }),
  ...layouts({ ci: 4, co: 16, in: [12, 12], k: [5, 5] }, { padding: 2 }),
  ...layouts({ ci: 4, co: 8, in: [4, 20], k: [1, 7] }, { padding: [0, 3] }),
  ...layouts({ ci: 4, co: 8, in: [4, 30], k: [1, 11] }, { padding: [0, 5] }),
  ...layouts({ ci: 68, co: 40, in: [5, 5], k: [3, 3], residual: true }, { padding: 1, activation: "relu" }),
  // one and three dimensions
  one("f32", { n: 2, ci: 3, co: 8, in: [70], k: [19], bias: true }, { padding: 9 }),
  ...layouts({ n: 2, ci: 6, co: 10, in: [33], k: [5], bias: true }, { padding: 2, strides: 2 }),
  ...layouts({ ci: 4, co: 16, in: [40], k: [3] }, { dilations: 3, padding: "same-upper", activation: "tanh" }),
  ...layouts({ n: 2, ci: 3, co: 8, in: [5, 6, 7], k: [3, 3, 3], bias: true }, { padding: 1 }),
  ...layouts({ ci: 4, co: 4, in: [4, 5, 8], k: [2, 1, 2] }, { strides: [1, 2, 1] }),
  // filters of the other layouts
  ...(["iohw", "hwio", "hwoi", "ohwi", "ihwo"] as const).map((filter) =>
    one("f32", { ci: 8, co: 12, in: [6, 8], k: [3, 3] }, { filter, padding: 1 }),
  ),
  ...(["oihw", "iohw", "hwoi", "ohwi", "ihwo"] as const).map((filter) =>
    one("f32", { ci: 8, co: 12, in: [6, 8], k: [3, 3] }, { layout: "nhwc", filter, padding: 1 }),
  ),
  one("f32", { ci: 7, co: 9, in: [6, 5], k: [2, 3] }, { layout: "nhwc", filter: "ohwi" }),
  one("f32", { ci: 8, co: 16, in: [6, 8], k: [1, 1] }, { filter: "hwio" }),
  // groups, depthwise, with a multiplier
  ...all({ ci: 16, co: 32, in: [8, 8], k: [3, 3], bias: true }, { groups: 4, padding: 1 }),
  ...layouts({ n: 2, ci: 15, co: 9, in: [7, 7], k: [3, 3] }, { groups: 3 }),
  ...types({ n: 2, ci: 24, co: 16, in: [6, 19], k: [3, 3], bias: true }, { groups: 2, padding: 1, layout: "nhwc" }),
  ...(["hwio", "ohwi"] as const).map((filter) =>
    one("f32", { ci: 14, co: 18, in: [8, 21], k: [3, 5] }, { groups: 2, strides: [1, 2], padding: 2, layout: "nhwc", filter }),
  ),
  one("f32", { ci: 16, co: 16, in: [9, 9], k: [3, 3] }, { groups: 4, dilations: 2, layout: "nhwc", filter: "ohwi" }),
  one("f32", { ci: 8, co: 8, in: [4, 5, 6], k: [2, 2, 3] }, { groups: 2, padding: 1, layout: "nhwc" }),
  one("f32", { n: 2, ci: 3, co: 8, in: [5, 7, 9], k: [2, 3, 3] }, { layout: "nhwc", filter: "ohwi" }),
  ...all({ ci: 12, co: 12, in: [15, 16], k: [3, 3], bias: true }, { groups: 12, padding: 1, activation: "clip" }),
  ...layouts({ n: 2, ci: 5, co: 5, in: [9, 10], k: [3, 3] }, { groups: 5, strides: 2, padding: "same-upper" }),
  ...layouts({ ci: 8, co: 8, in: [37, 9], k: [5, 3] }, { groups: 8, dilations: [1, 2], padding: [2, 2] }),
  ...types(
    { n: 2, ci: 5, co: 5, in: [9, 16], k: [3, 3], bias: true, residual: true },
    { groups: 5, padding: 1, activation: "relu" },
  ),
  one(
    "f32",
    { ci: 6, co: 6, in: [7, 16], k: [3, 5], slope: "all" },
    { groups: 6, padding: [1, 2], strides: [1, 2], activation: "prelu" },
  ),
  one("f32", { ci: 4, co: 4, in: [3, 4, 8], k: [2, 3, 4] }, { groups: 4, dilations: [1, 1, 2], padding: [1, 0, 3] }),
  ...layouts({ ci: 4, co: 12, in: [6, 6], k: [3, 3] }, { groups: 4, padding: 1 }),
  ...layouts({ ci: 8, co: 8, in: [21], k: [4] }, { groups: 8, padding: [3, 0] }),
  one("f32", { ci: 8, co: 8, in: [9, 12], k: [3, 3] }, { groups: 8, layout: "nhwc", filter: "oihw", padding: 1 }),
  // what follows the sum
  one("f32", { ci: 4, co: 8, in: [6, 8], k: [3, 3], bias: "one", residual: true }, { activation: "leaky-relu", alpha: 0.3 }),
  one("f32", { n: 2, ci: 4, co: 6, in: [6, 7], k: [3, 3], slope: "channels" }, { activation: "prelu", layout: "nhwc" }),
  one("f32", { n: 2, ci: 4, co: 8, in: [6, 7], k: [2, 2], slope: "all" }, { activation: "prelu" }),
  one("f32", { ci: 4, co: 8, in: [6, 8], k: [1, 1], slope: "one" }, { activation: "prelu", layout: "nhwc" }),
  one("f32", { ci: 4, co: 8, in: [6, 8], k: [3, 3] }, { activation: "elu", alpha: 0.7 }),
  one("f32", { ci: 4, co: 7, in: [6, 8], k: [3, 3] }, { activation: "hard-sigmoid", layout: "nhwc" }),
  one("f32", { ci: 4, co: 8, in: [6, 8], k: [3, 3], bias: true }, { activation: "gelu-erf", layout: "nhwc" }),
  // types
  one("f32,f16", { ci: 8, co: 12, in: [8, 8], k: [3, 3], bias: true }, { padding: 1 }),
  one("f32,f16", { ci: 8, co: 8, in: [8, 9], k: [3, 3] }, { groups: 8, padding: 1, layout: "nhwc" }),
  one("f32", { ci: 8, co: 12, in: [8, 8], k: [3, 3] }, { dtype: "f16", layout: "nhwc" }),
  one("f16", { ci: 5, co: 7, in: [7, 5], k: [2, 2] }, { dtype: "f32" }),
  // nothing to do, and nothing to add up
  one("f32", { n: 0, ci: 4, co: 4, in: [4, 4], k: [3, 3] }),
  one("f32", { ci: 4, co: 0, in: [4, 4], k: [3, 3] }),
  ...types({ ci: 0, co: 5, in: [4, 4], k: [3, 3], bias: true }, { activation: "relu" }),
  one("f32", { ci: 4, co: 4, in: [2, 2], k: [3, 3], bias: true }, { padding: [3, 3, 0, 0], strides: 2 }),
  // hard numbers
  ...layouts({ ci: 64, co: 8, in: [6, 6], k: [3, 3], data: "positive" }),
  ...all({ ci: 8, co: 8, in: [6, 6], k: [3, 3], data: "large" }),
  ...layouts({ ci: 8, co: 8, in: [6, 6], k: [3, 3], data: "tiny" }),
  ...layouts({ ci: 8, co: 8, in: [6, 6], k: [3, 3], data: "cancel" }),
  ...all({ ci: 8, co: 8, in: [6, 6], k: [3, 3], data: "denormal" }),
  ...all({ ci: 6, co: 8, in: [6, 8], k: [3, 3], data: "nonfinite" }, { padding: 1, activation: "relu" }),
  ...layouts({ ci: 8, co: 8, in: [12, 12], k: [3, 3], data: "nonfinite" }, { groups: 8, padding: 1, activation: "clip" }),
];

/** One case that shows any mistake, in each layout: every edge ragged, several turns of every loop, bias. */
export const revealing: readonly KernelCase[] = layouts(
  { n: 2, ci: 9, co: 37, in: [7, 10], k: [3, 3], bias: true },
  { padding: 1 },
);

const each = { n: 2, ci: 12, co: 12, k: [3, 3], bias: true } as const;
/** Likewise of the depthwise variant, with rows that are no multiple of 4, and that are. */
export const revealingDepthwise: readonly KernelCase[] = [
  ...layouts({ ...each, in: [9, 10] }, { groups: 12, padding: 1 }),
  one("f32", { ...each, in: [9, 12] }, { groups: 12, padding: 1 }),
];

/** Groups of few channels, of the variant for them. */
export const revealingNarrow: KernelCase = one(
  "f32",
  { n: 2, ci: 15, co: 21, in: [9, 10], k: [3, 3], bias: true },
  { groups: 3, padding: 1, layout: "nhwc" },
);

const size = (shape: Shape, options: ConvWinogradOptions): KernelCase[] =>
  layouts(shape, options).map((kase) => ({ ...kase, constant: ["w", "bias"] }));

const sizes: readonly KernelCase[] = [
  ...size({ ci: 64, co: 64, in: [56, 56], k: [3, 3] }, { padding: 1 }),
  ...size({ ci: 256, co: 256, in: [28, 28], k: [1, 1] }, {}),
  ...size({ ci: 96, co: 96, in: [56, 56], k: [3, 3] }, { groups: 96, padding: 1 }),
  ...size({ ci: 3, co: 32, in: [112, 112], k: [7, 7], bias: true }, { strides: 2, padding: 3, activation: "relu" }),
  ...size({ ci: 128, co: 128, in: [28, 28], k: [3, 3] }, { groups: 32, padding: 1 }),
];

/** Winograd's tiles, whole and ragged. */
const winogradCases: readonly KernelCase[] = [
  ...all({ ci: 8, co: 36, in: [10, 12], k: [3, 3], bias: true }, { padding: 1, activation: "relu", outputs: 4 }),
  ...all({ n: 2, ci: 5, co: 17, in: [7, 9], k: [3, 3], bias: true }, { padding: 1, outputs: 2 }),
  ...layouts({ n: 2, ci: 68, co: 20, in: [13, 11], k: [3, 3], residual: true }, { outputs: 4 }),
  ...layouts({ ci: 16, co: 16, in: [17, 16], k: [3, 3] }, { padding: [0, 2, 1, 1], outputs: 2 }),
];

/** On a filter that is transformed already: any numbers will do, but for input channels that there are none of. */
const transformedCase = (shape: Shape, options: ConvWinogradOptions): KernelCase => {
  const { outputs = 2 } = options;
  const kase = one("f32", shape, { ...options, transformed: true, channels: shape.co });
  const sizes = transformedShape(outputs, shape.ci, shape.co);
  const { data } = fill("uniform", sizes, "f32", 2);
  const u = tensor(
    (data as Float32Array).map((v, i) => (Math.floor(i / sizes[2]) % sizes[1] < shape.ci ? v : 0)),
    sizes,
  );
  return { ...kase, inputs: () => ({ ...kase.inputs(), w: u }) };
};
const transformedCases: readonly KernelCase[] = ([2, 4] as const).flatMap((outputs) => [
  transformedCase({ n: 2, ci: 6, co: 17, in: [9, 10], k: [3, 3], bias: true }, { padding: 1, outputs, activation: "relu" }),
  transformedCase({ ci: 8, co: 12, in: [8, 7], k: [3, 3] }, { outputs, layout: "nhwc" }),
]);

const filterCases: readonly KernelCase[] = ([2, 4] as const).flatMap((outputs) =>
  (["oihw", "hwio"] as const).flatMap((filter) =>
    (["f32", "f16"] as const).map((dtype) => ({
      dtype,
      keys: { ci: 5, co: 18, outputs, filter },
      options: { outputs, filter },
      inputs: () => ({ w: fill("uniform", filter === "oihw" ? [18, 5, 3, 3] : [3, 3, 5, 18], dtype, 1) }),
    })),
  ),
);

/** What proves winogradFilter. */
export const winogradFilterSuite: Suite = defineSuite(winogradFilter, filterCases, [
  {
    dtype: "f32",
    keys: { ci: 256, co: 256 },
    options: { outputs: 4 },
    inputs: () => ({ w: fill("uniform", [256, 256, 3, 3], "f32", 1) }),
  },
]);

const winogradSizes: readonly KernelCase[] = ([2, 4] as const).flatMap((outputs) =>
  size({ ci: 64, co: 64, in: [56, 56], k: [3, 3] }, { padding: 1, outputs }),
);

/** What proves and times convWinograd. */
export const convWinogradSuite: Suite = defineSuite(convWinograd, [...winogradCases, ...transformedCases], winogradSizes);

/** A transpose in both layouts. */
const spread = (shape: Shape, options: ConvTransposeOptions = {}, kinds: readonly Types[] = ["f32"]): KernelCase[] =>
  kinds.flatMap((type) => [one(type, shape, options, true), one(type, shape, { ...options, layout: "nhwc" }, true)]);
const floats = ["f32", "f16"] as const;

const transposeCases: readonly KernelCase[] = [
  ...spread({ ci: 1, co: 1, in: [1, 1], k: [1, 1] }, {}, floats),
  ...spread({ ci: 8, co: 36, in: [6, 8], k: [3, 3], bias: true }, { padding: 1, activation: "relu" }, floats),
  ...spread({ n: 2, ci: 5, co: 17, in: [5, 7], k: [4, 4], bias: true }, { strides: 2, padding: 1 }, floats),
  ...spread({ ci: 12, co: 8, in: [4, 4], k: [2, 2], residual: true }, { strides: 2 }),
  ...spread({ ci: 7, co: 12, in: [6, 5], k: [3, 3] }, { strides: 3, outputPadding: [1, 2], dilations: 2, padding: [1, 0, 2, 1] }),
  ...spread({ ci: 4, co: 8, in: [5, 6], k: [3, 5] }, { strides: 2, padding: "same-upper" }),
  ...spread({ ci: 4, co: 8, in: [3, 3], k: [3, 3] }, { strides: [3, 2], padding: "same-lower", outputSizes: [10, 8] }),
  ...spread({ ci: 4, co: 6, in: [3, 4], k: [3, 3] }, { strides: 2, padding: 1, outputSizes: [6, 8] }),
  ...spread({ ci: 16, co: 20, in: [6, 4], k: [1, 1], bias: true }, { activation: "silu" }),
  ...spread({ ci: 8, co: 8, in: [9, 8], k: [3, 1] }, { strides: [2, 1], padding: [1, 0] }),
  ...spread({ n: 2, ci: 6, co: 8, in: [11], k: [5] }, { strides: 2, padding: 2, outputPadding: 1 }),
  ...spread({ ci: 3, co: 4, in: [3, 4, 5], k: [2, 3, 3] }, { strides: [2, 1, 2], padding: 1 }),
  ...spread({ ci: 12, co: 8, in: [6, 6], k: [3, 3] }, { groups: 4, padding: 1, strides: 2 }),
  ...spread({ ci: 6, co: 6, in: [5, 6], k: [3, 3] }, { groups: 6, strides: 2 }),
  one("f32", { ci: 8, co: 8, in: [5, 6], k: [1, 1] }, { strides: 2, filter: "ohwi" }, true),
  one("f32", { ci: 8, co: 8, in: [5, 8], k: [2, 1] }, { strides: [2, 1], filter: "ohwi" }, true),
  // phases without taps, without pixels, and dilations that share a factor with strides
  ...spread(
    { n: 2, ci: 6, co: 8, in: [5, 7], k: [2, 2], bias: true, residual: true },
    { strides: [3, 4], padding: [0, 1], outputPadding: 2 },
  ),
  ...spread({ ci: 4, co: 8, in: [1, 9], k: [1, 3] }, { strides: [3, 2], dilations: [1, 2], padding: [0, 1] }),
  ...spread({ ci: 5, co: 4, in: [6, 8], k: [3, 5] }, { strides: [4, 6], dilations: [6, 4], padding: [2, 7] }),
  ...(["oihw", "hwio", "hwoi", "ohwi", "ihwo"] as const).map((filter) =>
    one("f32", { ci: 8, co: 12, in: [5, 6], k: [3, 3] }, { filter, strides: 2 }, true),
  ),
  ...(["oihw", "hwio", "iohw", "ohwi", "ihwo"] as const).map((filter) =>
    one("f32", { ci: 8, co: 12, in: [5, 6], k: [3, 3] }, { layout: "nhwc", filter, strides: 2 }, true),
  ),
  one("f32", { n: 0, ci: 4, co: 4, in: [4, 4], k: [3, 3] }, {}, true),
  one("f32", { ci: 0, co: 4, in: [4, 4], k: [3, 3], bias: true }, {}, true),
  ...spread({ ci: 8, co: 8, in: [5, 5], k: [3, 3], data: "nonfinite" }, { strides: 2 }, floats),
  ...spread({ ci: 64, co: 8, in: [5, 5], k: [3, 3], data: "positive" }),
];

/** One that shows mistakes in phases, in each layout: ragged, phases of unequal numbers of taps and pixels. */
export const revealingTranspose: readonly KernelCase[] = spread(
  { n: 2, ci: 5, co: 21, in: [5, 7], k: [3, 5], bias: true },
  { strides: [2, 3], padding: 1 },
);

const transposeSizes: readonly KernelCase[] = spread({ ci: 64, co: 64, in: [28, 28], k: [4, 4] }, { strides: 2, padding: 1 });

/** What proves and times convTranspose. */
export const convTransposeSuite: Suite = defineSuite(convTranspose, transposeCases, transposeSizes);

/** What proves and times conv. */
export const convSuite: Suite = defineSuite(conv, cases, sizes);

export { convMaxPoolSuite, revealingConvMaxPool } from "./conv-max-pool/cases.ts";
export { convIntegerSuite } from "./integer/cases.ts";
export { averagePoolSuite, lpPoolSuite, maxPoolSuite, revealingPool, revealingSplit } from "./pool/cases.ts";
export { maxUnpoolSuite, revealingUnpool } from "./pool/unpool-cases.ts";
export { convQuantizedSuite, revealingQuantized } from "./quantized/cases.ts";
