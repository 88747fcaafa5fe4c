// Data that cases are made of.
import { countOf, type DType, encode, type HostTensor } from "@tilewright/runtime";
import { type AnyKernel, type KernelCase, lazily, random, type Suite } from "@tilewright/runtime/cases";

/** Numbers at which formulas break: signed zeros, halves, thresholds, where exp over- and underflows, the ends of the range, denormals, no numbers. */
const HARD = [
  ...[
    0, -0, 1, -1, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 2, -2, 3, -3, 0.3, -0.3, 0.25, -0.49, 0.7, -0.7, 6, -6, 7, -7, 1.0001, 0.9999,
  ],
  ...[
    9.7, -9.7, 17, -17, 20, -20, 88, -88, 103, -103, 1e-3, -1e-3, 1e-4, 1e-7, -1e-7, 6e-8, 1000.5, -1000.5, 2049, -4097, 60000,
    -60000,
  ],
  ...[1e-10, -1e-20, 1e-30, 1e-40, -1e-40, 89, -90, 1e5, -1e5, 1e7, 1e10, -1e10, 3e20, -1e30, 1e38, 3.4e38, -3.4e38],
  ...[Number.NaN, Infinity, -Infinity],
];

/** The hard numbers and 1/4 as many seeded ones, rounded to the type; every other one of them for an odd count. */
export function hard(dtype: DType): number[] {
  if (dtype === "u8") return [0, 1, 2, 3, 5, 7, 8, 31, 100, 127, 128, 200, 254, 255, 16, 12];
  if (dtype === "i8") return [0, 1, -1, 2, -2, 3, -3, 5, -7, 31, -100, 127, -128, -127, 16, 12];
  if (dtype === "u32") return [0, 1, 2, 3, 5, 7, 8, 31, 100, 255, 1000, 65535, 65537, 1e6, 2 ** 24 + 1, 2 ** 31, 4e9, 17, 12, 6];
  if (dtype === "i32")
    return [...[0, 1, 2, 3, 5, 7, 8, 31].flatMap((x) => [x, -x]), 100, -1000, 65537, 2 ** 24 + 1, -(2 ** 31), 2e9];
  const next = random(7);
  const most = dtype === "f16" ? 65504 : Infinity;
  const fits = HARD.filter((x) => !(Math.abs(x) > most) || Math.abs(x) === Infinity);
  while (fits.length % 4) fits.push(8 * next() - 4);
  return fits;
}

/** A tensor of given numbers, over and over. */
export const repeat = (values: readonly number[], shape: readonly number[], dtype: DType): HostTensor =>
  lazily(shape, dtype, () =>
    encode(
      Float64Array.from({ length: countOf(shape) }, (_, i) => values[i % values.length]!),
      dtype,
    ),
  );

/** Seeded: floats in [-range, range), integers from -range (u32: 0) to range. */
export function spread(shape: readonly number[], dtype: DType, seed: number, range = 4): HostTensor {
  return lazily(shape, dtype, () => {
    const next = random(seed);
    const least = dtype === "u32" ? 0 : -range;
    const values = Float64Array.from({ length: countOf(shape) }, () => {
      const x = least + next() * (range - least);
      return dtype === "f32" || dtype === "f16" ? x : Math.round(x);
    });
    return encode(values, dtype);
  });
}

export const showDims = (shape: readonly number[]): string => shape.join("x") || "scalar";

export type Keys = Record<string, string | number | boolean>;

export const kase = (dtype: string, keys: Keys, inputs: () => Record<string, HostTensor>, options: object = {}): KernelCase => ({
  dtype,
  keys: { ...keys, ...scalars(options) },
  inputs,
  options,
});

/** Options that can stand in a path. */
const scalars = (options: object): Keys =>
  Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, Array.isArray(value) ? showDims(value) : (value as number)]),
  );

export type Shape = readonly number[];
export type Call = readonly [shape: Shape, options?: object];

export const TYPES = ["f32", "f16", "i32", "u32", "i8", "u8"] as const;

/** A suite of a kernel, whatever it is called with. */
export const suite = (kernel: unknown, cases: readonly KernelCase[], sizes: readonly KernelCase[] = []): Suite => ({
  kernel: kernel as AnyKernel,
  cases,
  sizes,
});
