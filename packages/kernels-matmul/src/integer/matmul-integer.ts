import { countOf, type DType, defineKernel, fail, showShape, sizeOf, type TensorType } from "@tilewright/runtime";
import { product } from "../shapes.ts";
import { variants } from "./variants.ts";

export interface MatmulIntegerOptions {
  /** a is stored [..., k, m]. Default false. */
  transA?: boolean | undefined;
  /** b is stored [..., n, k], as most weights are. Default false. */
  transB?: boolean | undefined;
  /** Of the output, where a `scale` is given: `zero`'s type unless said, and `f32` without a `zero`. */
  dtype?: Output | undefined;
}

export type Input = "i8" | "u8" | "i32" | "u32";
export type Output = "i32" | "u32" | "i8" | "u8" | "f32";

/** Sizes of op(a) [m, k] and op(b) [k, n], and the groups of leading dimensions, as of `matmul`. */
export type P = "m" | "n" | "k" | "batch" | "d1" | "d2" | "d3";

/** What changes matmulInteger's text. */
export interface Spec {
  readonly a: Input;
  readonly b: Input;
  readonly c: Output;
  readonly transA: boolean;
  readonly transB: boolean;
  /** Rows as stored are a multiple of 4 long: read and written four at a time. */
  readonly vecA: boolean;
  readonly vecB: boolean;
  readonly vecC: boolean;
  /** k is no multiple of 4. */
  readonly tail: boolean;
  /** k is 0: nothing to multiply, a and b are not bound. */
  readonly empty: boolean;
  /** What has a zero point of its own: "" all of it as one, `m` (`n`) each row of op(a) (column of op(b)), `bm` (`bn`) also in each matrix. */
  readonly aZero: "" | "m" | "bm" | undefined;
  readonly bZero: "" | "n" | "bn" | undefined;
  /** Likewise the factor of the sums, `m` for each row, `n` for each column. */
  readonly scale: "" | "m" | "n" | undefined;
  /** c has a zero point. */
  readonly zero: boolean;
  /** As of `matmul`. */
  readonly batch: string;
}

const WHO = "matmulInteger";
const narrow = (dtype: DType) => dtype === "i8" || dtype === "u8";

/** Which of its matrices' rows (`d` m) or columns (n) a zero point tells apart. */
function zeroOf<D extends "m" | "n">(
  name: string,
  d: D,
  zero: TensorType | undefined,
  x: TensorType,
  size: number,
): "" | D | `b${D}` | undefined {
  if (!zero) return undefined;
  const of = name[0]!;
  const { shape, dtype } = zero;
  if (!narrow(x.dtype))
    fail(WHO, "dtype", `${name} is given, but ${of} is ${x.dtype}; only i8 and u8 have zero points. Subtract it beforehand.`);
  if (dtype !== x.dtype) fail(WHO, "dtype", `${name} is ${dtype}; needed is ${of}'s dtype, ${x.dtype}.`);
  const count = countOf(shape);
  if (count === 1) return "";
  const lead = x.shape.slice(0, -2);
  if (`${shape}` === `${[size]}`) return d;
  const each = [...lead, ...(d === "m" ? [size, 1] : [1, size])];
  if (`${shape}` === `${each}`) return count === size ? d : `b${d}`;
  return fail(
    WHO,
    "shape",
    `${name} is ${showShape(shape)}; needed is one number, [${size}] for the ${d === "m" ? "rows" : "columns"} of ${of}, or ${showShape(each)} for those of each matrix.`,
  );
}

function scaleOf({ shape, dtype }: TensorType, m: number, n: number): "" | "m" | "n" {
  if (dtype !== "f32") fail(WHO, "dtype", `scale is ${dtype}; needed is f32.`);
  if (countOf(shape) === 1) return "";
  if (`${shape}` === `${[n]}` || `${shape}` === `${[1, n]}`) return "n";
  if (`${shape}` === `${[m, 1]}`) return "m";
  return fail(
    WHO,
    "shape",
    `scale is ${showShape(shape)}; needed is one number, [${n}] for the columns of c, or [${m},1] for its rows.`,
  );
}

