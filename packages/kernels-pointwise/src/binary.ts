// c = f(a, b) with NumPy's broadcasting: kernels { a, b } → y. Both of one type: floats (f32 and f16 mix), i32 or u32.
import { isNan } from "@tilewright/runtime";
import { expError, logError, ULP } from "./accuracy.ts";
import { addOp, divOp, maxOp, mulOp, subOp } from "./arithmetic.ts";
import { elementwise } from "./elementwise.ts";
import { type Kind, rounded } from "./expression.ts";
import { binary, unary } from "./pointwise.ts";

/** Modulo 2³² for integers, as sub and mul. */
export const add = /* @__PURE__ */ binary(addOp);
export const sub = /* @__PURE__ */ binary(subOp);
export const mul = /* @__PURE__ */ binary(mulOp);
/** Integers: towards zero; by 0 the dividend, as WGSL has it. */
export const div = /* @__PURE__ */ binary(divOp);
/**
 * aᵇ by exp2(b · log2|a|), whose relative error grows with |b log a|; the sign is that of (-1)ᵇ, and a negative base with a broken exponent
 * gives NaN. a⁰ = 1ᵇ = 1, of NaN too, as in IEEE 754 and NumPy. i32 and u32: exponents from 0, modulo 2³².
 */
export const pow = /* @__PURE__ */ binary({
  name: "pow",
  body: ({ T, U }) => `let size = pow(abs(x), y);
  let whole = y == round(y);
  let odd = whole & (abs(y) < ${T}(16777216.0)) & (fract(0.5 * y) != ${T}(0.0));
  let negative = (bitcast<${U}>(x) & ${U}(0x80000000u)) != ${U}(0u);
  let bad = bitcast<${T}>(${U}(0x7fc00000u) | (bitcast<${U}>(x) & ${U}(1u)));
  let one = (y == ${T}(0.0)) | (x == ${T}(1.0)) | ((x == ${T}(-1.0)) & (abs(y) > ${T}(3.4e38)));
  let up = (abs(x) > ${T}(1.0)) == (y > ${T}(0.0));
  let endless = select(${T}(0.0), bitcast<${T}>(${U}(0x7f800000u) | (bitcast<${U}>(x) & ${U}(0u))), up);
  let edge = (x == ${T}(0.0)) | (abs(x) > ${T}(3.4e38)) | (abs(y) > ${T}(3.4e38));
  let value = select(size, endless, edge);
  let signed = select(value, -value, negative & odd);
  let known = select(signed, bad, (x < ${T}(0.0)) & !whole & !edge);
  let checked = select(known, bad, ${isNan("x", U)} | ${isNan("y", U)});
  return select(checked, ${T}(1.0), one);`,
  f: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b),
  error(y, a, b) {
    const size = Math.abs(a);
    if (size === 0 || b === 0 || size === Infinity || Math.abs(b) === Infinity) return 0;
    const exponent = b * Math.log2(size);
    return (expError(exponent) + Math.abs(b) * (logError(size) + 2 * ULP * Math.abs(Math.log(size)))) * Math.abs(y);
  },
  ints: {
    body: ({ T }) => `var r = ${T}(1); var b = x; var n = y;
  for (var i = 0u; i < 32u; i++) { if (all(n == ${T}(0))) { break; } r *= select(${T}(1), b, (n & ${T}(1)) == ${T}(1)); b *= b; n = n >> ${T.replace("i32", "u32")}(1u); }
  return r;`,
    f: () => integerPower,
  },
});

function integerPower(a: number, b: number): number {
  let r = 1;
  for (; b > 0; b = Math.floor(b / 2)) {
    if (b % 2) r = Math.imul(r, a);
    a = Math.imul(a, a);
  }
  return r;
}

/** The lesser; NaN where either is NaN, as numpy.minimum. */
export const min = /* @__PURE__ */ binary({
  name: "min",
  body: ({ U }) => `return select(min(x, y), x + y, ${isNan("x", U)} | ${isNan("y", U)});`,
  f: (a, b) => Math.min(a, b),
  ints: { body: () => "return min(x, y);" },
});
/** The greater; NaN where either is NaN, as numpy.maximum. */
export const max = /* @__PURE__ */ binary(maxOp);
/** What a quotient's error makes of a remainder: |a| scaled, and a whole divisor where the quotient is nearly whole. */
function remainderError(a: number, b: number): number {
  const q = Math.abs(a / b);
  if (q > 2 ** 25) return Math.abs(b);
  const off = 4 * ULP * q;
  return Math.abs(q - Math.round(q)) <= off ? Math.abs(b) + 4 * ULP * Math.abs(a) : 4 * ULP * Math.abs(a);
}
/** Any finite x is its own remainder by an infinity; of a quotient with no digit behind the point 0 is left. */
const remainderText = (T: string) => `let q = trunc(x / y); let finite = abs(x) <= ${T}(3.4028234e38);
  let far = select(x - y * q, ${T}(0.0), (abs(q) > ${T}(16777216.0)) & (abs(y) > ${T}(0.0)) & finite);
  let r = select(far, x, (abs(y) > ${T}(3.4028234e38)) & finite);`;
