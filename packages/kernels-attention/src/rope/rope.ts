import { defineKernel, fail, showShape, sizeOf, type TensorType } from "@tilewright/runtime";
import { variants } from "./variants.ts";

export interface RopeOptions {
  /** Pairs are neighbours (GPT-J, LLaMA as published); by default element i goes with i + half (GPT-NeoX, Hugging Face). */
  interleaved?: boolean | undefined;
  /** Where heads stand: "bhsd" is [batch, heads, rows, head size], the default; "bshd" is [batch, rows, heads, head size]. */
  layout?: "bhsd" | "bshd" | undefined;
  /** Position of the first row, where no `positions` are given; a param. Default 0. */
  position?: number | undefined;
}

/** `half` pairs are turned in each of batch · heads · s rows of d elements; `rows` angles are known. */
export type P = "batch" | "heads" | "s" | "d" | "half" | "rows" | "position";

export interface Spec {
  readonly interleaved: boolean;
  readonly layout: "bhsd" | "bshd";
  /** Where a row's angles are: by `positions`, from `position` on, or one row of them for each of x. */
  readonly angles: "positions" | "running" | "own";
  /** Elements of x that move at once. */
  readonly lanes: 1 | 2 | 4;
  readonly half: boolean;
}

const checkFloat = (name: string, { dtype }: TensorType) => {
  if (dtype !== "f32" && dtype !== "f16") fail("rope", "dtype", `${name} is ${dtype}; needed is f32 or f16.`);
};

/**
 * Rotary position embedding: each pair (x, y) of a row is turned by its angle, x·cos − y·sin and y·cos + x·sin (Su et al. 2021, arXiv:2104.09864).
 *
 * x is [B, heads, S, D] or [B, S, heads, D]; cos and sin are [rows, R/2], a row for each position, or [B, S, R/2], a row for each of x's. R ≤ D
 * elements of a row are turned, the rest is copied. positions: u32 or i32 [B, S]; where they are absent row i is at `position` + i.
 * Scaled rotations (linear, NTK, YaRN, Llama 3) differ in the angles only: see {@link ropeAngles}.
 */
export const rope = defineKernel({
  name: "rope",
  operands: { x: "in", cos: "in", sin: "in", positions: "in?", out: "out" },
  params: { batch: "u32", heads: "u32", s: "u32", d: "u32", half: "u32", rows: "u32", position: "u32" },

  resolve({ x, cos, sin, positions }, { interleaved = false, layout = "bhsd", position = 0, ...unknown }: RopeOptions) {
    for (const key in unknown) fail("rope", "feature", `there is no option ${key}; there are interleaved, layout, position.`);
    for (const [name, type] of Object.entries({ x, cos, sin })) checkFloat(name, type);
    if (x.shape.length !== 4) fail("rope", "shape", `x is ${showShape(x.shape)}; needed are four dimensions.`);
    const [batch, one, two, d] = x.shape as [number, number, number, number];
    const [heads, s] = layout === "bhsd" ? [one, two] : [two, one];
    const own = cos.shape.length === 3;
    const half = cos.shape.at(-1) ?? 0;
    const rows = cos.shape.at(-2) ?? 0;
    if (`${cos.shape}` !== `${sin.shape}` || cos.shape.length < 2 || cos.shape.length > 3 || !half || 2 * half > d)
      fail(
        "rope",
        "shape",
        `cos is ${showShape(cos.shape)} and sin is ${showShape(sin.shape)}; needed are two of [positions, n] or [batch, S, n], where 2n is at most x's head size ${d}.`,
      );
    if (own && (positions || cos.shape[0] !== batch || cos.shape[1] !== s))
      fail("rope", "shape", `cos is ${showShape(cos.shape)}; needed is [${batch},${s},n] without positions, or [positions, n].`);
    if (positions && (!["u32", "i32"].includes(positions.dtype) || `${positions.shape}` !== `${batch},${s}`))
      fail(
        "rope",
        "shape",
        `positions are ${positions.dtype} ${showShape(positions.shape)}; needed is u32 or i32 [${batch},${s}].`,
      );
    if (!Number.isInteger(position) || position < 0 || (!own && !positions && position + s > rows))
      fail("rope", "shape", `position is ${position} and x has ${s} rows; cos and sin know ${rows} positions.`);
    const fits = (n: number) => d % n === 0 && (2 * half) % n === 0 && (interleaved || half % n === 0);
    const angles = positions ? ("positions" as const) : own ? ("own" as const) : ("running" as const);
    return {
      params: { batch, heads, s, d, half, rows, position },
      spec: {
        interleaved,
        layout,
        angles,
        lanes: fits(4) ? (4 as const) : fits(2) ? (2 as const) : (1 as const),
        half: x.dtype === "f16",
      },
      outputs: { out: x },
      dynamic: angles === "running" ? ["position"] : [],
    };
  },

  variants,

  proof: () => import("./proof.ts"),

  cost: ({ params: { batch, heads, s, half }, types }) => ({
    flops: 6 * batch * heads * s * half,
    bytes: Object.values(types).reduce((sum, type) => sum + sizeOf(type), 0),
  }),
});

/**
 * The tables that {@link rope} reads, f32 [rows, size / 2]: cos and sin of position · theta^(−2i / size) / factor.
 * @param how `theta` 10,000 unless given; `factor` stretches positions (linear scaling); `frequencies` replace theta's: as many as size / 2.
 */
export function ropeAngles(
  rows: number,
  size: number,
  { theta = 10000, factor = 1, frequencies }: { theta?: number; factor?: number; frequencies?: readonly number[] } = {},
) {
  const half = size / 2;
  const angle = (n: number) => (Math.floor(n / half) / factor) * (frequencies?.[n % half] ?? theta ** ((-2 * (n % half)) / size));
  const table = (f: (x: number) => number) => ({
    data: Float32Array.from({ length: rows * half }, (_, n) => f(angle(n))),
    shape: [rows, half] as const,
    dtype: "f32" as const,
  });
  return { cos: table(Math.cos), sin: table(Math.sin) };
}
