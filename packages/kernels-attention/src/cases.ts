import { defineSuite, type Fill, fill, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { type AttentionOptions, attention } from "./attention.ts";

interface Shape {
  b?: number;
  /** Heads of q, and of k and v. */
  h: number;
  kv?: number;
  s: number;
  t?: number;
  d: number;
  dv?: number;
  /** Of the mask: dtype and shape. */
  mask?: ["u32" | "u8" | "f32" | "f16", ...number[]];
  lengths?: number[];
  slopes?: boolean;
  sinks?: boolean;
  /** Rows of a page: k and v lie in pages that are not in order, and one that nobody has. */
  page?: number;
  data?: Fill;
}

/** `f32` of everything, `f16` of everything, or `f32,f16`: q and out, k and v. */
type Types = "f32" | "f16" | "f32,f16";

const shown = (value: unknown): string | number | boolean =>
  Array.isArray(value) ? value.join("x") : typeof value === "number" ? Number(value.toPrecision(4)) : (value as string | boolean);

function one(types: Types, shape: Shape, options: AttentionOptions = {}): KernelCase {
  const { b = 1, h, s, t = s, d, dv = d, mask, lengths, slopes = false, sinks = false, page, data = "uniform" } = shape;
  const { layout = "bhsd", kvLayout = layout, kvHeads } = options;
  const { kv = kvHeads ?? h } = shape;
  const [x, y = x] = types.split(",") as ("f32" | "f16")[];
  const keys: Record<string, string | number | boolean> = {};
  const named = { b, h, kv, s, t, d, dv, mask, lengths, slopes, sinks, page, data };
  const usual: Record<string, unknown> = { b: 1, kv: kvHeads ?? h, t: s, dv: d, slopes: false, sinks: false, data: "uniform" };
  for (const [key, value] of [...Object.entries(named), ...Object.entries(options)])
    if (value !== undefined && value !== usual[key]) keys[key] = shown(value);
  const rows = (order: string, heads: number, n: number, width: number, first = b) =>
    order === "bshd" ? [first, n, heads, width] : [first, heads, n, width];
  const kept = (width: number) => (page ? rows(kvLayout, kv, page, width, (b * t) / page + 1) : rows(kvLayout, kv, t, width));
  return {
    dtype: types.replace(",", "·"),
    keys,
    options,
    inputs: () => ({
      q: fill(data, kvHeads ? [b, s, h + 2 * kvHeads, d] : rows(layout, h, s, d), x!, 1),
      ...((!kvHeads || shape.t) && {
        k: fill(data === "nonfinite" ? "uniform" : data, kept(d), y!, 2),
        v: fill(data, kept(dv), y!, 3),
      }),
      ...(page && {
        pages: { data: Uint32Array.from({ length: (b * t) / page }, (_, i) => (b * t) / page - i), shape: [b, t / page] },
      }),
      ...(mask && { mask: maskOf(mask[0], mask.slice(1) as number[]) }),
      ...(lengths && { lengths: { data: Uint32Array.from(lengths), shape: [b] } }),
      ...(slopes && { slopes: { data: Float32Array.from({ length: h }, (_, i) => 2 ** (-(8 * (i + 1)) / h)), shape: [h] } }),
      ...(sinks && { sinks: fill("uniform", [h], "f32", 5) }),
    }),
  };
}

/** One in three hidden, and all of the first row; added ones are of every size. */
function maskOf(dtype: "u32" | "u8" | "f32" | "f16", shape: readonly number[]) {
  const { data } = fill("uniform", shape, "f32", 4);
  const row = shape.at(-1)!;
  const values = Array.from(data as ArrayLike<number>, (x, i) => {
    const hidden = i < row || x < -0.33;
    return dtype.startsWith("u") ? Number(!hidden) : hidden ? -Infinity : 8 * x;
  });
  if (dtype === "u32") return { data: Uint32Array.from(values), shape };
  if (dtype === "u8") return { data: Uint8Array.from(values), shape };
  return {
    data: values.map((x) => Math.fround(x * 16) / 16).map((x) => (dtype === "f16" ? Math.round(x * 16) / 16 : x)),
    shape,
    dtype,
  };
}

const both = (shape: Shape, options?: AttentionOptions): KernelCase[] => [one("f32", shape, options), one("f16", shape, options)];

const cases: readonly KernelCase[] = [
  // one of everything, primes, tiles and their neighbours
  ...both({ h: 1, s: 1, d: 1 }),
  ...both({ h: 1, s: 1, d: 16 }),
  ...both({ h: 3, s: 7, d: 4, b: 2 }),
  one("f32", { h: 1, s: 8, t: 9, d: 16 }),
  ...both({ h: 2, s: 17, t: 15, d: 64 }),
  one("f32", { h: 2, s: 64, t: 65, d: 32 }),
  one("f32", { h: 1, s: 65, t: 64, d: 64 }, { causal: true }),
  ...both({ h: 2, s: 40, d: 40, b: 2 }, { causal: true }),
  one("f32", { h: 1, s: 257, d: 16 }),
  one("f32", { h: 12, s: 9, t: 33, d: 24 }),
  // head sizes: odd, no multiple of 16, large, of k and v different
  one("f32", { h: 2, s: 9, t: 11, d: 7, dv: 5 }),
  ...both({ h: 2, s: 9, t: 11, d: 10, dv: 6 }),
  one("f32", { h: 1, s: 12, t: 20, d: 72 }),
  ...both({ h: 1, s: 12, t: 20, d: 80, dv: 48 }),
  one("f32", { h: 1, s: 10, t: 12, d: 128 }, { causal: true }),
  one("f32", { h: 1, s: 5, t: 12, d: 256 }),
  one("f16", { h: 1, s: 5, t: 12, d: 112, dv: 20 }),
  // heads that share keys, and where they stand
  ...both({ h: 6, kv: 2, s: 11, t: 21, d: 16, b: 2 }, { causal: true }),
  one("f32", { h: 8, kv: 1, s: 3, t: 70, d: 32 }, { causal: true }),
  ...both({ h: 4, kv: 2, s: 13, t: 30, d: 32, b: 2 }, { layout: "bshd", causal: true }),
  one("f32", { h: 3, s: 9, t: 20, d: 20, b: 2, mask: ["u32", 2, 1, 9, 20] }, { layout: "bshd" }),
  one("f32", { h: 4, kv: 2, s: 9, t: 20, d: 16, b: 2 }, { layout: "bshd", kvLayout: "bhsd", causal: true }),
  // q, k and v side by side, and pages
  ...both({ b: 2, h: 4, s: 19, d: 24 }, { kvHeads: 2, causal: true }),
  one("f32", { h: 3, s: 9, d: 7 }, { kvHeads: 3, lse: true }),
  one("f32", { b: 2, h: 4, kv: 2, s: 5, t: 21, d: 16 }, { kvHeads: 2, kvLayout: "bhsd", causal: true }),
  one("f32", { h: 2, s: 130, d: 64, mask: ["u32", 130] }, { kvHeads: 1 }),
  ...both({ b: 2, h: 4, kv: 2, s: 1, t: 96, d: 32, page: 16, lengths: [96, 50] }),
  one("f32", { b: 2, h: 2, s: 12, t: 40, d: 16, page: 8 }, { causal: true, layout: "bshd" }),
  one("f32", { h: 6, kv: 2, s: 7, t: 66, d: 20, page: 2 }, { causal: true, length: 61, lse: true }),
  // windows, offsets, lengths
  ...both({ h: 2, s: 33, d: 16 }, { causal: true, window: 5 }),
  one("f32", { h: 2, s: 33, t: 50, d: 16 }, { window: [4, 7] }),
  one("f32", { h: 2, s: 20, t: 50, d: 16 }, { causal: true, offset: 3 }),
  one("f32", { h: 2, s: 20, t: 12, d: 16 }, { causal: true, lse: true }),
  one("f32", { h: 2, s: 20, t: 12, d: 16 }, { causal: true, offset: -4 }),
  one("f32", { h: 2, s: 6, t: 50, d: 16 }, { causal: true, length: 37 }),
  ...both({ h: 2, s: 6, t: 50, d: 16, b: 3, lengths: [50, 0, 17] }, { causal: true, lse: true }),
  one("f32", { h: 2, s: 6, t: 50, d: 16, b: 2, lengths: [3, 44] }, { length: 40 }),
  one("f32", { h: 2, s: 5, t: 9, d: 16 }, { length: 0, lse: true }),
  // masks, every way of broadcasting, the first row all hidden
  ...both({ h: 2, s: 9, t: 21, d: 16, b: 2, mask: ["u32", 9, 21] }),
  one("f32", { h: 2, s: 9, t: 21, d: 16, b: 2, mask: ["u8", 2, 1, 1, 21] }, { lse: true }),
  one("f32", { h: 2, s: 9, t: 21, d: 16, b: 2, mask: ["f32", 2, 2, 9, 21] }, { lse: true }),
  one("f16", { h: 2, s: 9, t: 21, d: 16, b: 2, mask: ["f16", 2, 9, 21] }, { causal: true }),
  one("f32", { h: 2, s: 9, t: 21, d: 16, b: 2, mask: ["f32", 2, 1, 9, 1] }),
  one("f32", { h: 2, s: 30, d: 32, mask: ["u32", 30, 30] }, { causal: true, window: 9 }),
  // what is added, capped, or takes its part
  ...both({ h: 4, s: 19, t: 23, d: 16, slopes: true }, { causal: true }),
  one("f32", { h: 4, s: 19, t: 23, d: 16, slopes: true, mask: ["f32", 19, 23] }, { softcap: 2, lse: true }),
  ...both({ h: 2, s: 19, t: 23, d: 64, data: "uniform" }, { softcap: 0.5, scale: 3 }),
  one("f32", { h: 2, s: 19, t: 23, d: 16 }, { softcap: 30, scale: 60 }),
  ...both({ h: 3, s: 12, t: 23, d: 16, sinks: true }, { causal: true, lse: true }),
  one("f32", { h: 2, s: 12, t: 8, d: 16, sinks: true, mask: ["u32", 8] }, { lse: true }),
  // decoding: few queries, many keys
  ...both({ h: 4, s: 1, t: 257, d: 64, b: 2 }),
  one("f32", { h: 8, kv: 2, s: 1, t: 130, d: 80, b: 2, lengths: [130, 99] }, { lse: true }),
  one("f32", { h: 2, s: 1, t: 1024, d: 128, sinks: true }, { length: 1001, layout: "bshd" }),
  one("f32", { h: 2, s: 1, t: 96, d: 40, mask: ["u32", 96] }, { softcap: 3, window: 80 }),
  one("f32", { h: 1, s: 2, t: 100, d: 64 }, { causal: true }),
  one("f32", { h: 1, s: 2, t: 16384, d: 16 }, { scale: 100, lse: true }),
  one("f32", { h: 1, s: 2, t: 16384, d: 16 }, { scale: 0.001 }),
  // types: mixed
  one("f32,f16", { h: 2, s: 9, t: 20, d: 32 }),
  one("f32,f16", { h: 2, s: 1, t: 200, d: 64 }, { dtype: "f16" }),
  one("f32", { h: 1, s: 7, t: 1024, d: 16 }),
  // nothing to do, and nothing to see
  one("f32", { h: 2, s: 0, t: 5, d: 8 }),
  one("f32", { h: 2, s: 5, t: 0, d: 8 }, { lse: true }),
  one("f32", { b: 0, h: 2, s: 5, d: 8 }),
  // hard numbers
  one("f32", { h: 2, s: 12, t: 40, d: 32, data: "positive" }),
  ...both({ h: 2, s: 12, t: 40, d: 32 }, { scale: 50, lse: true }),
  one("f32", { h: 2, s: 12, t: 40, d: 16, data: "large" }),
  one("f32", { h: 2, s: 12, t: 40, d: 16, data: "large" }, { scale: 1e-30 }),
  ...both({ h: 2, s: 12, t: 40, d: 16, data: "tiny" }),
  one("f32", { h: 2, s: 12, t: 40, d: 32, data: "cancel" }),
  one("f32", { h: 2, s: 12, t: 40, d: 16, data: "denormal" }),
  ...both({ h: 2, s: 12, t: 41, d: 16, data: "nonfinite" }),
  one("f32", { h: 2, s: 12, t: 41, d: 16, data: "nonfinite" }, { causal: true }),
  one("f32", { h: 2, s: 12, t: 41, d: 16, data: "nonfinite", mask: ["u32", 12, 41] }),
  // chunks of keys, full and ragged, under a window
  ...[401, 385, 230, 400, 1024].map((s) => one("f32", { h: 1, s, d: 16 }, { causal: true, ...(s === 400 && { window: 250 }) })),
];

/** A case that shows any mistake: ragged edges, several turns of every loop, two batches, heads that share keys. */
export const revealing: KernelCase = one("f32", { b: 2, h: 4, kv: 2, s: 19, t: 37, d: 24, dv: 20 }, { causal: true, scale: 2 });

const size = (h: number, s: number, d: number, options: AttentionOptions = {}, more: Partial<Shape> = {}): KernelCase =>
  one("f32", { h, s, d, ...more }, options);

const sizes: readonly KernelCase[] = [
  size(8, 256, 64),
  size(8, 256, 64, { causal: true }),
  one("f16", { h: 8, s: 256, d: 64 }),
  size(12, 128, 64),
  size(8, 1, 64, {}, { t: 1024 }),
  size(32, 1, 128, {}, { t: 1024, kv: 8 }),
  size(4, 1024, 64, { causal: true }),
];

/** What proves and times attention. */
export const attentionSuite: Suite = defineSuite(attention, cases, sizes);

export { kvAppendSuite } from "./kv-append/cases.ts";
export { ropeSuite } from "./rope/cases.ts";
