// What happens to a finished sum before it is stored: c = activation(alpha · sum + bias + beta · residual). Text that all variants share.
import { orNan, wgsl } from "@tilewright/runtime";
import type { Spec } from "./matmul.ts";

interface ActivationText {
  /** WGSL body over `x` of type T (f32 or a vector of it); U is the unsigned type as wide. NaN must come out as NaN. */
  body(T: string, U: string): string;
  /** The formula in float64. */
  f(x: number): number;
  /** Its steepest slope: what it makes of an error of x. */
  slope: number;
  /** Units in the last place that the text may be off, by WGSL's allowance for exp (3 + 2|x| ULP) and division (2.5): of 1, or of x where `grows`. */
  ulp: number;
  grows?: boolean;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** exp of a non-positive number cannot overflow: both signs from e = exp(-|x|). */
const sigmoidText = (x: string, T: string) =>
  `let e = exp(-abs(${x})); let s = select(${T}(1.0), e, ${x} < ${T}(0.0)) / (1.0 + e);`;

/** Its series of positive terms: Abramowitz and Stegun 7.1.6. */
function erf(x: number): number {
  if (!(Math.abs(x) <= 6)) return Math.sign(x); // NaN too
  let sum = 0;
  for (let n = 1, term = x; sum + term !== sum; term *= (2 * x * x) / (n += 2)) sum += term;
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export const activations = {
  // max(x, 0) may drop NaN: the bits decide, for everything from -0 to -infinity.
  relu: {
    body: (T, U) => `return select(x, ${T}(0.0), bitcast<${U}>(x) - ${U}(0x80000000u) <= ${U}(0x7f800000u));`,
    f: (x) => Math.max(0, x),
    slope: 1,
    ulp: 0,
  },
  sigmoid: { body: (T, U) => `${sigmoidText("x", T)} return ${orNan("s", U)};`, f: sigmoid, slope: 0.25, ulp: 6 },
  tanh: {
    body: (T, U) =>
      `let e = exp(-2.0 * abs(x)); let t = (1.0 - e) / (1.0 + e); return ${orNan(`select(t, -t, x < ${T}(0.0))`, U)};`,
    f: Math.tanh,
    slope: 1,
    ulp: 10,
  },
  /** x · sigmoid(x) */
  silu: { body: (T) => `${sigmoidText("x", T)} return x * s;`, f: (x) => x * sigmoid(x), slope: 1.1, ulp: 7, grows: true },
  /** ½x(1 + tanh(√(2/π)(x + 0.044715x³))) = x · sigmoid(2√(2/π)(x + 0.044715x³)): Hendrycks and Gimpel 2016, arXiv:1606.08415 */
  "gelu-tanh": {
    body: (T) => `let u = 1.5957691 * x * (1.0 + 0.044715 * x * x); ${sigmoidText("u", T)} return x * s;`,
    f: (x) => x * sigmoid(1.5957691216057308 * (x + 0.044715 * x ** 3)),
    slope: 1.13,
    ulp: 9,
    grows: true,
  },
  /** ½x(1 + erf(x/√2)), where ½(1 − erf(|x|/√2)) is formula 7.1.26 of Abramowitz and Stegun, off by 0.75e-7 at most. */
  "gelu-erf": {
    body: (T) =>
      `let z = abs(x) * 0.70710678; let t = 1.0 / (1.0 + 0.3275911 * z);
  let q = 0.5 * t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * exp(-z * z);
  return x * select(1.0 - q, q, x < ${T}(0.0));`,
    f: (x) => (x * (1 + erf(x * Math.SQRT1_2))) / 2,
    slope: 1.13,
    ulp: 8,
    grows: true,
  },
} as const satisfies Record<string, ActivationText>;

export type Activation = keyof typeof activations;

/** The last argument of `finish`: a tile loads it once for all its rows, as 16 loads take CPU drivers as long to compile as the rest. */
export const biasAt = ({ bias }: Spec, col = "col"): string => (bias ? `, bias_at(${col})` : "");

/** `finish(sum, matrix, row, col, bias_at(col))`: what to store, over f32 or vec4<f32>; `col` counts elements. Without bias it has no such argument. */
export function finish({ bias, residual, activation, vecC }: Spec, lanes: 1 | 4): string {
  const [T, U] = lanes === 1 ? ["f32", "u32"] : ["vec4<f32>", "vec4<u32>"];
  const body = activation ? (activations[activation] as ActivationText).body(T!, U!) : "return x;";
  // Columns at col, as the operand is bound: four scalars where rows are no multiple of 4.
  const columns = (operand: string, base: string) => {
    if (lanes === 1) return `load_${operand}(${base}col)`;
    return vecC
      ? `load_${operand}((${base}col) >> 2u)`
      : `vec4f(${[0, 1, 2, 3].map((j) => `load_${operand}(${base}min(col + ${j}u, p.n - 1u))`).join(", ")})`;
  };
  let added = bias ? " + bias_here" : "";
  if (residual !== undefined) {
    const [b, m, n] = ["b", "m", "n"].map((d) => residual.includes(d));
    const rows = `${b ? `matrix${m ? " * p.m" : ""}` : ""}${b && m ? " + " : ""}${m ? "row" : ""}` || "0u";
    added += ` + p.beta * ${n ? columns("residual", `(${rows}) * p.n + `) : `${T}(load_residual(${rows}))`}`;
  }
  // Threads whose columns do not exist load it too.
  const biases = lanes === 4 && vecC ? "load_bias(min(col, p.n - 4u) >> 2u)" : columns("bias", "");
  return wgsl`${bias ? `fn bias_at(col: u32) -> ${T} { return ${biases}; }` : ""}
fn activation(x: ${T}) -> ${T} { ${body} }
fn finish(sum: ${T}, matrix: u32, row: u32, col: u32${bias ? `, bias_here: ${T}` : ""}) -> ${T} { return activation(p.alpha * sum${added}); }`;
}