/** The output's type. */
function outputOf(
  a: TensorType,
  b: TensorType,
  scale: TensorType | undefined,
  zero: TensorType | undefined,
  asked: Output | undefined,
): Output {
  const sum = a.dtype === "u32" && b.dtype === "u32" ? "u32" : "i32";
  if (zero && !scale) fail(WHO, "feature", "zero is given without scale; needed are both, or c is the sums themselves.");
  if (zero && (!narrow(zero.dtype) || countOf(zero.shape) !== 1))
    fail(WHO, "dtype", `zero is ${zero.dtype} ${showShape(zero.shape)}; needed is one number, i8 or u8 as c shall be.`);
  if (scale && !narrow(a.dtype)) fail(WHO, "dtype", `scale is given, but a is ${a.dtype}; only sums of i8 and u8 are rescaled.`);
  const own = zero ? (zero.dtype as Output) : scale ? "f32" : sum;
  const may: readonly Output[] = zero ? [own] : scale ? ["f32", "i8", "u8"] : [sum];
  if (asked && !may.includes(asked))
    fail(
      WHO,
      "dtype",
      `options.dtype is ${asked}; c may be ${may.join(", ")} here.${scale ? "" : " Smaller types need a scale."}`,
    );
  return asked ?? own;
}

/**
 * c = Σ over k of (op(a) - aZero) · (op(b) - bZero): exact, modulo 2^32.
 *
 * a [..., m, k] and b [..., k, n] are i8 or u8, signs mixed at will, and c [..., m, n] is i32; or they are i32 or u32, and c is i32, u32 of two
 * u32 (without zero points then). Transposes and broadcasting as in `matmul`. `aZero` is one number, [m] or [..., m, 1]; `bZero` one
 * number, [n] or [..., 1, n]: ONNX MatMulInteger. Sums leave i32 only beyond 33,025 products.
 *
 * With `scale` (f32: one number, [n] or [m, 1]) the sums s are rescaled: c = s · scale in f32, or, in i8 or u8,
 * saturate(roundHalfEven(s · scale) + zero). With scale = aScale · bScale / cScale that is ONNX QLinearMatMul
 * (Jacob et al. 2017, arXiv:1712.05877, eq. 4).
 */
export const matmulInteger = defineKernel({
  name: WHO,
  operands: { a: "in", b: "in", aZero: "in?", bZero: "in?", scale: "in?", zero: "in?", c: "out" },
  params: { m: "u32", n: "u32", k: "u32", batch: "u32", d1: "u32", d2: "u32", d3: "u32" },

  resolve(
    { a, b, aZero, bZero, scale, zero },
    { transA = false, transB = false, dtype: asked, ...unknown }: MatmulIntegerOptions,
  ) {
    for (const key in unknown) fail(WHO, "feature", `there is no option ${key}; there are transA, transB, dtype.`);
    for (const [name, { dtype }] of Object.entries({ a, b }))
      if (dtype.startsWith("f"))
        fail(WHO, "dtype", `${name} is ${dtype}; needed is i8, u8, i32 or u32. Floats are multiplied by matmul.`);
    if (narrow(a.dtype) !== narrow(b.dtype))
      fail(WHO, "dtype", `a is ${a.dtype} and b is ${b.dtype}; needed are two of i8 and u8, or two of i32 and u32.`);
    const { n, k, lead, pattern, sizes, ...rows } = product(WHO, a, b, transA, transB);
    let { m } = rows;
    const az = zeroOf("aZero", "m", aZero, a, m);
    const bz = zeroOf("bZero", "n", bZero, b, n);
    const factor = scale && scaleOf(scale, m, n);
    const c: Output = outputOf(a, b, scale, zero, asked);
    const output = { shape: [...lead, m, n], dtype: c };
    let batch = pattern;
    if (pattern === "a" && !transA && az !== "m" && factor !== "m") {
      m *= sizes.pop()!; // one b for all: the batch is more rows
      batch = "";
    }
    const [, d1 = 1, d2 = 1, d3 = 1] = sizes;
    return {
      params: { m, n, k, batch: countOf(sizes), d1, d2, d3 },
      spec: {
        a: a.dtype as Input,
        b: b.dtype as Input,
        c,
        transA,
        transB,
        vecA: (transA ? m : k) % 4 === 0,
        vecB: (transB ? k : n) % 4 === 0,
        vecC: n % 4 === 0,
        tail: k % 4 > 0,
        empty: !k,
        aZero: az,
        bZero: bz,
        scale: factor,
        zero: !!zero,
        batch,
      },
      outputs: { c: output },
      // As in matmul: with leading dimensions a smaller m would move every matrix behind the first.
      dynamic: transA || countOf(lead) !== 1 ? [] : (["m"] as const),
    };
  },

  variants,

  proof: () => import("./proof.ts"),

  cost: ({ params: { m, n, k, batch }, types }) => ({
    flops: 2 * batch * m * n * k,
    bytes: Object.values(types).reduce((sum, type) => sum + sizeOf(type), 0),
  }),
});
