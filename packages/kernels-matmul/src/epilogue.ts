// What happens to a finished sum before it is stored: c = activation(alpha · sum + bias + beta · residual). Text that all variants share.
import { orNan, wgsl } from "@tilewright/runtime";
import type { Activation } from "./activation.ts";
import type { Spec } from "./matmul.ts";

/** exp of a non-positive number cannot overflow: both signs from e = exp(-|x|). */
const sigmoidText = (x: string, T: string) =>
  `let e = exp(-abs(${x})); let s = select(${T}(1.0), e, ${x} < ${T}(0.0)) / (1.0 + e);`;

/** WGSL bodies over `x` of type T (f32 or a vector of it); U is the unsigned type as wide. NaN must come out as NaN. In float64: formulas.ts. */
export const activations = {
  // max(x, 0) may drop NaN: the bits decide, for everything from -0 to -infinity.
  relu: (T, U) => `return select(x, ${T}(0.0), bitcast<${U}>(x) - ${U}(0x80000000u) <= ${U}(0x7f800000u));`,
  sigmoid: (T, U) => `${sigmoidText("x", T)} return ${orNan("s", U)};`,
  tanh: (T, U) =>
    `let e = exp(-2.0 * abs(x)); let t = (1.0 - e) / (1.0 + e); return ${orNan(`select(t, -t, x < ${T}(0.0))`, U)};`,
  silu: (T) => `${sigmoidText("x", T)} return x * s;`,
  "gelu-tanh": (T) => `let u = 1.5957691 * x * (1.0 + 0.044715 * x * x); ${sigmoidText("u", T)} return x * s;`,
  /** ½(1 − erf(|x|/√2)) is formula 7.1.26 of Abramowitz and Stegun, off by 0.75e-7 at most. */
  "gelu-erf": (T) =>
    `let z = abs(x) * 0.70710678; let t = 1.0 / (1.0 + 0.3275911 * z);
  let q = 0.5 * t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * exp(-z * z);
  return x * select(1.0 - q, q, x < ${T}(0.0));`,
} as const satisfies Record<Activation, (T: string, U: string) => string>;

/** The last argument of `finish`: a tile loads it once for all its rows, as 16 loads take CPU drivers as long to compile as the rest. */
export const biasAt = ({ bias }: Spec, col = "col"): string => (bias ? `, bias_at(${col})` : "");

/** `finish(sum, matrix, row, col, bias_at(col))`: what to store, over f32 or vec4<f32>; `col` counts elements. Without bias it has no such argument. */
export function finish({ bias, residual, activation, vecC }: Spec, lanes: 1 | 4): string {
  const [T, U] = lanes === 1 ? ["f32", "u32"] : ["vec4<f32>", "vec4<u32>"];
  const body = activation ? activations[activation](T!, U!) : "return x;";
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
