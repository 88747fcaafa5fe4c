import {
  countOf,
  type DType,
  defineKernel,
  fail,
  type LazyVariant,
  type Problem,
  sizeOf,
  type TensorType,
} from "@tilewright/runtime";
import {
  assemble,
  dissect,
  each,
  few,
  type Layout,
  rowsOf,
  slide,
  spatialOf,
  type Taps,
  type WindowOptions,
} from "../geometry.ts";

export interface PoolOptions extends WindowOptions {
  /** The window's extent: one number for all spatial dimensions, or one each; `"global"` (the default) all of x: one output a channel. */
  kernel?: number | readonly number[] | "global" | undefined;
  /** Of x and y. Default "nchw". */
  layout?: Layout | undefined;
  /** A last window that reaches past the padding behind counts too, if it begins before. Default false. */
  ceil?: boolean | undefined;
}
export interface MaxPoolOptions extends PoolOptions {
  /**
   * Also give the index in x of each maximum (the first of equals) as u32: row-major as x lies in memory, or with the spatial dimensions of an
   * image column-major (ONNX's storage_order 1). Default none.
   */
  indices?: "row-major" | "column-major" | undefined;
}
export interface AveragePoolOptions extends PoolOptions {
  /** Padding counts, as zeros. Default false: an average is over what lies inside. */
  countPadding?: boolean | undefined;
}
export interface LpPoolOptions extends PoolOptions {
  /** The norm's exponent, at least 1. Default 2. */
  p?: number | undefined;
}

/** `kd`, `kh`, `kw`: the window; x and y in depth, height and width; `pd`, `ph`, `pw` padding before; `exponent` of Lp. */
export type P =
  | ("batch" | "channels" | "kd" | "kh" | "kw" | "xd" | "xh" | "xw" | "yd" | "yh" | "yw" | "pd" | "ph" | "pw")
  | "exponent";

/** What changes a pool's text. */
export interface Spec extends Taps {
  readonly kind: "max" | "average" | "lp";
  readonly last: boolean;
  /** Some element of a window lies past an edge. */
  readonly padded: boolean;
  /** Padding behind, where it counts. */
  readonly counted: readonly number[] | undefined;
  readonly indices: "row-major" | "column-major" | undefined;
  /** Channels are a multiple of 4. */
  readonly vecC: boolean;
  /** At most two spatial dimensions: depth is 1. */
  readonly flat: boolean;
  /** Channels first, and rows of x and y are a multiple of 4: padding in front of a row, modulo 4. */
  readonly rowed: number | undefined;
  /** Few enough outputs: see {@link few}. */
  readonly few: boolean;
  /** Of Lp: 1, 2, or another. */
  readonly norm: "sum" | "square" | "power";
  readonly dtype: DType;
}

type Pool = Problem<P, Spec>;
type Given = { readonly x: TensorType };

const params = {
  ...({ batch: "u32", channels: "u32", kd: "u32", kh: "u32", kw: "u32" } as const),
  ...({
    xd: "u32",
    xh: "u32",
    xw: "u32",
    yd: "u32",
    yh: "u32",
    yw: "u32",
    pd: "u32",
    ph: "u32",
    pw: "u32",
    exponent: "f32",
  } as const),
};

