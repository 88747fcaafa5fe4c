import { defineKernel, fail, showShape, sizeOf, type TensorType, type Variant, wgsl } from "@tilewright/runtime";

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

/** Steps of a row: turned ones, then those that are copied. */
const stepsOf = ({ interleaved, lanes }: Spec, half: number, d: number): [turned: number, kept: number] => [
  interleaved ? (lanes === 1 ? half : (2 * half) / lanes) : half / lanes,
  (d - 2 * half) / lanes,
];

const TURN = {
  // x and y are blocks half a row apart
  half: wgsl`let x = load_x(at + c);
  let y = load_x(at + c + half);
  let cosine = load_cos(angle * half + c);
  let sine = load_sin(angle * half + c);
  store_out(at + c, x * cosine - y * sine);
  store_out(at + c + half, y * cosine + x * sine);`,
  1: wgsl`let x = load_x(at + 2u * c);
  let y = load_x(at + 2u * c + 1u);
  let cosine = load_cos(angle * p.half + c);
  let sine = load_sin(angle * p.half + c);
  store_out(at + 2u * c, x * cosine - y * sine);
  store_out(at + 2u * c + 1u, y * cosine + x * sine);`,
  2: wgsl`let x = load_x(at + c);
  let cosine = load_cos(angle * p.half + c);
  let sine = load_sin(angle * p.half + c);
  store_out(at + c, x * cosine + vec2f(-x.y, x.x) * sine);`,
  4: wgsl`let x = load_x(at + c);
  let cosine = load_cos(angle * (p.half / 2u) + c);
  let sine = load_sin(angle * (p.half / 2u) + c);
  store_out(at + c, x * cosine.xxyy + vec4f(-x.y, x.x, -x.w, x.z) * sine.xxyy);`,
};

/** Which row of cos and sin belongs to row i of batch b. */
const ANGLE = {
  positions: "min(u32(load_positions(b * p.s + i)), p.rows - 1u)",
  running: "p.position + i",
  own: "b * p.s + i",
};
/** Row i of batch b is `row` of all. */
const PLACE = { bhsd: "row % p.s", bshd: "row / p.heads % p.s" };

/** A thread turns one block of a row, or copies one that is not turned. */
const direct: Variant<P, Spec> = {
  name: "direct",
  tiles: [{}],
  needs: () => ({ invocations: 64 }),
  when: () => true,
  refuses: ({ spec, params: { d } }, { f16 }) =>
    spec.half && !f16 && spec.lanes === 1 ? `without shader-f16 it stores f16 by twos only; d is ${d}` : undefined,
  lanes: ({ lanes, interleaved }) => {
    const angles = interleaved ? (lanes === 4 ? 2 : 1) : lanes;
    return { x: lanes, out: lanes, cos: angles, sin: angles };
  },
  workgroups: ({ params: { batch, heads, s, d, half }, spec }) => {
    const [turned, kept] = stepsOf(spec, half, d);
    return Math.ceil((batch * heads * s * (turned + kept)) / 64);
  },
  wgsl: ({ interleaved, layout, angles, lanes }) => wgsl`
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let id = (wid.y * groups.x + wid.x) * 64u + thread;
  let half = p.half / ${lanes}u;
  let turned = ${interleaved ? (lanes === 1 ? "p.half" : `2u * p.half / ${lanes}u`) : "half"};
  let kept = (p.d - 2u * p.half) / ${lanes}u;
  let row = id / (turned + kept);
  let c = id % (turned + kept);
  if (row >= p.batch * p.heads * p.s) { return; }
  let i = ${PLACE[layout]};
  let b = row / (p.heads * p.s);
  let at = row * (p.d / ${lanes}u);
  if (c >= turned) {
    let e = at + 2u * p.half / ${lanes}u + c - turned;
    store_out(e, load_x(e));
    return;
  }
  let angle = ${ANGLE[angles]};
  ${interleaved ? TURN[lanes] : TURN.half}
}
`,
};

/** A thread an element, or a word of two halves: what `direct` cannot store. */
const naive: Variant<P, Spec> = {
  name: "naive",
  tiles: [{}],
  needs: () => ({ invocations: 64 }),
  when: () => false,
  lanes: ({ half }, { f16 }) => ({ out: half && !f16 ? 2 : 1 }),
  workgroups: ({ params: { batch, heads, s, d } }) => Math.ceil((batch * heads * s * d) / 64),
  wgsl: ({ interleaved, layout, angles, half }, _, { f16 }) => wgsl`
fn element(e: u32) -> f32 {
  let row = e / p.d;
  let c = e % p.d;
  let x = load_x(e);
  if (c >= 2u * p.half) { return x; }
  let i = ${PLACE[layout]};
  let b = row / (p.heads * p.s);
  let angle = ${ANGLE[angles]};
  let second = ${interleaved ? "(c & 1u) == 1u" : "c >= p.half"};
  let pair = angle * p.half + ${interleaved ? "(c >> 1u)" : "c % p.half"};
  let partner = load_x(select(e + ${interleaved ? "1u" : "p.half"}, e - ${interleaved ? "1u" : "p.half"}, second));
  return x * load_cos(pair) + select(-partner, partner, second) * load_sin(pair);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * 64u + thread;
  let count = p.batch * p.heads * p.s * p.d;
  ${
    half && !f16
      ? "if (2u * i < count) { store_out(i, vec2f(element(2u * i), element(min(2u * i + 1u, count - 1u)))); }"
      : "if (i < count) { store_out(i, element(i)); }"
  }
}
`,
};

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

  variants: [direct, naive],

  proof: () => import("./rope-proof.ts"),

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
