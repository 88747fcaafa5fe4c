// How many heads and rows there are, and whether q, k, v and pages go together.
import { fail, showShape, type TensorType } from "@tilewright/runtime";

export type Layout = "bhsd" | "bshd";

export interface Sizes {
  readonly batch: number;
  /** Of q, and of k and v. */
  readonly heads: number;
  readonly shared: number;
  readonly s: number;
  /** Keys that there is room for. */
  readonly t: number;
  readonly d: number;
  readonly dv: number;
  /** Rows of a page are 2 to this power. */
  readonly page: number | undefined;
}

/** Checks that q, k, v and pages go together. */
export function sizesOf(
  q: TensorType,
  k: TensorType | undefined,
  v: TensorType | undefined,
  pages: TensorType | undefined,
  layout: Layout,
  kvLayout: Layout,
  kvHeads: number | undefined,
): Sizes {
  for (const [name, type] of Object.entries({ q, k, v })) {
    if (!type) continue;
    float(name, type.dtype);
    if (type.shape.length !== 4) fail("attention", "shape", `${name} is ${showShape(type.shape)}; needed are four dimensions.`);
  }
  if (kvHeads !== undefined && !k && !v) return packedSizes(q, pages, layout, kvLayout, kvHeads);
  if (!k || !v) fail("attention", "shape", "k or v is missing; needed are both, or the option kvHeads where q holds them too.");
  const size = ({ shape: [batch, x, y, width] }: TensorType, order: Layout) => {
    const [heads, rows] = order === "bhsd" ? [x!, y!] : [y!, x!];
    return { batch: batch!, heads, rows, width: width! };
  };
  const [qs, ks, vs] = [size(q, layout), size(k, kvLayout), size(v, kvLayout)];
  const { batch, rows: s, width: d } = qs;
  const heads = kvHeads === undefined ? qs.heads : packedSizes(q, undefined, layout, layout, kvHeads).heads;
  const { heads: shared, rows } = ks;
  const both = `q is ${showShape(q.shape)} and k is ${showShape(k.shape)} (${layout}, ${kvLayout})`;
  if (!pages && ks.batch !== batch) fail("attention", "shape", `${both}: their batches must be equal.`);
  if (ks.width !== d) fail("attention", "shape", `${both}: their head sizes must be equal.`);
  if (vs.batch !== ks.batch || vs.heads !== shared || vs.rows !== rows)
    fail("attention", "shape", `k is ${showShape(k.shape)} and v is ${showShape(v.shape)}: all but the head size must be equal.`);
  if (!d || !vs.width || !heads || !shared) fail("attention", "shape", `${both}: heads and head sizes must not be 0.`);
  if (kvHeads !== undefined && shared !== kvHeads)
    fail("attention", "shape", `${both}: k has ${shared} heads, and kvHeads is ${kvHeads}.`);
  if (heads % shared)
    fail("attention", "shape", `${both}: q's ${heads} heads must be a multiple of k's ${shared}. Is the layout ${layout}?`);
  const sizes = { batch, heads, shared, s, t: rows, d, dv: vs.width, page: undefined };
  if (!pages) return sizes;
  if ((pages.dtype !== "u32" && pages.dtype !== "i32") || pages.shape.length !== 2 || pages.shape[0] !== batch)
    fail(
      "attention",
      "shape",
      `pages is ${pages.dtype} ${showShape(pages.shape)}; needed is u32 or i32 [${batch}, pages of each].`,
    );
  const page = Math.log2(rows);
  if (!Number.isInteger(page) || !ks.batch)
    fail(
      "attention",
      "shape",
      `k is ${showShape(k.shape)} (${kvLayout}) and paged: pages need a power of 2 of rows, here ${rows}.`,
    );
  return { ...sizes, t: pages.shape[1]! * rows, page };
}

/** q, k and v side by side in q. */
function packedSizes(q: TensorType, other: TensorType | undefined, layout: Layout, kvLayout: Layout, shared: number): Sizes {
  const [batch, s, all, d] = q.shape as [number, number, number, number];
  if (other) fail("attention", "shape", "with kvHeads q holds k and v too: pages need k and v, a cache.");
  if (layout !== "bshd" || kvLayout !== "bshd")
    fail("attention", "feature", `with kvHeads the layout is "bshd", [batch, rows, heads, head size].`);
  const heads = all - 2 * shared;
  if (!Number.isInteger(shared) || shared < 1 || heads < 1 || heads % shared || !d)
    fail(
      "attention",
      "shape",
      `q is ${showShape(q.shape)} and kvHeads is ${shared}; needed is [B, S, Hq + 2 · kvHeads, D], Hq a multiple of kvHeads.`,
    );
  return { batch, heads, shared, s, t: s, d, dv: d, page: undefined };
}

export const float = (name: string, dtype: string): void => {
  if (dtype !== "f32" && dtype !== "f16") fail("attention", "dtype", `${name} is ${dtype}; needed is f32 or f16.`);
};
