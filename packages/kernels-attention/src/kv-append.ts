import { defineKernel, fail, type Problem, showShape, sizeOf, type TensorType, type Variant, wgsl } from "@tilewright/runtime";

export interface KvAppendOptions {
  /** Where the first new row goes: how many keys the cache holds; a param. Default 0. */
  position?: number | undefined;
  /** How the new rows lie: "bhsd" is [batch, heads, rows, head size], the default; "bshd" is [batch, rows, heads, head size]. */
  layout?: "bhsd" | "bshd" | undefined;
  /** How the caches lie. Default "bhsd". */
  cacheLayout?: "bhsd" | "bshd" | undefined;
}

export type P = "batch" | "heads" | "s" | "t" | "d" | "dv" | "position";

export interface Spec {
  readonly layout: "bhsd" | "bshd";
  readonly cacheLayout: "bhsd" | "bshd";
  /** Elements a thread moves. */
  readonly lanes: 1 | 2 | 4;
  /** There are no new rows: k and v are not bound. */
  readonly empty: boolean;
  /** A cache is f16. */
  readonly half: boolean;
}

const index = (layout: "bhsd" | "bshd", rows: string) =>
  layout === "bhsd" ? `(b * p.heads + h) * ${rows} + i` : `(b * ${rows} + i) * p.heads + h`;

/** A thread moves one block of a row of k, or of v: rows of both lie behind one another in its count. */
const copy: Variant<P, Spec> = {
  name: "direct",
  tiles: [{}],
  needs: () => ({ invocations: 64 }),
  when: () => true,
  refuses: ({ spec }, { f16 }) =>
    spec.half && !f16 && spec.lanes === 1 ? "without shader-f16 it stores f16 rows of an even length only" : undefined,
  lanes: ({ lanes }) => ({ k: lanes, v: lanes, kCache: lanes, vCache: lanes }),
  workgroups: ({ params: { batch, heads, s, d, dv }, spec: { lanes } }) =>
    Math.ceil((batch * heads * s * ((d + dv) / lanes)) / 64),
  wgsl: (spec) => (spec.empty ? "@compute @workgroup_size(64)\nfn main() {}\n" : text(spec)),
};

const text = ({ layout, cacheLayout, lanes }: Spec) => wgsl`
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let id = (wid.y * groups.x + wid.x) * 64u + thread;
  let dk = p.d / ${lanes}u;
  let dv = p.dv / ${lanes}u;
  // A row of k, then the same row of v.
  let row = id / (dk + dv);
  var c = id % (dk + dv);
  if (row >= p.batch * p.heads * p.s) { return; }
  var i = row % p.s;
  let h = row / p.s % p.heads;
  let b = row / (p.s * p.heads);
  let from_row = ${index(layout, "p.s")};
  i += p.position;
  if (i >= p.t) { return; }
  let to_row = ${index(cacheLayout, "p.t")};
  if (c < dk) {
    store_kCache(to_row * dk + c, load_k(from_row * dk + c));
  } else {
    c -= dk;
    store_vCache(to_row * dv + c, load_v(from_row * dv + c));
  }
}
`;

type Numbers = ArrayLike<number>;
interface Values {
  readonly k: Numbers;
  readonly v: Numbers;
  readonly kCache: Numbers;
  readonly vCache: Numbers;
}

function reference(
  { params: { batch, heads, s, t, d, dv, position }, spec }: Problem<P, Spec>,
  { k, v, kCache, vCache }: Values,
) {
  const caches = { kCache: Float64Array.from(kCache), vCache: Float64Array.from(vCache) };
  const place = (layout: string, b: number, h: number, i: number, rows: number) =>
    layout === "bhsd" ? (b * heads + h) * rows + i : (b * rows + i) * heads + h;
  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < s; i++) {
        const [from, to] = [place(spec.layout, b, h, i, s), place(spec.cacheLayout, b, h, position + i, t)];
        for (let c = 0; c < d; c++) caches.kCache[to * d + c] = k[from * d + c]!;
        for (let c = 0; c < dv; c++) caches.vCache[to * dv + c] = v[from * dv + c]!;
      }
  return caches;
}

