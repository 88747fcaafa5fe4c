import { defineSuite, type Fill, fill, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { type MatmulOptions, matmul } from "./matmul.ts";

interface Shape {
  m: number;
  n: number;
  k: number;
  /** Leading dimensions of a and of b. */
  a?: number[];
  b?: number[];
  bias?: boolean;
  /** The residual's shape. */
  residual?: number[];
  data?: Fill;
}

type Types = "f32" | "f16" | "f32,f16";

/** One case. `types`: of everything, or of a (and c) and b where they differ. */
function one(
  types: Types,
  { m, n, k, a: leadA = [], b: leadB = [], bias = false, residual, data = "uniform" }: Shape,
  options: MatmulOptions = {},
): KernelCase {
  const [x, y = x] = types.split(",") as ("f32" | "f16")[];
  const keys: Record<string, string | number | boolean> = { m, n, k };
  if (leadA.length > 0) keys["a"] = leadA.join("x");
  if (leadB.length > 0) keys["b"] = leadB.join("x");
  if (bias) keys["bias"] = true;
  if (residual) keys["residual"] = residual.join("x");
  if (data !== "uniform") keys["data"] = data;
  for (const [key, value] of Object.entries(options)) keys[key] = value as string | number | boolean;
  return {
    dtype: types.replace(",", "·"),
    keys,
    options,
    inputs: () => ({
      a: fill(data, [...leadA, ...(options.transA ? [k, m] : [m, k])], x!, 1),
      b: fill(data === "nonfinite" ? "uniform" : data, [...leadB, ...(options.transB ? [n, k] : [k, n])], y!, 2),
      ...(bias ? { bias: fill(data === "nonfinite" ? data : "uniform", [n], x!, 3) } : {}),
      ...(residual ? { residual: fill("uniform", residual, x!, 4) } : {}),
    }),
  };
}

const both = (shape: Shape, options?: MatmulOptions): KernelCase[] => [one("f32", shape, options), one("f16", shape, options)];

const cases: readonly KernelCase[] = [
  // one of everything, primes, less than a tile, a tile, more than a tile
  ...both({ m: 1, n: 1, k: 1 }),
  ...both({ m: 7, n: 5, k: 3 }, { transB: true }),
  one("f32", { m: 15, n: 31, k: 12, bias: true }),
  ...both({ m: 16, n: 32, k: 16, bias: true }, { activation: "relu" }),
  one("f32", { m: 17, n: 33, k: 20 }, { transA: true }),
  ...both({ m: 33, n: 17, k: 19, bias: true }, { transB: true }),
  one("f32", { m: 63, n: 64, k: 64 }, { transB: true, activation: "gelu-tanh" }),
  one("f32", { m: 20, n: 32, k: 64, bias: true }, { activation: "gelu-erf" }),
  one("f32", { m: 8, n: 32, k: 16, data: "large" }, { activation: "gelu-erf" }),
  ...both({ m: 64, n: 64, k: 64 }),
  one("f32", { m: 65, n: 63, k: 66, bias: true }, { transA: true, transB: true }),
  ...both({ m: 36, n: 40, k: 28 }, { transA: true, transB: true, alpha: -0.5 }),
  // vectors, long sums, one large
  ...both({ m: 1, n: 67, k: 130 }),
  ...both({ m: 1, n: 36, k: 64, bias: true }, { transB: true, alpha: 0.5 }),
  one("f32", { m: 67, n: 1, k: 129 }, { transB: true }),
  ...both({ m: 68, n: 1, k: 132, bias: true, residual: [68, 1] }, { transA: true }),
  one("f32", { m: 5, n: 1, k: 70, a: [3], b: [3] }),
  ...both({ m: 3, n: 70, k: 68, residual: [70] }, { activation: "silu" }),
  one("f32", { m: 7, n: 68, k: 101, b: [2] }, { transB: true }),
  ...both({ m: 4, n: 4, k: 2048 }),
  one("f32", { m: 3, n: 5, k: 65536 }),
  one("f32", { m: 1, n: 6, k: 65535, data: "positive" }, { transB: true }),
  one("f32", { m: 4097, n: 3, k: 5 }),
  one("f32", { m: 2, n: 4097, k: 7, bias: true }),
  one("f32", { m: 260, n: 300, k: 516, bias: true }, { activation: "silu" }),
  // nothing to do, and nothing to add up
  one("f32", { m: 0, n: 8, k: 8 }),
  one("f32", { m: 8, n: 0, k: 8 }),
  ...both({ m: 6, n: 5, k: 0, bias: true }, { activation: "relu" }),
  one("f32", { m: 4, n: 4, k: 0 }),
  one("f32", { m: 4, n: 4, k: 4, a: [0], b: [0] }),
  // batches: both, one b for all, one a for all, across each other, and alternating
  ...both({ m: 8, n: 12, k: 16, a: [3], b: [3] }),
  one("f32", { m: 9, n: 12, k: 8, a: [2, 3], bias: true }),
  one("f32", { m: 9, n: 12, k: 8, b: [5] }, { transB: true }),
  one("f32", { m: 8, n: 8, k: 8, a: [3, 1], b: [2] }),
  ...both({ m: 5, n: 8, k: 4, a: [2, 1, 3, 1], b: [2, 4, 1, 5] }),
  one("f32", { m: 8, n: 8, k: 8, a: [3] }, { transA: true }),
  // residuals: whole, broadcast every way, and over batches
  ...both({ m: 12, n: 20, k: 8, residual: [12, 20] }, { beta: -0.5 }),
  one("f32", { m: 9, n: 7, k: 5, residual: [7], bias: true }, { activation: "relu" }),
  one("f32", { m: 9, n: 8, k: 4, residual: [9, 1] }, { beta: 3 }),
  one("f32", { m: 9, n: 7, k: 4, residual: [1] }),
  one("f32", { m: 6, n: 8, k: 4, a: [2, 3], residual: [2, 3, 6, 8] }),
  one("f32", { m: 6, n: 8, k: 4, a: [3], residual: [6, 8] }),
  one("f32", { m: 6, n: 8, k: 4, a: [2], b: [2], residual: [2, 6, 1] }),
  one("f32", { m: 6, n: 8, k: 4, a: [2], residual: [2, 1, 8] }),
  // types: mixed, and another for the output
  one("f32,f16", { m: 24, n: 20, k: 32, bias: true }, { transB: true, activation: "sigmoid" }),
  one("f32", { m: 12, n: 16, k: 24 }, { dtype: "f16", activation: "tanh" }),
  one("f16", { m: 12, n: 15, k: 25 }, { dtype: "f32" }),
  // sums in f16, by choice
  one("f16", { m: 33, n: 36, k: 35, bias: true }, { accumulate: "f16", alpha: 0.5 }),
  one("f16", { m: 36, n: 32, k: 64 }, { accumulate: "f16", transA: true, transB: true }),
  one("f16", { m: 32, n: 64, k: 48 }, { accumulate: "f16", transA: true }),
  one("f16", { m: 1, n: 64, k: 96 }, { accumulate: "f16" }),
  one("f16", { m: 5, n: 64, k: 99 }, { accumulate: "f16", transB: true, dtype: "f32" }),
  // hard numbers
  one("f32", { m: 16, n: 32, k: 256, data: "positive" }),
  one("f16", { m: 16, n: 32, k: 1024, data: "positive" }, { dtype: "f32" }),
  ...both({ m: 16, n: 32, k: 64, data: "large" }),
  ...both({ m: 16, n: 32, k: 64, data: "tiny" }),
  ...both({ m: 16, n: 32, k: 64, data: "cancel" }),
  ...both({ m: 16, n: 32, k: 64, data: "denormal" }),
  ...both({ m: 16, n: 32, k: 64, data: "nonfinite" }, { activation: "relu" }),
  one("f32", { m: 8, n: 40, k: 4, bias: true, data: "nonfinite" }),
  ...(["sigmoid", "tanh", "silu", "gelu-tanh", "gelu-erf"] as const).map((activation) =>
    one("f32", { m: 16, n: 36, k: 4, data: "nonfinite" }, { activation }),
  ),
];

/** One case that shows any mistake: nothing square, every edge ragged, several turns of every loop, bias and alpha. */
export const revealing: KernelCase = one("f32", { m: 35, n: 36, k: 33, bias: true }, { alpha: 0.5 });

/** The same of a c that is one column. */
export const revealingColumn: KernelCase = one("f32", { m: 35, n: 1, k: 33, bias: true }, { alpha: 0.5 });

const size = (m: number, n = m, k = m, options: MatmulOptions = {}): KernelCase =>
  one("f32", { m, n, k, bias: options.activation !== undefined }, options);
/** b, and bias where there is one, are weights. */
const weighted = (kase: KernelCase): KernelCase => ({ ...kase, constant: ["b", "bias"] });

const sizes: readonly KernelCase[] = [
  size(128),
  size(256),
  size(512),
  size(1024),
  size(512, 512, 512, { transB: true }),
  weighted(size(512, 512, 512, { activation: "relu" })),
  one("f16", { m: 512, n: 512, k: 512 }),
  weighted(size(32, 1024, 1024)),
  weighted(size(1, 2048, 2048)),
  weighted(size(1, 2048, 2048, { transB: true })),
  size(2048, 1, 2048),
  weighted(size(4, 1024, 1024)),
  weighted(size(8, 1024, 1024, { transB: true })),
  one("f32", { m: 128, n: 128, k: 64, a: [12], b: [12] }, { transB: true }),
];

/** What proves and times matmul. */
export const matmulSuite: Suite = defineSuite(matmul, cases, sizes);

export { matmulIntegerSuite, revealingInteger, revealingRescaled } from "./integer/cases.ts";
export * from "./quantized/cases.ts";
