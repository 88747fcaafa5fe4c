import { defineKernel, fail, showShape, type TensorType } from "@tilewright/runtime";
import type { Layout } from "../sizes.ts";

export interface KvAppendOptions {
  /** Where the first new row goes: how many keys the cache holds; a param. Default 0. */
  position?: number | undefined;
  /** How the new rows lie: "bhsd" is [batch, heads, rows, head size], the default; "bshd" is [batch, rows, heads, head size]. */
  layout?: Layout | undefined;
  /** How the caches lie. Default "bhsd". */
  cacheLayout?: Layout | undefined;
  /** Heads of k and of v where k's rows hold q, k and v side by side: k is [B, S, Hq + 2 · kvHeads, D], v is not given, the layout "bshd". */
  kvHeads?: number | undefined;
  /** With cos and sin: pairs are neighbours, not half a row apart. */
  interleaved?: boolean | undefined;
}

/** Of each row of k 2 · `half` elements are turned; `rows` angles are known; before k's heads stand `queries` of q. */
export type P = "queries" | "batch" | "heads" | "s" | "t" | "d" | "dv" | "position" | "half" | "rows";

export interface Spec {
  readonly layout: Layout;
  readonly cacheLayout: Layout;
  /** Elements a thread moves. */
  readonly lanes: 1 | 2 | 4;
  /** There are no new rows: k and v are not bound. */
  readonly empty: boolean;
  /** k holds q and v too. */
  readonly packed: boolean;
  /** A cache is f16. */
  readonly half: boolean;
  /** Each batch entry has its own position. */
  readonly positions: boolean;
  /** Rows of a page of the caches are 2 to this power. */
  readonly page: number | undefined;
  /** Keys are turned as `rope` does it. */
  readonly turn: "halves" | "interleaved" | undefined;
}

/**
 * Writes new keys and values behind those that a cache holds, in place: cache[position … position + S) = k, v.
 *
 * k is [B, heads, S, D], v [B, heads, S, Dv]; kCache [B, heads, T, D], vCache [B, heads, T, Dv], each in either layout. Nothing else of
 * the caches is touched. A cache in f16 takes f32 rows. `attention` then reads the caches with `length: position + S`.
 *
 * positions: u32 or i32 [B], where the first new row of each batch entry goes, instead of `position`. Rows behind the end of a cache are dropped.
 * pages: u32 or i32 [B, N], a paged cache: kCache is [pages, heads, R, D] (vCache likewise), R a power of 2, T is N · R; see `attention`.
 * kvHeads: q, k and v side by side in k, as one dense layer makes them; q is not read.
 * cos, sin: [rows, R/2], the tables of `rope` (see `ropeAngles`): the new keys are turned by the angles of their positions on the way.
 */