const turned = (T: string) => `return select(r, r + y, (r != ${T}(0)) & ((r < ${T}(0)) != (y < ${T}(0))));`;
function floored(a: number, b: number): number {
  const r = a % b;
  return r !== 0 && r < 0 !== b < 0 ? r + b : r;
}
/** The remainder with b's sign, as NumPy's and Python's %. Floats: a - b⌊a / b⌋, digits fading as a / b nears 2²⁴, beyond which it is 0. Integers by 0: 0. */
export const mod = /* @__PURE__ */ binary({
  name: "mod",
  body: ({ T }) => `${remainderText(T)} ${turned(T)}`,
  f: floored,
  error: (_, a, b) => remainderError(a, b),
  ints: { body: ({ T }) => `let r = x % y; ${turned(T)}`, f: () => (a, b) => (b === 0 ? 0 : floored(a, b)) },
});
/** The remainder with a's sign, as C's fmod and JavaScript's %; otherwise as {@link mod}. */
export const fmod = /* @__PURE__ */ binary({
  name: "fmod",
  body: ({ T }) => `${remainderText(T)} return r;`,
  f: (a, b) => a % b,
  error: (_, a, b) => remainderError(a, b),
  ints: { body: () => "return x % y;", f: () => (a, b) => (b === 0 ? 0 : a % b) },
});
/** (a - b)² */
export const squaredDifference = /* @__PURE__ */ binary({
  name: "squaredDifference",
  body: () => "let d = x - y; return d * d;",
  f: (a, b) => (a - b) ** 2,
  error: (y) => 3 * rounded(y),
  ints: { f: () => (a, b) => Math.imul(a - b, a - b) },
});

const relation = (name: string, sign: string, f: (a: number, b: number) => boolean) =>
  binary({
    name,
    // != may take NaN for equal, == may not.
    body: ({ U }) =>
      sign === "!=" ? `return select(${U}(1u), ${U}(0u), x == y);` : `return select(${U}(0u), ${U}(1u), x ${sign} y);`,
    f: (a, b) => Number(f(a, b)),
    ints: {},
    gives: "bool",
  });
/** Relations give a bool: u32 0 or 1; with NaN all but notEqual give 0. */
export const equal = /* @__PURE__ */ relation("equal", "==", (a, b) => a === b);
export const notEqual = /* @__PURE__ */ relation("notEqual", "!=", (a, b) => a !== b);
export const less = /* @__PURE__ */ relation("less", "<", (a, b) => a < b);
export const lessEqual = /* @__PURE__ */ relation("lessEqual", "<=", (a, b) => a <= b);
export const greater = /* @__PURE__ */ relation("greater", ">", (a, b) => a > b);
export const greaterEqual = /* @__PURE__ */ relation("greaterEqual", ">=", (a, b) => a >= b);

/** By bits, since NaN is true and != may not know. */
const isTrue = (x: string, kind: Kind, U: string) =>
  `(bitcast<${U}>(${x}) & ${U}(${kind === "f32" ? "0x7fffffffu" : "0xffffffffu"})) != ${U}(0u)`;
const logical = (name: string, sign: string, f: (a: boolean, b: boolean) => boolean) =>
  binary({
    name,
    body: ({ kind, U }) => `return select(${U}(0u), ${U}(1u), (${isTrue("x", kind, U)}) ${sign} (${isTrue("y", kind, U)}));`,
    f: (a, b) => Number(f(a !== 0, b !== 0)),
    ints: {},
    gives: "bool",
  });
/** Logic takes what is not 0 for true, and gives a bool. */
export const logicalAnd = /* @__PURE__ */ logical("logicalAnd", "&", (a, b) => a && b);
export const logicalOr = /* @__PURE__ */ logical("logicalOr", "|", (a, b) => a || b);
export const logicalXor = /* @__PURE__ */ logical("logicalXor", "!=", (a, b) => a !== b);

/** a where the condition is not 0, else b: { condition (bool, u32), a, b }, all broadcast. */
export const where = /* @__PURE__ */ elementwise("where", ["condition", "a", "b"], {
  op: {
    name: "where",
    takes: "bool",
    body: ({ U }) => `return select(z, y, x != ${U}(0u));`,
    f: (condition, a, b) => (condition ? a : b),
    ints: {},
  },
  args: [{ input: "condition" }, { input: "a" }, { input: "b" }],
});

/** min(max(x, min), max), NaN staying NaN; where min > max, max, as NumPy. Floats, i32 and u32; bounds per element: {@link min} and {@link max}. */
export const clip = /* @__PURE__ */ unary(
  {
    name: "clip",
    body: ({ U }) => `return select(min(max(x, y), z), x, ${isNan("x", U)});`,
    f: (x, low, high) => (Number.isNaN(x) ? x : Math.min(Math.max(x, low), high)),
    ints: {
      body: () => "return min(max(x, y), z);",
      f: (kind) => (x, low, high) => Math.min(Math.max(x, whole(low, kind)), whole(high, kind)),
    },
  },
  { min: -Infinity, max: Infinity },
);
/** α · x + β */
export const linear = /* @__PURE__ */ unary(
  {
    name: "linear",
    body: () => "return y * x + z;",
    f: (x, alpha, beta) => alpha * x + beta,
    error: (y, x, alpha) => rounded(alpha * x) + rounded(y),
  },
  { alpha: 1, beta: 0 },
);

/** A bound as the integer type has it: conversions saturate. */
const whole = (x: number, kind: Kind) =>
  kind === "u32" ? Math.min(Math.max(x, 0), 2 ** 32 - 1) : Math.min(Math.max(x, -(2 ** 31)), 2 ** 31 - 1);
