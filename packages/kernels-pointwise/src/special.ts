// Functions that WGSL lacks or has too coarsely, as operations that others call: each keeps its digits where the textbook line loses them.
import { orNan } from "@tilewright/runtime";
import { DIVISION, expError, logError, ULP } from "./accuracy.ts";
import type { Op } from "./expression.ts";

const poly = (x: string, coefficients: readonly (number | string)[]): string =>
  coefficients.reduceRight<string>((inner, c) => (inner ? `${c} + ${x} * (${inner})` : String(c)), "");

export const expOp: Op = {
  name: "exp",
  body: ({ U }) => `return ${orNan("exp(x)", U)};`,
  f: (x) => Math.exp(x),
  error: (y, x) => expError(x) * y,
};

/** WGSL leaves open what log makes of 0, of what is below, and of what is no number (SwiftShader: finite numbers). */
export const logOp: Op = {
  name: "log",
  body: ({ T, U }) => `let bits = bitcast<${U}>(x); let none = bits & ${U}(0u);
  let high = select(log(x), x, bits >= ${U}(0x7f800000u));
  let low = select(high, bitcast<${T}>(none | ${U}(0x7fc00000u)), x < ${T}(0.0));
  return select(low, bitcast<${T}>(none | ${U}(0xff800000u)), x == ${T}(0.0));`,
  f: (x) => Math.log(x),
  error: (_, x) => logError(x),
};

/** e^x - 1: near 0 its series to x⁸ / 8!, of which the next term is below 2^-25 for |x| < ½. */
export const expm1Op: Op = {
  name: "expm1",
  uses: [expOp],
  body: ({ T }) =>
    `return select(f_exp(x) - 1.0, x * (1.0 + x * (${poly("x", [0.5, 0.16666667, 0.041666668, 0.0083333338, 0.0013888889, 0.0001984127, 0.000024801588])})), abs(x) < ${T}(0.5));`,
  f: (x) => Math.expm1(x),
  error: (y, x) => (Math.abs(x) < 0.5 ? 4 * ULP * Math.abs(y) : expError(x) * Math.exp(x) + ULP * Math.abs(y)),
};

/** log(1 + x) for x in [0, 1]: 2 artanh(x / (2 + x)), whose argument is at most 1/3, as a series. No logarithm needed. */
export const log1pUnitOp: Op = {
  name: "log1p_unit",
  body: () =>
    `let s = x / (2.0 + x); let q = s * s; return 2.0 * s * (${poly("q", ["1.0", 0.33333334, "0.2", 0.14285715, 0.11111111, 0.09090909, 0.07692308])});`,
  f: (x) => Math.log1p(x),
  error: (y) => 8 * ULP * Math.abs(y),
};

/** The logistic function; e^-|x| cannot overflow, and keeps the digits of a small result. */
export const sigmoidOp: Op = {
  name: "sigmoid",
  body: ({ T, U }) => `let e = exp(-abs(x)); return ${orNan(`select(${T}(1.0), e, x < ${T}(0.0)) / (1.0 + e)`, U)};`,
  f: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  error: (y, x) => ((x < 0 ? expError(x) : 3 * ULP) + DIVISION + 2 * ULP) * Math.abs(y),
};

/** Near 0 the series to x⁹, elsewhere from e^-2|x|. */
export const tanhOp: Op = {
  name: "tanh",
  body: ({ T, U }) => `let e = exp(-2.0 * abs(x)); let t = (1.0 - e) / (1.0 + e); let q = x * x;
  let near = x * (${poly("q", ["1.0", -0.33333334, 0.13333334, -0.053968254, 0.021869488])});
  return ${orNan(`select(select(t, -t, x < ${T}(0.0)), near, abs(x) < ${T}(0.3))`, U)};`,
  f: (x) => Math.tanh(x),
  error: (y, x) => (Math.abs(x) < 0.3 ? 4 : 14) * ULP * Math.abs(y),
};

/**
 * Complementary error function of x ≥ 0: t e^(-x² + P(t)), t = 1 / (1 + x/2), with a fractional error below 1.2e-7.
 * Press et al., Numerical Recipes in C, 1992, §6.2.
 */
export const erfcOp: Op = {
  name: "erfc",
  body: () =>
    `let t = 1.0 / (1.0 + 0.5 * x); return t * exp(-x * x + (${poly("t", [-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277])}));`,
  f: (x) => erfc(x),
  error: (y, x) => (16 + 5 * x * x) * ULP * Math.abs(y),
};

/** Near 0 the series to x¹¹, elsewhere ±(1 - erfc|x|). */
export const erfOp: Op = {
  name: "erf",
  uses: [erfcOp],
  body: ({ T }) => `let q = x * x; let t = 1.0 - f_erfc(abs(x));
  let near = x * (${poly("q", [1.1283792, -0.37612638, 0.11283792, -0.026866171, 0.0052239776, -0.0008548327, 0.00012055333])});
  return select(select(t, -t, x < ${T}(0.0)), near, abs(x) < ${T}(0.5));`,
  f: (x) => erf(x),
  error: (y, x) =>
    (Math.abs(x) < 0.5 ? 5 * ULP : (16 + 5 * x * x) * ULP * erfc(Math.abs(x)) + ULP) * (Math.abs(x) < 0.5 ? Math.abs(y) : 1),
};

/** erf in float64: its series of positive terms e^-x² Σ 2ⁿx²ⁿ⁺¹ / (2n+1)!!, far out 1 - erfc. */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 3) return Math.sign(x) * (1 - erfc(size));
  if (Number.isNaN(x)) return x;
  let [term, sum] = [x, x];
  for (let n = 1; n < 80; n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** erfc in float64, x ≥ 0: far out its continued fraction, evaluated backwards. */
function erfc(x: number): number {
  if (!(x > 3)) return 1 - erf(x);
  if (x > 27) return 0;
  let k = 0;
  for (let n = 60; n > 0; n--) k = n / 2 / (x + k);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + k);
}

/**
 * sin and cos: x less a multiple of ½π, taken in three parts of which k times the first two are exact up to |x| = 10⁵; then Cephes' polynomials
 * (Moshier, sinf.c and cosf.c). WGSL's own may be off by 2^-11 within [-π, π] and by anything beyond. Past 10⁵ digits fade.
 */
const wave = (name: string, shift: 0 | 1, f: (x: number) => number): Op => ({
  name,
  f,
  body: ({ T, U, I }) => `let k = round(x * 0.63661977);
  let far = ((x - k * 1.5703125) - k * 4.837512969970703e-4) - k * 7.549789954891882e-8;
  let r = select(clamp(far, ${T}(-0.8), ${T}(0.8)), far, (bitcast<${U}>(x) & ${U}(0x7f800000u)) == ${U}(0x7f800000u));
  let q = r * r; let n = bitcast<${U}>(${I}(k)) + ${shift}u;
  let s = r + r * q * ((-1.9515296e-4 * q + 8.332161e-3) * q - 0.16666655);
  let c = 1.0 - 0.5 * q + q * q * ((2.4433157e-5 * q - 1.3887316e-3) * q + 0.041666646);
  let v = select(s, c, (n & ${U}(1u)) == ${U}(1u));
  return select(v, -v, (n & ${U}(2u)) == ${U}(2u));`,
  error: (_, x) => Math.min(2, 4 * ULP + Math.abs(x) * (Math.abs(x) < 1e5 ? 2 ** -33 : ULP)),
});

export const sinOp: Op = /* @__PURE__ */ wave("sin", 0, (x) => Math.sin(x));
export const cosOp: Op = /* @__PURE__ */ wave("cos", 1, (x) => Math.cos(x));