export const kvAppend = defineKernel({
  name: "kvAppend",
  operands: {
    ...({ k: "in", v: "in?", positions: "in?", pages: "in?", cos: "in?", sin: "in?" } as const),
    ...({ kCache: "inout", vCache: "inout" } as const),
  },
  params: {
    ...({ batch: "u32", heads: "u32", s: "u32", t: "u32", d: "u32", dv: "u32" } as const),
    ...({ position: "u32", half: "u32", rows: "u32", queries: "u32" } as const),
  },

  resolve({ k: given, v: own, positions, pages, cos, sin, kCache, vCache }, options: KvAppendOptions) {
    const { kvHeads, ...others } = options;
    const packed = kvHeads !== undefined;
    const { position = 0, layout = packed ? "bshd" : "bhsd", cacheLayout = "bhsd", interleaved = false, ...unknown } = others;
    for (const key in unknown)
      fail("kvAppend", "feature", `there is no option ${key}; there are position, layout, cacheLayout, kvHeads, interleaved.`);
    if (packed ? own || layout !== "bshd" : !own)
      fail("kvAppend", "feature", 'needed are k and v, or with kvHeads k alone in the layout "bshd".');
    const queries = packed ? given.shape[2]! - 2 * kvHeads : 0;
    if (packed && (!Number.isInteger(kvHeads) || kvHeads < 1 || !(queries >= 0)))
      fail(
        "kvAppend",
        "shape",
        `k is ${showShape(given.shape)} and kvHeads is ${kvHeads}; needed is [B, S, Hq + 2 · kvHeads, D].`,
      );
    const k = packed ? { ...given, shape: given.shape.with(2, kvHeads) } : given;
    const v = own ?? k;
    for (const [name, { dtype, shape }] of Object.entries({ k: given, v, kCache, vCache })) {
      if (dtype !== "f32" && dtype !== "f16") fail("kvAppend", "dtype", `${name} is ${dtype}; needed is f32 or f16.`);
      if (shape.length !== 4) fail("kvAppend", "shape", `${name} is ${showShape(shape)}; needed are four dimensions.`);
    }
    const size = ({ shape }: TensorType, order: Layout) => {
      const [rows, heads] = order === "bhsd" ? [2, 1] : [1, 2];
      return { batch: shape[0]!, heads: shape[heads]!, rows: shape[rows]!, width: shape[3]! };
    };
    const [ks, vs, kc, vc] = [size(k, layout), size(v, layout), size(kCache, cacheLayout), size(vCache, cacheLayout)];
    for (const [name, mine, cache] of [
      ["k", ks, kc],
      ["v", vs, vc],
    ] as const)
      if (
        (!pages && mine.batch !== cache.batch) ||
        cache.batch !== kc.batch ||
        mine.heads !== cache.heads ||
        mine.width !== cache.width ||
        mine.rows !== ks.rows ||
        cache.rows !== kc.rows
      )
        fail(
          "kvAppend",
          "shape",
          `${name} is ${showShape((name === "k" ? k : v).shape)} (${layout}) and its cache ${showShape((name === "k" ? kCache : vCache).shape)} (${cacheLayout}): they may differ in rows only, alike for k and v.`,
        );
    if (ks.batch !== vs.batch || ks.heads !== vs.heads)
      fail(
        "kvAppend",
        "shape",
        `k is ${showShape(k.shape)} and v is ${showShape(v.shape)}: all but the head size must be equal.`,
      );
    const batch = ks.batch;
    const table = (name: string, type: TensorType | undefined, shape: readonly number[], needed: string) => {
      if (type && ((type.dtype !== "u32" && type.dtype !== "i32") || `${type.shape}` !== `${shape}`))
        fail("kvAppend", "shape", `${name} is ${type.dtype} ${showShape(type.shape)}; needed is u32 or i32 ${needed}.`);
    };
    table("positions", positions, [batch], `[${batch}]`);
    const pagesEach = pages?.shape[1] ?? 1;
    table("pages", pages, [batch, pagesEach], `[${batch}, pages of each]`);
    const page = pages && Math.log2(kc.rows);
    if (page !== undefined && !Number.isInteger(page))
      fail("kvAppend", "shape", `the pages of kCache have ${kc.rows} rows; needed is a power of 2.`);
    const t = kc.rows * pagesEach;
    if (positions && options.position !== undefined)
      fail("kvAppend", "feature", "positions are given, and position too: one of them says where rows go.");
    if (!Number.isInteger(position) || position < 0 || (!positions && position + ks.rows > t))
      fail("kvAppend", "shape", `position is ${position}; the cache has room for ${t} rows, and ${ks.rows} are to be written.`);
    const half = cos?.shape[1] ?? 0;
    if (
      !cos !== !sin ||
      (cos && sin && (`${cos.shape}` !== `${sin.shape}` || cos.shape.length !== 2 || !half || 2 * half > ks.width))
    )
      fail(
        "kvAppend",
        "shape",
        `cos is ${cos ? showShape(cos.shape) : "missing"} and sin is ${sin ? showShape(sin.shape) : "missing"}; needed are both, or neither, of [positions, n], where 2n is at most the head size ${ks.width}.`,
      );
    const rows = cos?.shape[0] ?? 0;
    if (cos && !positions && position + ks.rows > rows)
      fail("kvAppend", "shape", `cos and sin know ${rows} positions; ${ks.rows} rows from ${position} on need more.`);
    const turn = cos && (interleaved ? ("interleaved" as const) : ("halves" as const));
    const even = (n: number) =>
      ks.width % n === 0 && vs.width % n === 0 && (turn === "halves" ? half % n === 0 : (2 * half) % n === 0);
    return {
      params: { queries, batch, heads: ks.heads, s: ks.rows, t, d: ks.width, dv: vs.width, position, half, rows },
      spec: {
        layout,
        cacheLayout,
        lanes: even(4) ? (4 as const) : even(2) ? (2 as const) : (1 as const),
        empty: ks.rows === 0,
        packed,
        half: kCache.dtype === "f16" || vCache.dtype === "f16",
        positions: !!positions,
        page,
        turn,
      },
      outputs: { kCache, vCache },
      dynamic: positions ? [] : ["position"],
    };
  },

  variants: [{ name: "direct", when: () => true, form: async () => (await import("./direct.ts")).direct }],

  proof: () => import("./proof.ts"),

  cost: ({ types, params, spec }) => ({
    flops: spec.turn ? 6 * params.batch * params.heads * params.s * params.half : 0,
    bytes: 2 * (params.batch * params.heads * params.s * (params.d + params.dv)) * (types["k"]!.dtype === "f16" ? 2 : 4),
  }),
});
