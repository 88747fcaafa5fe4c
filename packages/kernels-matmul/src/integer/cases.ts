import { defineSuite, type Fill, fill, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { type Input, type MatmulIntegerOptions, matmulInteger } from "./matmul-integer.ts";

interface Shape {
  m: number;
  n: number;
  k: number;
  /** Leading dimensions of a and of b. */
  a?: number[];
  b?: number[];
  /** Shapes of the zero points of a and of b, and of the scale. */
  az?: number[];
  bz?: number[];
  scale?: number[];
  /** The largest factor. */
  most?: number;
  /** c's type by its zero point. */
  zero?: "i8" | "u8";
  data?: Fill;
}

/** One case. `types`: of both, or of a and b. */
function one(
  types: Input | `${Input},${Input}`,
  { m, n, k, a: leadA = [], b: leadB = [], az, bz, scale, most = 2 ** -10, zero, data = "uniform" }: Shape,
  options: MatmulIntegerOptions = {},
): KernelCase {
  const [x, y = x] = types.split(",") as Input[];
  const keys: Record<string, string | number | boolean> = { m, n, k };
  const show = (shape: number[]) => shape.join("x") || "one";
  for (const [key, shape] of Object.entries({ az, bz, scale })) if (shape) keys[key] = show(shape);
  if (leadA.length > 0) keys["a"] = show(leadA);
  if (leadB.length > 0) keys["b"] = show(leadB);
  if (scale && most !== 2 ** -10) keys["most"] = most;
  if (zero) keys["zero"] = zero;
  if (data !== "uniform") keys["data"] = data;
  for (const [key, value] of Object.entries(options)) keys[key] = value as string | boolean;
  return {
    dtype: types.replace(",", "·"),
    keys,
    options,
    inputs: () => ({
      a: fill(data, [...leadA, ...(options.transA ? [k, m] : [m, k])], x!, 1),
      b: fill(data, [...leadB, ...(options.transB ? [n, k] : [k, n])], y!, 2),
      ...(az && { aZero: fill("uniform", az, x!, 3) }),
      ...(bz && { bZero: fill("uniform", bz, y!, 4) }),
      ...(scale && { scale: scaled(fill("positive", scale, "f32", 5), most) }),
      ...(zero && { zero: { data: zero === "u8" ? Uint8Array.of(113) : Int8Array.of(-9), shape: [], dtype: zero } }),
    }),
  };
}

/** Between half of `most` and all of it. */
const scaled = <T extends { readonly data: ArrayLike<number> }>(tensor: T, most: number): T => ({
  ...tensor,
  data: Float32Array.from(tensor.data, (x) => ((1 + x) / 2) * most),
});

const WORDS = ["i32", "u32", "i32,u32"] as const;

const cases: readonly KernelCase[] = [
  // one of everything; ragged everywhere; tiles, aligned; both transposed
  ...(["i8", "u8,i8", "i32"] as const).flatMap((types) => [
    one(types, { m: 1, n: 1, k: 1 }),
    one(types, { m: 17, n: 35, k: 21 }),
    one(types, { m: 64, n: 64, k: 64 }),
    one(types, { m: 36, n: 40, k: 28 }, { transA: true, transB: true }),
  ]),
  one("u8", { m: 36, n: 40, k: 28 }),
  one("i8,u8", { m: 36, n: 40, k: 28 }),
  one("i8,u8", { m: 21, n: 17, k: 30 }, { transA: true }),
  one("u32", { m: 21, n: 17, k: 30 }, { transA: true }),
  one("i32,u32", { m: 17, n: 35, k: 21 }, { transB: true }),
  // zero points of every kind
  one("u8,i8", { m: 33, n: 20, k: 24, az: [], bz: [] }, { transB: true }),
  one("i8", { m: 20, n: 36, k: 32, az: [20], bz: [36] }),
  one("u8", { m: 20, n: 36, k: 32, az: [20, 1], bz: [1, 36] }, { transA: true, transB: true }),
  one("i8,u8", { m: 20, n: 36, k: 32, az: [20], bz: [36] }, { transB: true }),
  one("u8", { m: 9, n: 7, k: 5, az: [9], bz: [1] }, { transA: true }),
  // sums as long as f32 holds them, and longer, of the largest numbers
  one("u8", { m: 20, n: 20, k: 1300, az: [20], bz: [20], data: "positive" }, { transB: true }),
  one("i8,u8", { m: 20, n: 20, k: 1040, az: [20], bz: [20], data: "large" }, { transA: true }),
  // rescaled to bytes
  one("u8,i8", { m: 20, n: 24, k: 40, az: [1], bz: [24], scale: [24], zero: "u8" }),
  one("i8", { m: 19, n: 32, k: 20, scale: [19, 1], zero: "i8" }, { transB: true }),
  one("i8,u8", { m: 7, n: 5, k: 30, scale: [], bz: [5] }, { dtype: "i8" }),
  // zero points of one side alone
  one("u8", { m: 20, n: 16, k: 8, az: [] }),
  one("u8", { m: 20, n: 16, k: 8, bz: [16] }),
  one("i8,u8", { m: 20, n: 16, k: 8, az: [] }),
  one("u8,i8", { m: 20, n: 16, k: 8, bz: [16] }),
  // one byte of a word, long vectors, one large
  one("i8", { m: 1, n: 67, k: 130 }),
  one("u8", { m: 67, n: 1, k: 129 }, { transB: true }),
  one("i8", { m: 132, n: 140, k: 516, az: [132] }),
  // nothing to do, and nothing to add up
  one("i8", { m: 0, n: 8, k: 8 }),
  one("u8", { m: 8, n: 0, k: 8 }),
  one("i8", { m: 3, n: 5, k: 0, az: [] }),
  one("u8", { m: 3, n: 5, k: 0, scale: [5], zero: "u8" }),
  one("i32", { m: 4, n: 4, k: 0 }),
  one("i8", { m: 4, n: 4, k: 4, a: [0], b: [0] }),
  // batches, with zero points for all and for each
  one("i8", { m: 8, n: 12, k: 16, a: [3], b: [3], az: [3, 8, 1], bz: [3, 1, 12] }),
  one("u8,i8", { m: 18, n: 16, k: 8, a: [2, 3], az: [18], bz: [16] }),
  one("u8", { m: 6, n: 8, k: 8, a: [2, 3], az: [2, 3, 6, 1] }),
  one("i8", { m: 9, n: 12, k: 8, b: [5], bz: [5, 1, 12], az: [] }, { transB: true }),
  one("u8", { m: 5, n: 8, k: 4, a: [2, 1, 3, 1], b: [2, 4, 1, 5], az: [2, 1, 3, 1, 5, 1], bz: [2, 4, 1, 5, 1, 8] }),
  one("u8", { m: 8, n: 20, k: 8, a: [3], scale: [8, 1], zero: "u8" }),
  one("u8", { m: 5, n: 3, k: 8, a: [2], b: [2], scale: [3], zero: "i8" }),
  one("i32", { m: 20, n: 16, k: 12, a: [2, 1], b: [3] }),
  one("u32", { m: 9, n: 12, k: 8, b: [5] }, { transB: true }),
  // to floats, and factors that make ties and overflows
  one("u8,i8", { m: 20, n: 20, k: 64, scale: [20], az: [] }),
  one("i8", { m: 7, n: 9, k: 11, scale: [7, 1] }, { dtype: "f32" }),
  one("i8", { m: 20, n: 20, k: 4, scale: [], most: 1, data: "tiny", zero: "i8" }),
  one("u8", { m: 20, n: 20, k: 4, scale: [], most: 1, data: "tiny" }, { dtype: "u8" }),
  one("u8", { m: 20, n: 20, k: 32, scale: [20], most: 2 ** 20, zero: "u8" }),
  // i32 and u32 that wrap
  ...WORDS.map((types) => one(types, { m: 20, n: 20, k: 33, data: "large" })),
];

/** One case that shows any mistake: nothing square, every edge ragged, sums longer than f32 holds, zero points everywhere. */
export const revealingInteger: KernelCase = one("u8,i8", { m: 35, n: 36, k: 1301, az: [35], bz: [36], data: "positive" });
/** Aligned, for what reads whole words only, and rescaled with ties and overflows to both sides. */
export const revealingRescaled: KernelCase = one(
  "u8,i8",
  { m: 35, n: 36, k: 300, az: [35], bz: [36], scale: [36], zero: "u8" },
  { transB: true },
);

const size = (types: "i8" | "u8" | "i32" | "u8,i8", n: number, options: MatmulIntegerOptions = {}, more: Partial<Shape> = {}) =>
  one(types, { m: n, n, k: n, ...more }, options);

const sizes: readonly KernelCase[] = [
  size("i8", 128),
  size("i8", 512),
  size("i8", 1024),
  size("i8", 512, { transB: true }),
  size("u8,i8", 512, { transB: true }, { az: [], bz: [512] }),
  size("u8,i8", 512, { transB: true }, { az: [], scale: [512], zero: "u8" }),
  size("i32", 512),
];

/** What proves and times matmulInteger. */
export const matmulIntegerSuite: Suite = defineSuite(matmulInteger, cases, sizes);
