import { defineKernel, fail, showShape, sizeOf, type TensorType } from "@tilewright/runtime";
import { float, type Layout, sizesOf } from "./sizes.ts";
import { variants } from "./variants.ts";
import { visiblePairs } from "./visible.ts";

export interface AttentionOptions {
  /** Where heads stand: "bhsd" is [batch, heads, rows, head size], the default; "bshd" is [batch, rows, heads, head size]. */
  layout?: Layout | undefined;
  /** The same of k and v, where a cache lies otherwise than the queries. Default: `layout`. */
  kvLayout?: Layout | undefined;
  /**
   * Heads of k and of v where q holds all three side by side: q is [B, S, Hq + 2·kvHeads, D], out is [B, S, Hq, D]. Where k and v are given,
   * as from a cache, those in q are not read.
   */
  kvHeads?: number | undefined;
  /** Factor of q·k. Default 1/√(head size). */
  scale?: number | undefined;
  /** A query sees keys up to its own position only. */
  causal?: boolean | undefined;
  /** A query at position p sees keys p − left … p + right (and p + 0 at most where causal); a number alone is left. Default: all. */
  window?: number | readonly [left: number, right: number] | undefined;
  /** Keys in use, the first of those that k and v have room for; a param. Default: all. */
  length?: number | undefined;
  /**
   * Position of the first query among the keys; a param. By default the queries are the last of the keys: length − S. PyTorch's `is_causal`
   * counts from the first key: 0. It matters to causal, windows and ALiBi.
   */
  offset?: number | undefined;
  /** Scores become cap · tanh(score / cap) before mask and ALiBi. */
  softcap?: number | undefined;
  /** The log-sum-exp of every row's scores, f32 [batch, heads, S], as second output; −∞ where a row sees no key. */
  lse?: boolean | undefined;
  /** Of the output; q's unless given. */
  dtype?: "f32" | "f16" | undefined;
}

/**
 * `s` queries and room for `t` keys a head, of which `length` are in use; `group` query heads share a head of k and v;
 * q and k are `d` wide, v and out `dv`. The query in row i stands at position i + offset and sees keys from `left` before it to `right` behind it.
 * Of the mask: how far apart its batches, heads and rows are, 0 where they are broadcast.
 */
export type P =
  | ("batch" | "heads" | "group" | "s" | "t" | "length" | "d" | "dv" | "scale" | "softcap")
  | ("offset" | "left" | "right" | "maskB" | "maskH" | "maskS");

/** What changes attention's text. */
export interface Spec {
  readonly layout: Layout;
  readonly kvLayout: Layout;
  /** q's rows hold k and v too; "queries": they are read elsewhere. */
  readonly packed: "all" | "queries" | undefined;
  /** Rows of a page of the cache are 2 to this power. */
  readonly page: number | undefined;
  /** Rows of q and k (of v and out) are a multiple of 4 long: read and written as vec4. */
  readonly vecK: boolean;
  readonly vecV: boolean;
  /** Registers that hold a row shared out over four lanes, in vec4: d (dv) over 16, rounded up; `ragged` where it does not come out even. */
  readonly widthK: number;
  readonly widthV: number;
  readonly raggedK: boolean;
  readonly raggedV: boolean;
  /** There are no keys: k and v are not bound. */
  readonly empty: boolean;
  /** Added to the scores, or telling which keys are seen. */
  readonly mask: "add" | "bool" | undefined;
  /** The mask has a number for each key, not one for all. */
  readonly maskKeys: boolean;
  /** The window is bounded on that side. */
  readonly left: boolean;
  readonly right: boolean;
  /** The queries' positions count from the last key, not by `offset`. */
  readonly fromEnd: boolean;
  readonly softcap: boolean;
  readonly lengths: boolean;
  readonly slopes: boolean;
  readonly sinks: boolean;
  readonly lse: boolean;
  /** out is f16. */
  readonly half: boolean;
}

const integer = (name: string, value: number, least: number): void => {
  if (!Number.isInteger(value) || value < least || value > 2 ** 30)
    fail("attention", "shape", `${name} is ${value}; needed is an integer from ${least} to 2^30.`);
};