function resolve(
  who: string,
  kind: Spec["kind"],
  dtypes: readonly DType[],
  { x }: Given,
  {
    kernel = "global",
    layout = "nchw",
    ceil = false,
    strides,
    dilations,
    padding,
    ...more
  }: PoolOptions & MaxPoolOptions & AveragePoolOptions & LpPoolOptions,
  own: readonly string[],
) {
  for (const key in more)
    if (!own.includes(key))
      fail(
        who,
        "feature",
        `there is no option ${key}; there are ${["kernel", "layout", "ceil", "strides", "dilations", "padding", ...own].join(", ")}.`,
      );
  const { indices, countPadding = false, p = 2 } = more;
  if (!dtypes.includes(x.dtype)) fail(who, "dtype", `x is ${x.dtype}; needed is ${dtypes.join(", ")}.`);
  if (typeof p !== "number" || !(p >= 1)) fail(who, "shape", `p is ${p}; needed is a number of at least 1.`);
  if (indices && !["row-major", "column-major"].includes(indices))
    fail(who, "feature", `there are no indices "${indices}"; there are row-major and column-major.`);
  const { last, batch, channels, spatial } = dissect(who, "x", x, layout);
  const rank = spatial.length;
  if (kernel === "global" && spatial.includes(0)) fail(who, "shape", `x is [${x.shape}]; a global pool of nothing has no value.`);
  const lie = slide(
    who,
    spatial,
    kernel === "global" ? spatial : each(who, "kernel", kernel, rank),
    { strides, dilations, padding },
    ceil,
  );
  const shape = assemble(last, batch, channels, spatialOf(lie.output, rank));
  const [[kd, kh, kw], [xd, xh, xw], [yd, yh, yw], [pd, ph, pw]] = [lie.kernel, lie.input, lie.output, lie.begin];
  const y: TensorType = { shape, dtype: x.dtype };
  const rowed = rowsOf(last, xw, yw, pw);
  const fours = last ? channels % 4 === 0 : rowed !== undefined;
  const spec: Spec = {
    kind,
    last,
    kernel: lie.kernel,
    strides: lie.strides,
    dilations: lie.dilations,
    padded: lie.padded,
    counted: countPadding ? lie.end : undefined,
    indices,
    vecC: channels % 4 === 0,
    flat: rank < 3,
    rowed,
    few: few(countOf(shape) / (fours ? 4 : 1)),
    norm: p === 1 ? "sum" : p === 2 ? "square" : "power",
    dtype: x.dtype,
  };
  return {
    params: { batch, channels, kd, kh, kw, xd, xh, xw, yd, yh, yw, pd, ph, pw, exponent: p },
    spec,
    outputs: { y, ...(indices && { indices: { shape, dtype: "u32" as const } }) },
  };
}

const cost = ({ spec: { kernel }, types }: Pool) => ({
  flops: countOf(types["y"]!.shape) * countOf(kernel),
  bytes: Object.values(types).reduce((sum, type) => sum + sizeOf(type), 0),
});

/** Above this there are threads enough without sharing windows out. */
const FEW_OUTPUTS = 1024;

export const outputsOf = ({ params: { batch, channels, yd, yh, yw } }: Pick<Pool, "params">): number =>
  batch * channels * yd * yh * yw;

/** The ways to pool, in order of preference, and where each is a good one. */
const variants: readonly LazyVariant<P, Spec>[] = [
  {
    name: "window",
    when: (problem) => outputsOf(problem) >= 1024, // tiny outputs do not repay its compilation
    form: async () => (await import("./window.ts")).window,
  },
  { name: "split", when: (problem) => outputsOf(problem) <= FEW_OUTPUTS, form: async () => (await import("./split.ts")).split },
  { name: "naive", when: () => true, form: async () => (await import("./naive.ts")).naive },
];

/**
 * The greatest element of each window, in 1 to 3 spatial dimensions; padding never wins. x is [batch, channels, …] (nchw) or [batch, …, channels]
 * (nhwc) of f32, f16, i8 or u8. Gives `{ y, indices }`, indices only where asked for. NaN wins. A window wholly in the padding gives the least value.
 */
export const maxPool = defineKernel({
  name: "maxPool",
  operands: { x: "in", y: "out", indices: "out?" },
  params,
  resolve: (inputs, options: MaxPoolOptions) =>
    resolve("maxPool", "max", ["f32", "f16", "i8", "u8"], inputs, options, ["indices"]),
  variants,
  proof: () => import("./proof.ts"),
  cost,
});

/** The average of each window; x as of {@link maxPool}, f32 or f16, with float32 sums. */
export const averagePool = defineKernel({
  name: "averagePool",
  operands: { x: "in", y: "out" },
  params,
  resolve: (inputs, options: AveragePoolOptions) =>
    resolve("averagePool", "average", ["f32", "f16"], inputs, options, ["countPadding"]),
  variants,
  proof: () => import("./proof.ts"),
  cost,
});

/** (Σ |x|^p)^(1/p) over each window; x as of {@link averagePool}. NaN and infinities come through for p = 1 and 2. */
export const lpPool = defineKernel({
  name: "lpPool",
  operands: { x: "in", y: "out" },
  params,
  resolve: (inputs, options: LpPoolOptions) => resolve("lpPool", "lp", ["f32", "f16"], inputs, options, ["p"]),
  variants,
  proof: () => import("./proof.ts"),
  cost,
});