/**
 * Writes new keys and values behind those that a cache holds, in place: cache[position … position + S) = k, v.
 *
 * k is [B, heads, S, D], v [B, heads, S, Dv]; kCache [B, heads, T, D], vCache [B, heads, T, Dv], each in either layout. Nothing else of
 * the caches is touched. A cache in f16 takes f32 rows. `attention` then reads the caches with `length: position + S`.
 */
export const kvAppend = defineKernel({
  name: "kvAppend",
  operands: { k: "in", v: "in", kCache: "inout", vCache: "inout" },
  params: { batch: "u32", heads: "u32", s: "u32", t: "u32", d: "u32", dv: "u32", position: "u32" },

  resolve({ k, v, kCache, vCache }, { position = 0, layout = "bhsd", cacheLayout = "bhsd", ...unknown }: KvAppendOptions) {
    for (const key in unknown) fail("kvAppend", "feature", `there is no option ${key}; there are position, layout, cacheLayout.`);
    for (const [name, { dtype, shape }] of Object.entries({ k, v, kCache, vCache })) {
      if (dtype !== "f32" && dtype !== "f16") fail("kvAppend", "dtype", `${name} is ${dtype}; needed is f32 or f16.`);
      if (shape.length !== 4) fail("kvAppend", "shape", `${name} is ${showShape(shape)}; needed are four dimensions.`);
    }
    const size = ({ shape }: TensorType, order: "bhsd" | "bshd") => {
      const [rows, heads] = order === "bhsd" ? [2, 1] : [1, 2];
      return { batch: shape[0]!, heads: shape[heads]!, rows: shape[rows]!, width: shape[3]! };
    };
    const [ks, vs, kc, vc] = [size(k, layout), size(v, layout), size(kCache, cacheLayout), size(vCache, cacheLayout)];
    for (const [name, mine, cache] of [
      ["k", ks, kc],
      ["v", vs, vc],
    ] as const)
      if (
        mine.batch !== cache.batch ||
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
    if (!Number.isInteger(position) || position < 0 || position + ks.rows > kc.rows)
      fail(
        "kvAppend",
        "shape",
        `position is ${position}; the cache has room for ${kc.rows} rows, and ${ks.rows} are to be written.`,
      );
    const even = (n: number) => ks.width % n === 0 && vs.width % n === 0;
    return {
      params: { batch: ks.batch, heads: ks.heads, s: ks.rows, t: kc.rows, d: ks.width, dv: vs.width, position },
      spec: {
        layout,
        cacheLayout,
        lanes: even(4) ? (4 as const) : even(2) ? (2 as const) : (1 as const),
        empty: ks.rows === 0,
        half: kCache.dtype === "f16" || vCache.dtype === "f16",
      },
      outputs: { kCache, vCache },
      dynamic: ["position"],
    };
  },

  variants: [copy],
  reference,
  /** Moved as it is; into f16 rounded, and what is below the normal numbers may be flushed. */
  bound: ({ types }, _inputs, { kCache, vCache }) => {
    const of = (values: Float64Array, from: TensorType, to: TensorType) =>
      values.map(
        (x) =>
          (from.dtype === to.dtype ? 0 : Math.abs(x) * 2 ** -10) +
          (Math.abs(x) < (to.dtype === "f16" || from.dtype === "f16" ? 2 ** -14 : 2 ** -126) ? Math.abs(x) : 0),
      );
    return { kCache: of(kCache, types["k"]!, types["kCache"]!), vCache: of(vCache, types["v"]!, types["vCache"]!) };
  },
  cost: ({ types }) => ({ flops: 0, bytes: 2 * (sizeOf(types["k"]!) + sizeOf(types["v"]!)) }),
});