/** How far apart a mask's batches, heads, rows and keys are; 0 where it is broadcast, as NumPy does it, to [batch, heads, s, t]. */
function maskSteps({ shape }: TensorType, to: readonly number[]): number[] {
  const padded = [...to.slice(shape.length).map(() => 1), ...shape];
  if (shape.length > 4 || padded.some((d, i) => d !== 1 && d !== to[i]))
    fail(
      "attention",
      "shape",
      `mask is ${showShape(shape)}; needed is [batch, heads, S, T], here ${showShape(to)}, each whole or 1, or its last few.`,
    );
  let step = 1;
  const steps = [0, 0, 0, 0];
  for (let i = 3; i >= 0; i--) {
    if (padded[i]! > 1) steps[i] = step;
    step *= padded[i]!;
  }
  return steps;
}

/**
 * out = softmax(scale · q · kᵀ + bias) · v for every head, in one pass over the keys: the scores are never stored. Sums are f32.
 * FlashAttention: Dao et al. 2022, arXiv:2205.14135; the online softmax: Milakov and Gimelshein 2018, arXiv:1805.02867.
 *
 * q is [B, Hq, S, D], k [B, Hkv, T, D], v [B, Hkv, T, Dv], out [B, Hq, S, Dv] (or with rows before heads, see `layout`); Hq is a
 * multiple of Hkv, and query head h reads head ⌊h · Hkv / Hq⌋ (multi-query, grouped-query attention). f32 and f16 mix freely.
 *
 * pages: u32 or i32 [B, N], a paged cache: k is then [pages, Hkv, R, D] (v likewise; or with rows before heads, see `kvLayout`), R a power of 2,
 * and key j of batch entry b lies in row j mod R of page `pages[b, ⌊j / R⌋]`; T is N · R (PagedAttention: Kwon et al. 2023,
 * arXiv:2309.06180). Numbers of pages behind the keys in use are not read.
 * mask: u32 or u8, 1 where a query may see a key; or f32, f16, added to the scores, where −∞ hides the key. Broadcast to [B, Hq, S, T].
 * lengths: u32 or i32 [B], keys in use of each batch entry, where they differ.
 * slopes: f32 [Hq], ALiBi: −slope · |distance| is added (Press et al. 2022, arXiv:2108.12409).
 * sinks: f32 [Hq], a score of a key without value, which takes its part of the softmax (Xiao et al. 2024, arXiv:2309.17453, as learned).
 *
 * A row that sees no key is zeros, and keys that are not seen may hold anything, NaN included.
 */
