import { encode, tensor } from "@tilewright/runtime";
import { defineSuite, type Fill, fill, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import type { ConvOptions } from "../conv.ts";
import { assemble } from "../geometry.ts";
import { convQuantized } from "./conv.ts";

interface Shape {
  n?: number;
  ci: number;
  co: number;
  in: readonly number[];
  k: readonly number[];
  /** Of the filter; i8 unless given. */
  w?: "u8";
  /** One scale for all; else each channel has its own. */
  scale?: "one";
  zeros?: "one" | "channels";
  bias?: boolean;
  residual?: boolean;
  data?: Fill;
}
type Type = "f32" | "f16";

/** Scales of both signs that keep sums near those of floats in [-1, 1). */
const scalesOf = (count: number, dtype: Type) => {
  const spread = Float64Array.from(
    fill("uniform", [count], "f32", 5).data as Float32Array,
    (v) => (v + 1.5) / (v < -0.9 ? -200 : 200),
  );
  return tensor(encode(spread, dtype), [count], dtype);
};

function one(dtype: Type, shape: Shape, options: ConvOptions = {}): KernelCase {
  const { n = 1, ci, co, in: spatial, k, w = "i8", scale, zeros, bias = false, residual = false, data = "uniform" } = shape;
  const { layout = "nchw", groups = 1 } = options;
  const last = layout === "nhwc";
  const keys: Record<string, string | number | boolean> = { ci, co, in: spatial.join("x"), k: k.join("x") };
  for (const [key, value] of Object.entries({ n: n !== 1 && n, w: shape.w, scale, zeros, bias, residual }))
    if (value !== undefined && value !== false) keys[key] = value;
  if (data !== "uniform") keys["data"] = data;
  for (const [key, value] of Object.entries(options)) keys[key] = Array.isArray(value) ? value.join("x") : (value as string);
  const { filter = last ? "hwio" : "oihw" } = options;
  const sizes: Record<string, readonly number[]> = { o: [co], i: [ci / groups], h: k, w: [] };
  return {
    dtype,
    keys,
    options,
    inputs() {
      const given = {
        x: fill(data, assemble(last, n, ci, spatial), dtype, 1),
        w: fill(
          "uniform",
          [...filter].flatMap((letter) => sizes[letter]!),
          w,
          2,
        ),
        scales: scalesOf(scale ? 1 : co, dtype),
      };
      const { shape: out } = convQuantized.problem(given, options).types["y"]!;
      return {
        ...given,
        ...(zeros && { zeros: fill("uniform", [zeros === "one" ? 1 : co], w, 6) }),
        ...(bias && { bias: fill("uniform", [co], dtype, 3) }),
        ...(residual && { residual: fill("uniform", out, dtype, 4) }),
      };
    },
  };
}

const types = (shape: Shape, options?: ConvOptions): KernelCase[] => [one("f32", shape, options), one("f16", shape, options)];
const layouts = (shape: Shape, options: ConvOptions = {}): KernelCase[] => [
  one("f32", shape, options),
  one("f32", shape, { ...options, layout: "nhwc" }),
];
const all = (shape: Shape, options: ConvOptions = {}): KernelCase[] => [
  ...types(shape, options),
  ...types(shape, { ...options, layout: "nhwc" }),
];

const cases: readonly KernelCase[] = [
  ...all({ ci: 8, co: 36, in: [10, 12], k: [3, 3], bias: true }, { padding: 1, activation: "relu" }),
  ...layouts({ n: 2, ci: 5, co: 17, in: [7, 9], k: [3, 3], zeros: "channels" }, { padding: 1, strides: 2 }),
  ...layouts({ ci: 12, co: 20, in: [16, 16], k: [1, 1], w: "u8", zeros: "one", residual: true }, { activation: "silu" }),
  one("f32", { ci: 7, co: 10, in: [9, 12], k: [1, 1], scale: "one", zeros: "channels" }, { layout: "nhwc" }),
  // input channels innermost
  ...layouts({ ci: 8, co: 12, in: [9, 8], k: [3, 3], zeros: "channels" }, { filter: "ohwi", padding: 1 }),
  one("f32", { ci: 6, co: 9, in: [9, 8], k: [1, 1], w: "u8", zeros: "channels" }, { filter: "ohwi" }),
  one("f32", { ci: 8, co: 12, in: [8, 8], k: [2, 3], zeros: "channels" }, { layout: "nhwc", filter: "oihw" }),
  // groups, depthwise
  ...layouts({ ci: 16, co: 32, in: [12, 12], k: [3, 3], zeros: "channels", bias: true }, { groups: 2, padding: 1 }),
  ...all(
    { ci: 12, co: 12, in: [15, 16], k: [3, 3], bias: true, zeros: "channels" },
    { groups: 12, padding: 1, activation: "clip" },
  ),
  ...layouts({ n: 2, ci: 7, co: 7, in: [9, 11], k: [3, 3], w: "u8", zeros: "one" }, { groups: 7, strides: 2 }),
  one("f32", { ci: 8, co: 8, in: [12, 12], k: [3, 3], zeros: "channels" }, { groups: 8, layout: "nhwc", filter: "oihw" }),
  // one and three dimensions
  one("f32", { ci: 6, co: 10, in: [33], k: [5], zeros: "one" }, { padding: 2, layout: "nhwc" }),
  one("f32", { ci: 3, co: 8, in: [4, 5, 6], k: [2, 3, 3] }, { padding: 1 }),
  // nothing to do, and nothing to add up
  one("f32", { n: 0, ci: 4, co: 4, in: [4, 4], k: [3, 3] }),
  one("f32", { ci: 0, co: 5, in: [4, 4], k: [3, 3], bias: true, zeros: "channels" }),
  // hard numbers
  one("f32", { ci: 32, co: 8, in: [8, 8], k: [3, 3], data: "positive" }),
  ...types({ ci: 8, co: 8, in: [8, 8], k: [3, 3], data: "denormal" }),
  one("f32", { ci: 8, co: 8, in: [8, 8], k: [3, 3], data: "large" }, { layout: "nhwc" }),
  ...layouts({ ci: 6, co: 8, in: [6, 12], k: [3, 3], data: "nonfinite", zeros: "channels" }, { padding: 1, activation: "relu" }),
];

/** One case that shows any mistake, in each layout. */
export const revealingQuantized: readonly KernelCase[] = layouts(
  { n: 2, ci: 9, co: 37, in: [7, 10], k: [3, 3], bias: true, zeros: "channels" },
  { padding: 1 },
);

const size = (shape: Shape, options: ConvOptions): KernelCase[] =>
  layouts(shape, options).map((kase) => ({ ...kase, constant: ["w", "scales", "bias"] }));

/** What proves and times convQuantized. */
export const convQuantizedSuite: Suite = defineSuite(convQuantized, cases, [
  ...size({ ci: 64, co: 64, in: [56, 56], k: [3, 3] }, { padding: 1 }),
  ...size({ ci: 256, co: 256, in: [28, 28], k: [1, 1] }, {}),
  ...size({ ci: 96, co: 96, in: [56, 56], k: [3, 3] }, { groups: 96, padding: 1 }),
]);
