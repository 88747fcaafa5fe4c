// What proves the kernels that make, convert and draw.
import type { HostTensor } from "@tilewright/runtime";
import type { Suite } from "@tilewright/runtime/cases";
import { cast, fromBf16 } from "../cast.ts";
import { dropout } from "../dropout.ts";
import { oneHot } from "../made.ts";
import { dequantizeLinear, quantizeLinear } from "../quantize.ts";
import { normal, uniform } from "../random.ts";
import { resize } from "../resize.ts";
import { type Call, hard, kase, repeat, type Shape, showDims, spread, suite, TYPES } from "./data.ts";

const hots = suite(
  oneHot,
  TYPES.flatMap((dtype, t) =>
    (
      [
        [[5], { depth: 4 }],
        [[2, 3], { depth: 7, axis: 1 }],
        [[3], { depth: 5, onValue: 3, offValue: 1 }],
        [[], { depth: 4 }],
        [[4], { depth: 3, axis: 0 }],
        [[0], { depth: 3 }],
      ] as Call[]
    )
      .slice(0, t ? 3 : 6)
      .map(([shape, options]) =>
        kase(dtype, { shape: showDims(shape) }, () => ({ indices: spread(shape, t % 2 ? "u32" : "i32", 2, 5) }), {
          ...options,
          dtype,
        }),
      ),
  ),
);

const casts = suite(
  cast,
  TYPES.flatMap((from) =>
    ([...TYPES, "bool"] as const).flatMap((dtype) => {
      const values = from.endsWith("8") ? [0, 1, 2, 127, 128, 200, 255, -1, -128, -5, 77, 30] : hard(from);
      const n = values.length - (values.length % 4);
      return [n, ...(dtype === "f16" || dtype === "bool" || dtype === from ? [] : [n - 1])].map((count) =>
        kase(from, { data: "hard", n: count }, () => ({ x: repeat(values, [count], from) }), { dtype }),
      );
    }),
  ),
);

/** Words of two bfloat16: those of the hard numbers, cut to their upper half. */
const words = (n: number): HostTensor => {
  const bits = Array.from(new Uint32Array(Float32Array.from(hard("f32")).buffer), (word) => word >>> 16);
  return {
    data: Uint32Array.from(
      { length: n },
      (_, i) => (bits[(2 * i) % bits.length]! | (bits[(2 * i + 1) % bits.length]! << 16)) >>> 0,
    ),
    shape: [n],
    dtype: "u32",
  };
};
const bf16s = suite(
  fromBf16,
  ["f32", "f16"].flatMap((dtype) => [34, 35].map((n) => kase("u32", { n }, () => ({ x: words(n) }), { dtype }))),
);

const IMAGES: readonly Call[] = [
  [[1, 2, 3, 4], { sizes: [6, 8] }],
  [[1, 3, 5, 8], { sizes: [7, 3], axes: [1, 2], mode: "linear" }],
  [[2, 4, 4], { scales: [0.6, 0.6], mode: "linear" }],
  [[2, 4, 5], { scales: [2, 3], nearest: "ceil", coordinates: "asymmetric" }],
  [[2, 4, 5], { sizes: [3, 9], mode: "linear", coordinates: "alignCorners" }],
  [[2, 4, 5], { sizes: [8, 2], nearest: "roundPreferCeil" }],
  [[2, 4, 5], { sizes: [1, 10], nearest: "floor", coordinates: "pytorchHalfPixel" }],
  [[3, 7], { sizes: [11], axes: [1], mode: "linear" }],
  [[3, 7, 4], { scales: [1.7], axes: [1], mode: "linear" }],
];
const resizes = suite(
  resize,
  (["f32", "f16"] as const).flatMap((dtype) =>
    IMAGES.map(([shape, options]) => kase(dtype, { shape: showDims(shape) }, () => ({ x: spread(shape, dtype, 1) }), options)),
  ),
  [
    kase("f32", { shape: "1x128x128x32" }, () => ({ x: spread([1, 128, 128, 32], "f32", 1) }), {
      sizes: [256, 256],
      axes: [1, 2],
      mode: "linear",
    }),
  ],
);

const none = () => ({});
const draws = (kernel: unknown, more: object): Suite =>
  suite(
    kernel,
    (["f32", "f16"] as const).flatMap((dtype) => [
      kase(dtype, {}, none, { shape: [40, 8], dtype }),
      kase(dtype, {}, none, { shape: [3, 7], dtype, seed: 2 ** 40 + 12345, offset: 7 }),
      kase(dtype, {}, none, { shape: [4096], dtype, seed: 1, ...more }),
      kase(dtype, {}, none, { shape: [0], dtype }),
    ]),
    [kase("f32", {}, none, { shape: [2 ** 20] })],
  );
const drops = suite(
  dropout,
  (["f32", "f16"] as const).flatMap((dtype) => [
    kase(dtype, { shape: "16x8" }, () => ({ x: spread([16, 8], dtype, 1) }), { seed: 3 }),
    kase(dtype, { shape: "3x7x5" }, () => ({ x: spread([3, 7, 5], dtype, 1) }), { rate: 0.1, offset: 4000000000 }),
    kase(dtype, { data: "hard", n: 40 }, () => ({ x: repeat(hard(dtype).slice(-40), [40], dtype) }), { rate: 0.25 }),
    kase(dtype, { shape: "12" }, () => ({ x: spread([12], dtype, 1) }), { rate: 0 }),
    kase(dtype, { shape: "12" }, () => ({ x: spread([12], dtype, 1) }), { rate: 1 }),
  ]),
  [kase("f32", { n: 2 ** 20 }, () => ({ x: spread([2 ** 20], "f32", 1) }))],
);

const SCALES: readonly (readonly [x: Shape, scale: Shape, options?: object])[] = [
  [[8, 12], []],
  [[5, 7], [1]],
  [[3, 8], [8]],
  [[3, 5, 2], [5], { axis: 1 }],
  [
    [4, 16],
    [4, 4],
  ],
  [
    [6, 6],
    [2, 3],
  ],
];
const quantized = [
  suite(
    quantizeLinear,
    SCALES.flatMap(([x, scale, options]) =>
      (["f32", "f16"] as const).flatMap((dtype) =>
        (["u8", "i8", undefined] as const).map((zero) =>
          kase(
            dtype,
            { shape: `${showDims(x)}·${showDims(scale)}`, ...(zero && { zero }) },
            () => ({
              x: spread(x, dtype, 1, 30),
              scale: repeat([0.125, 0.3, 1.7, 0.01], scale, dtype),
              ...(zero && { zero: spread(scale, zero, 3, 20) }),
            }),
            options,
          ),
        ),
      ),
    ),
  ),
  suite(
    dequantizeLinear,
    SCALES.flatMap(([x, scale, options]) =>
      (["u8", "i8", "i32", "u32"] as const).flatMap((dtype, t) =>
        [true, false].map((zero) =>
          kase(
            dtype,
            { shape: `${showDims(x)}·${showDims(scale)}`, ...(zero && { zero }), ...(t % 2 && { half: true }) },
            () => ({
              x: spread(x, dtype, 1, 100),
              scale: repeat([0.125, 0.3, 1.7, 0.01], scale, t % 2 ? "f16" : "f32"),
              ...(zero && { zero: spread(scale, dtype, 3, 20) }),
            }),
            options,
          ),
        ),
      ),
    ),
  ),
];

export const madeSuites: readonly Suite[] = [
  hots,
  casts,
  bf16s,
  resizes,
  draws(uniform, { low: -2, high: 5 }),
  draws(normal, { mean: 3, deviation: 0.5 }),
  drops,
  ...quantized,
];