export const attention = defineKernel({
  name: "attention",
  operands: {
    ...({ q: "in", k: "in?", v: "in?", pages: "in?" } as const),
    ...({ mask: "in?", lengths: "in?", slopes: "in?", sinks: "in?" } as const),
    ...({ out: "out", lse: "out?" } as const),
  },
  params: {
    ...({ batch: "u32", heads: "u32", group: "u32", s: "u32", t: "u32", length: "u32", d: "u32", dv: "u32" } as const),
    ...({ scale: "f32", softcap: "f32", offset: "i32", left: "i32", right: "i32" } as const),
    ...({ maskB: "u32", maskH: "u32", maskS: "u32" } as const),
  },

  resolve({ q, k, v, pages, mask, lengths, slopes, sinks }, options: AttentionOptions) {
    const { kvHeads, causal = false, window, softcap = 0, lse = false, dtype = q.dtype as "f32" | "f16", ...rest } = options;
    const packed = kvHeads === undefined ? undefined : k || v ? ("queries" as const) : ("all" as const);
    const { layout = packed ? "bshd" : "bhsd", ...others } = rest;
    const { kvLayout = layout, scale = 1 / Math.sqrt(q.shape.at(-1) ?? 1), length: given, offset, ...unknown } = others;
    for (const key in unknown)
      fail(
        "attention",
        "feature",
        `there is no option ${key}; there are layout, kvLayout, kvHeads, scale, causal, window, length, offset, softcap, lse, dtype.`,
      );
    for (const order of [layout, kvLayout])
      if (order !== "bhsd" && order !== "bshd")
        fail("attention", "feature", `a layout is "${order}"; it may be "bhsd" or "bshd".`);
    float("options.dtype", dtype);
    for (const [name, value] of Object.entries({ scale, softcap }))
      if (typeof value !== "number" || Number.isNaN(value) || (name === "softcap" && value < 0))
        fail("attention", "dtype", `${name} is ${value}; needed is a number${name === "softcap" ? " >= 0" : ""}.`);

    const sizes = sizesOf(q, k, v, pages, layout, kvLayout, kvHeads);
    const { batch, heads, shared, s, t, d, dv, page } = sizes;
    if (given !== undefined) integer("length", given, 0);
    const length = given ?? t;
    if (length > t) fail("attention", "shape", `length is ${length}, but k and v have room for ${t} keys.`);
    if (offset !== undefined) integer("offset", offset, -(2 ** 30));
    const [left, right] = typeof window === "object" ? window : [window ?? Infinity, Infinity];
    const sides = { left, right: causal ? Math.min(right, 0) : right };
    for (const [name, value] of Object.entries(sides)) if (value !== Infinity) integer(`window's ${name}`, value, 0);

    const perHead = (name: string, type: TensorType | undefined, count: number, of: string, ...dtypes: string[]) => {
      if (!type) return;
      if (!dtypes.includes(type.dtype)) fail("attention", "dtype", `${name} is ${type.dtype}; needed is ${dtypes.join(" or ")}.`);
      if (type.shape.length !== 1 || type.shape[0] !== count)
        fail("attention", "shape", `${name} is ${showShape(type.shape)}; needed is [${count}], one for each ${of}.`);
    };
    perHead("lengths", lengths, batch, "batch entry", "u32", "i32");
    perHead("slopes", slopes, heads, "head of q", "f32");
    perHead("sinks", sinks, heads, "head of q", "f32");
    const bindings = Object.values({ q, k, v, pages, mask, lengths, slopes, sinks, out: true, lse }).filter(Boolean).length;
    if (bindings > 8)
      fail("attention", "limit", `these operands need ${bindings} bindings, WebGPU has 8. Slopes can be added to the mask.`);
    if (mask && !["u32", "u8", "f32", "f16"].includes(mask.dtype))
      fail("attention", "dtype", `mask is ${mask.dtype}; needed is u32 or u8 (1: seen), or f32 or f16 (added to the scores).`);
    const [maskB, maskH, maskS, maskT] = mask ? maskSteps(mask, [batch, heads, s, t]) : [0, 0, 0, 0];

    const placed = sides.left < Infinity || sides.right < Infinity || !!slopes;
    const shape = (width: number) => (layout === "bhsd" ? [batch, heads, s, width] : [batch, s, heads, width]);
    const bounded = (side: number) => (side < Infinity ? side : 2 ** 30);
    return {
      params: {
        ...{ batch, heads, group: heads / shared, s, t, length, d, dv, scale, softcap },
        ...{ offset: offset ?? 0, left: bounded(sides.left), right: bounded(sides.right) },
        ...{ maskB: maskB!, maskH: maskH!, maskS: maskS! },
      },
      spec: {
        layout,
        kvLayout,
        packed,
        page,
        vecK: d % 4 === 0,
        vecV: dv % 4 === 0,
        widthK: Math.ceil(d / 16),
        widthV: Math.ceil(dv / 16),
        raggedK: d % 16 > 0,
        raggedV: dv % 16 > 0,
        empty: t === 0,
        mask: mask && (mask.dtype.startsWith("u") ? ("bool" as const) : ("add" as const)),
        maskKeys: maskT !== 0,
        left: sides.left < Infinity,
        right: sides.right < Infinity,
        fromEnd: placed && offset === undefined,
        softcap: softcap > 0,
        lengths: !!lengths,
        slopes: !!slopes,
        sinks: !!sinks,
        lse,
        half: dtype === "f16",
      },
      outputs: {
        out: { shape: shape(dv), dtype },
        ...(lse && { lse: { shape: [batch, heads, s], dtype: "f32" as const } }),
      },
      dynamic: ["length", "scale", ...(offset === undefined ? [] : ["offset" as const])],
    };
  },

  variants,

  proof: () => import("./proof.ts"),

  cost: (problem) => ({
    flops: 2 * visiblePairs(problem) * (problem.params.d + problem.params.dv),
    bytes: Object.values(problem.types).reduce((sum, type) => sum + sizeOf(type), 0),
  }),
});
