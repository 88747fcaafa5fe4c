// What a kernel package's `./cases` entry is made of: one list for its tests, the viewer, the benchmarks and users' own checks.

import { showTile } from "./choose.ts";
import { encode } from "./host.ts";
import type { Kernel, Operands } from "./kernel.ts";
import type { AnyKernel } from "./tape.ts";
import { bytesOf, countOf, type DType, type HostTensor } from "./tensor.ts";
import type { Tile } from "./variant.ts";

export { type Expected, errorOf, expectation, poison, wrongIn } from "./check.ts";
export type { AnyKernel };

export interface KernelCase {
  /** The element type as the path names it. */
  readonly dtype: string;
  /** What tells this case from others; defaults left out. */
  readonly keys: Readonly<Record<string, string | number | boolean>>;
  /** Seeded: the same numbers every time, everywhere. */
  inputs(): Readonly<Record<string, HostTensor>>;
  readonly options: object;
  /** Inputs that are weights: a runtime may pack them beforehand. Comparisons with other libraries allow it for these only. */
  readonly constant?: readonly string[];
}

export interface Suite {
  readonly kernel: AnyKernel;
  /** Shapes, types, options and data that prove it. */
  readonly cases: readonly KernelCase[];
  /** Sizes worth timing. */
  readonly sizes: readonly KernelCase[];
}

/** A suite of a typed kernel. */
export function defineSuite<O extends Operands, P extends string, Options, Spec>(
  kernel: Kernel<O, P, Options, Spec>,
  cases: readonly KernelCase[],
  sizes: readonly KernelCase[],
): Suite {
  return { kernel: kernel as unknown as AnyKernel, cases, sizes };
}

/** `matmul/quad/f16/k=33,m=17,n=19,transB`: a title, a filter and a part of a URL. */
export function casePath(
  kernel: string,
  variant: string,
  { dtype, keys }: Pick<KernelCase, "dtype" | "keys">,
  tile?: Tile,
): string {
  const all = Object.entries(tile ? { ...keys, tile: showTile(tile) } : keys).sort(([a], [b]) => (a < b ? -1 : 1));
  return [kernel, variant, dtype, all.map(([key, value]) => (value === true ? key : `${key}=${value}`)).join(",")].join("/");
}

/** Numbers in [0, 1), the same for the same seed everywhere. Xorshift32: Marsaglia 2003, doi:10.18637/jss.v008.i14 */
export function random(seed: number): () => number {
  let x = Math.imul(seed + 1, 0x9e3779b1) | 1;
  const next = () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) next();
  return next;
}

/**
 * How test data is made. `uniform` in [-1, 1); `positive` in [0, 1); `large` and `tiny` near the ends of the type's range, so that
 * products still fit; `cancel` pairs of nearly opposite numbers; `denormal` below the least normal number, some of it;
 * `nonfinite` uniform with a NaN, an infinity and its negative strewn in. Integers: `uniform` over the whole range of the type, its
 * least and its greatest often; `positive` from 0; `tiny` from -1 (u: 0) to 1; `large` the least and the greatest alone.
 */
export type Fill = "uniform" | "positive" | "large" | "tiny" | "cancel" | "denormal" | "nonfinite";

/** A tensor whose data are made when first read: to say what a case's problem is, its shapes do. */
export function lazily(shape: readonly number[], dtype: DType, make: () => HostTensor["data"]): HostTensor {
  let data: HostTensor["data"] | undefined;
  return {
    get data() {
      data ??= make();
      return data;
    },
    shape,
    dtype,
  };
}

/** A seeded tensor; values are already rounded to its dtype. */
export function fill(kind: Fill, shape: readonly number[], dtype: DType, seed: number): HostTensor {
  const numbers = dtype.startsWith("f") ? floats : integers;
  return lazily(shape, dtype, () => encode(numbers(kind, shape, dtype, seed), dtype));
}

function floats(kind: Fill, shape: readonly number[], dtype: DType, seed: number): Float64Array {
  const next = random(seed);
  const half = dtype === "f16";
  const count = countOf(shape);
  let last = 0;
  const values = Float64Array.from({ length: count }, (_, i) => {
    const u = 2 * next() - 1;
    if (kind === "positive") return Math.abs(u);
    if (kind === "large") return u * (half ? 100 : 1e15);
    if (kind === "tiny") return u * (half ? 2 ** -8 : 2 ** -50);
    if (kind === "denormal") return next() < 0.5 ? u * (half ? 2 ** -15 : 2 ** -127) : u;
    if (kind === "cancel") {
      last = i % 2 ? -last * (1 + u * 1e-3) : u;
      return last;
    }
    return u;
  });
  if (kind === "nonfinite" && count > 0) {
    const odd = [Number.NaN, Infinity, -Infinity];
    odd.forEach((value) => {
      values[Math.floor(next() * count)] = value;
    });
  }
  return values;
}

function integers(kind: Fill, shape: readonly number[], dtype: DType, seed: number): Float64Array {
  const next = random(seed);
  const range = 2 ** (8 * bytesOf(dtype));
  const least = dtype.startsWith("u") ? 0 : -range / 2;
  const [low, high] = kind === "tiny" ? [Math.max(-1, least), 1] : [kind === "positive" ? 0 : least, least + range - 1];
  // Stretched, then clamped: what lies past an end becomes that end.
  const stretch = kind === "large" ? 2 ** 20 : 1.125;
  const number = () => Math.floor(low + ((next() - 0.5) * stretch + 0.5) * (high - low + 1));
  return Float64Array.from({ length: countOf(shape) }, () => Math.max(low, Math.min(high, number())));
}
