// Activations: kernels { x } → y for floats. relu(NaN) is NaN, and none overflows at large arguments.
import { isNan } from "@tilewright/runtime";
import { DIVISION, expError, flushed, ULP } from "./accuracy.ts";
import { elementwise } from "./elementwise.ts";
import { rounded } from "./expression.ts";
import { binary, unary } from "./pointwise.ts";
import { erfcOp, expm1Op, log1pUnitOp, sigmoidOp } from "./special.ts";

const clamped = (x: number, low: number, high: number) => (Number.isNaN(x) ? x : Math.min(Math.max(x, low), high));
const sigma = (x: number) => sigmoidOp.f(x);

/** max(x, 0); integers too. */
export const relu = /* @__PURE__ */ unary({
  name: "relu",
  // max may drop NaN: the bits decide, for everything from -0 to -infinity.
  body: ({ T, U }) => `return select(x, ${T}(0.0), bitcast<${U}>(x) - ${U}(0x80000000u) <= ${U}(0x7f800000u));`,
  f: (x) => Math.max(0, x),
  ints: { body: ({ T }) => `return max(x, ${T}(0));` },
});
/** min(max(x, 0), 6); integers too. */
export const relu6 = /* @__PURE__ */ unary({
  name: "relu6",
  body: ({ T, U }) => `return select(clamp(x, ${T}(0.0), ${T}(6.0)), x, ${isNan("x", U)});`,
  f: (x) => clamped(x, 0, 6),
  ints: { body: ({ T }) => `return clamp(x, ${T}(0), ${T}(6));` },
});
/** x, or alpha · x below 0. */
export const leakyRelu = /* @__PURE__ */ unary(
  {
    name: "leakyRelu",
    body: ({ T }) => `return select(x, y * x, x < ${T}(0.0));`,
    f: (x, alpha) => (x < 0 ? alpha * x : x),
    error: rounded,
  },
  { alpha: 0.01 },
);
/** x where it is above alpha, else 0. */
export const thresholdedRelu = /* @__PURE__ */ unary(
  {
    name: "thresholdedRelu",
    body: ({ T, U }) => `return select(select(${T}(0.0), x, x > y), x, ${isNan("x", U)});`,
    f: (x, alpha) => (x <= alpha ? 0 : x),
  },
  { alpha: 1 },
);
/** x, or slope · x below 0: { x, slope }, broadcast. */
export const prelu = /* @__PURE__ */ elementwise("prelu", ["x", "slope"], {
  op: {
    name: "prelu",
    body: ({ T }) => `return select(x, y * x, x < ${T}(0.0));`,
    f: (x, slope) => (x < 0 ? slope * x : x),
    error: rounded,
  },
  args: [{ input: "x" }, { input: "slope" }],
});
/** x, or alpha(eˣ - 1) below 0. */
export const elu = /* @__PURE__ */ unary(
  {
    name: "elu",
    uses: [expm1Op],
    body: ({ T }) => `return select(y * f_expm1(x), x, x >= ${T}(0.0));`,
    f: (x, alpha) => (x >= 0 ? x : alpha * Math.expm1(x)),
    error: (y, x, alpha) => (x >= 0 ? 0 : Math.abs(alpha) * expm1Op.error!(Math.expm1(x), x) + rounded(y)),
  },
  { alpha: 1 },
);
/** gamma · elu(x, alpha), with the constants that keep a unit variance: Klambauer et al. 2017, arXiv:1706.02515 */
export const selu = /* @__PURE__ */ unary(
  {
    name: "selu",
    uses: [expm1Op],
    body: ({ T }) => `return z * select(y * f_expm1(x), x, x >= ${T}(0.0));`,
    f: (x, alpha, gamma) => gamma * (x >= 0 ? x : alpha * Math.expm1(x)),
    error: (y, x, alpha, gamma) => 2 * rounded(y) + (x >= 0 ? 0 : Math.abs(gamma * alpha) * expm1Op.error!(Math.expm1(x), x)),
  },
  { alpha: 1.6732632423543772, gamma: 1.0507009873554805 },
);
/** max(0, x) + min(0, alpha(e^(x / alpha) - 1)), alpha > 0: Barron 2017, arXiv:1704.07483 */
export const celu = /* @__PURE__ */ unary(
  {
    name: "celu",
    uses: [expm1Op],
    body: ({ T }) => `return select(y * f_expm1(x / y), x, x >= ${T}(0.0));`,
    f: (x, alpha) => (x >= 0 ? x : alpha * Math.expm1(x / alpha)),
    error(y, x, alpha) {
      const u = x / alpha;
      return x >= 0
        ? 0
        : Math.abs(alpha) * (expm1Op.error!(Math.expm1(u), u) + DIVISION * Math.abs(u) * Math.exp(u)) + rounded(y);
    },
  },
  { alpha: 1 },
);
/** x Φ(x) = ½x(1 + erf(x / √2)), from erfc so that the left tail keeps its digits: Hendrycks and Gimpel 2016, arXiv:1606.08415 */
export const gelu = /* @__PURE__ */ unary({
  name: "gelu",
  uses: [erfcOp],
  body: ({ T }) => `let c = 0.5 * f_erfc(0.70710677 * abs(x)); return x * select(1.0 - c, c, x < ${T}(0.0));`,
  f: (x) => x * (x < 0 ? 0.5 * erfcOp.f(-x * Math.SQRT1_2) : 1 - 0.5 * erfcOp.f(x * Math.SQRT1_2)),
  error: (y, x) =>
    x < 0
      ? (18 + 3.5 * x * x) * ULP * Math.abs(y) + flushed(x)
      : ((18 + 3.5 * x * x) * 0.5 * erfcOp.f(x * Math.SQRT1_2) + 2) * ULP * Math.abs(x || y),
});
/** ½x(1 + tanh(√(2/π)(x + 0.044715x³))) = x · sigmoid(2√(2/π)(x + 0.044715x³)): matmul's `gelu`. */
export const geluTanh = /* @__PURE__ */ unary({
  name: "geluTanh",
  uses: [sigmoidOp],
  body: () => "let u = 1.5957691 * x * (1.0 + 0.044715 * x * x); return x * f_sigmoid(u);",
  f: (x) => x * sigma(1.5957691216057308 * (x + 0.044715 * x ** 3)),
  error(y, x) {
    const u = 1.5957691216057308 * (x + 0.044715 * x ** 3);
    return (u < 0 ? expError(u) + 5 * Math.abs(u) * ULP : 8 * ULP) * Math.abs(y) + 6 * ULP * Math.abs(y) + flushed(x);
  },
});
/** x · sigmoid(alpha · x): silu with alpha 1 (the default), QuickGELU with 1.702. */
export const swish = /* @__PURE__ */ unary(
  {
    name: "swish",
    uses: [sigmoidOp],
    body: () => "return x * f_sigmoid(y * x);",
    f: (x, alpha) => x * sigma(alpha * x),
    error: (y, x, alpha) => sigmoidOp.error!(y, alpha * x) + (2 + Math.abs(alpha * x)) * rounded(y) + flushed(x),
  },
  { alpha: 1 },
);
/** x · sigmoid(x): {@link swish} with alpha 1. */
export const silu = /* @__PURE__ */ unary({
  name: "silu",
  uses: [sigmoidOp],
  body: () => "return x * f_sigmoid(x);",
  f: (x) => x * sigma(x),
  error: (y, x) => sigmoidOp.error!(y, x) + rounded(y) + flushed(x),
});
/** x · tanh(log(1 + eˣ)) as a ratio of e = e^-|x|: Misra 2019, arXiv:1908.08681 */
export const mish = /* @__PURE__ */ unary({
  name: "mish",
  body: ({ T }) => `let e = exp(-abs(x)); let left = x < ${T}(0.0);
  let a = select(1.0 + 2.0 * e, e * (e + 2.0), left); return x * (a / (a + select(2.0 * e * e, ${T}(2.0), left)));`,
  f: (x) => x * Math.tanh(Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0)),
  error: (y, x) => ((x < 0 ? 2 * expError(x) : 9 * ULP) + DIVISION + 6 * ULP) * Math.abs(y) + flushed(x),
});
const softplusText = (x: string, T: string) => `max(${x}, ${T}(0.0)) + f_log1p_unit(exp(-abs(${x})))`;
const softplusOf = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const softplusError = (y: number, x: number) => {
  const e = Math.exp(-Math.abs(x));
  return (expError(x) + 9 * ULP) * e + 2 * rounded(y);
};
/** log(1 + eˣ) */
export const softplus = /* @__PURE__ */ unary({
  name: "softplus",
  uses: [log1pUnitOp],
  body: ({ T, U }) => `return select(${softplusText("x", T)}, x, ${isNan("x", U)});`,
  f: softplusOf,
  error: softplusError,
});
/** -log(1 + e⁻ˣ) */
export const logSigmoid = /* @__PURE__ */ unary({
  name: "logSigmoid",
  uses: [log1pUnitOp],
  body: ({ T, U }) => `return select(-(${softplusText("-x", T)}), x, ${isNan("x", U)});`,
  f: (x) => -softplusOf(-x),
  error: (y, x) => softplusError(y, -x),
});
/** x / (1 + |x|), to ±1 at ±Infinity. */
export const softsign = /* @__PURE__ */ unary({
  name: "softsign",
  // WGSL promises nothing of divisors beyond 2^126.
  body: ({ T }) => `return select(x / (1.0 + abs(x)), sign(x), abs(x) > ${T}(1.0e30));`,
  f: (x) => (Math.abs(x) > 1e30 ? Math.sign(x) : x / (1 + Math.abs(x))),
  error: (y) => (DIVISION + ULP) * Math.abs(y),
});
/** min(max(alpha · x + beta, 0), 1) */
export const hardSigmoid = /* @__PURE__ */ unary(
  {
    name: "hardSigmoid",
    body: ({ T, U }) => `let v = y * x + z; return select(clamp(v, ${T}(0.0), ${T}(1.0)), v, ${isNan("v", U)});`,
    f: (x, alpha, beta) => clamped(alpha * x + beta, 0, 1),
    error: (_, x, alpha, beta) => {
      const error = ULP * (Math.abs(alpha * x) + Math.abs(alpha * x + beta));
      const v = alpha * x + beta;
      return v > 1 + error || v < -error ? 0 : error;
    },
  },
  { alpha: 0.2, beta: 0.5 },
);
/** x · min(max(x / 6 + ½, 0), 1) */
export const hardSwish = /* @__PURE__ */ unary({
  name: "hardSwish",
  body: ({ T, U }) => `return x * select(clamp(x + 3.0, ${T}(0.0), ${T}(6.0)) / 6.0, x, ${isNan("x", U)});`,
  f: (x) => x * (clamped(x + 3, 0, 6) / 6),
  error: (y, x) => 4 * ULP * Math.abs(y) + (Math.abs(x) < 7 ? ULP * Math.abs(x) : 0),
});
/** silu(gate) · x, the gated unit of Shazeer 2020, arXiv:2002.05202: { a: gate, b: x }, broadcast. */
export const swiglu = /* @__PURE__ */ binary({
  name: "swiglu",
  uses: [sigmoidOp],
  body: () => "return x * f_sigmoid(x) * y;",
  f: (a, b) => a * sigma(a) * b,
  error: (y, a, b) => sigmoidOp.error!(y, a) + 2 * rounded(y) + flushed(Math.max(1, Math.abs(a)) * b),
});
