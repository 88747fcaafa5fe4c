// y = f(x): one line of a table each. Every export is a kernel { x } → y, of x's shape and type unless said otherwise.
import { isNan } from "@tilewright/runtime";
import { DIVISION, logError, ULP } from "./accuracy.ts";
import { sqrtOp, squareOp } from "./arithmetic.ts";
import { unary } from "./pointwise.ts";
import { cosOp, erfOp, expm1Op, expOp, log1pUnitOp, logOp, sigmoidOp, sinOp, tanhOp } from "./special.ts";

const relative = (ulps: number) => (y: number) => ulps * ULP * Math.abs(y);
/** Floats, i32 and u32. */
export const abs = /* @__PURE__ */ unary({ name: "abs", body: () => "return abs(x);", f: (x) => Math.abs(x), ints: {} });
/** Floats, i32 and u32 (modulo 2³²). */
export const neg = /* @__PURE__ */ unary({
  name: "neg",
  body: () => "return -x;",
  f: (x) => -x,
  ints: { body: ({ T }) => `return ${T}(0) - x;` },
});
/** -1, 0 or 1; NaN of NaN. Floats, i32 and u32. */
export const sign = /* @__PURE__ */ unary({
  name: "sign",
  body: ({ U }) => `return select(sign(x), x, ${isNan("x", U)});`,
  f: (x) => Math.sign(x),
  ints: { body: ({ T }) => `return clamp(x, ${T}(${T.includes("u32") ? "0" : "-1"}), ${T}(1));` },
});
/** x². Floats, i32 and u32 (modulo 2³²). */
export const square = /* @__PURE__ */ unary(squareOp);
export const floor = /* @__PURE__ */ unary({ name: "floor", body: () => "return floor(x);", f: (x) => Math.floor(x) });
export const ceil = /* @__PURE__ */ unary({ name: "ceil", body: () => "return ceil(x);", f: (x) => Math.ceil(x) });
export const trunc = /* @__PURE__ */ unary({ name: "trunc", body: () => "return trunc(x);", f: (x) => Math.trunc(x) });
/** To the nearest integer, halves to the even one. */
export const round = /* @__PURE__ */ unary({
  name: "round",
  body: () => "return round(x);",
  f: (x) => (Math.abs(x - Math.trunc(x)) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
});
export const sqrt = /* @__PURE__ */ unary(sqrtOp);
/** 1 / √x */
export const rsqrt = /* @__PURE__ */ unary({
  name: "rsqrt",
  body: () => "return inverseSqrt(x);",
  f: (x) => 1 / Math.sqrt(x),
  error: /* @__PURE__ */ relative(2),
});
/** 1 / x */
export const reciprocal = /* @__PURE__ */ unary({
  name: "reciprocal",
  body: () => "return 1.0 / x;",
  f: (x) => 1 / x,
  error: (y) => DIVISION * Math.abs(y),
});
export const exp = /* @__PURE__ */ unary(expOp);
/** eˣ - 1, to the last digits near 0 too. */
export const expm1 = /* @__PURE__ */ unary(expm1Op);
/** NaN below 0, -Infinity at 0. */
export const log = /* @__PURE__ */ unary(logOp);
/** log(1 + x), to the last digits near 0 too: below 1 by a series. */
export const log1p = /* @__PURE__ */ unary({
  name: "log1p",
  uses: [logOp, log1pUnitOp],
  // For -½ < x < 0, log(1 + x) = -log(1 + u) with u = -x / (1 + x) in (0, 1).
  body: ({ T }) => `let u = -x / (1.0 + x); let near = f_log1p_unit(select(x, u, x < ${T}(0.0)));
  return select(f_log(1.0 + x), select(near, -near, x < ${T}(0.0)), abs(x) < ${T}(0.5));`,
  f: (x) => Math.log1p(x),
  error: (y, x) => (Math.abs(x) < 0.5 ? 16 * ULP * Math.abs(y) : logError(1 + x) + 2 * ULP),
});
/** Exact range reduction up to |x| = 10⁵, error below 2^-20; beyond, digits fade. */
export const sin = /* @__PURE__ */ unary(sinOp);
/** As {@link sin}. */
export const cos = /* @__PURE__ */ unary(cosOp);
export const tanh = /* @__PURE__ */ unary(tanhOp);
/** 1 / (1 + e⁻ˣ) */
export const sigmoid = /* @__PURE__ */ unary(sigmoidOp);
/** The Gauss error function. */
export const erf = /* @__PURE__ */ unary(erfOp);
/** 1 where x is 0, else 0: a bool. Any type. */
export const not = /* @__PURE__ */ unary({
  name: "not",
  body: ({ T, U }) => `return select(${U}(0u), ${U}(1u), x == ${T}(0));`,
  f: (x) => Number(x === 0),
  ints: {},
  gives: "bool",
});
/** 1 where x is NaN: a bool. */
export const isnan = /* @__PURE__ */ unary({
  name: "isnan",
  body: ({ U }) => `return select(${U}(0u), ${U}(1u), ${isNan("x", U)});`,
  f: (x) => Number(Number.isNaN(x)),
  gives: "bool",
});
/** 1 where x is an infinity: a bool. */
export const isinf = /* @__PURE__ */ unary({
  name: "isinf",
  body: ({ U }) => `return select(${U}(0u), ${U}(1u), (bitcast<${U}>(x) & ${U}(0x7fffffffu)) == ${U}(0x7f800000u));`,
  f: (x) => Number(Math.abs(x) === Infinity),
  gives: "bool",
});
