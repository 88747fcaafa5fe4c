// What happens to a finished sum before it is stored: c = activation(alpha · sum + bias). Text that all variants share.
import { wgsl } from "@tilewright/runtime";
import type { Spec } from "./matmul.ts";

interface ActivationText {
  /** WGSL body over `x` of type T (f32 or a vector of it); U is the unsigned type as wide. NaN must come out as NaN. */
  body(T: string, U: string): string;
  /** The formula in float64. */
  f(x: number): number;
  /** How far the text may be from the formula at x, by WGSL's allowance for exp (3 + 2|x| ULP) and division (2.5 ULP). */
  error(x: number): number;
  /** The steepest slope: what it makes of an error of x. */
  slope: number;
}

const ULP = 2 ** -23;
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const sigmoidError = (x: number) => (sigmoid(x) * (1 - sigmoid(x)) * (3 + 2 * Math.abs(x)) + 4 * sigmoid(x)) * ULP + 2 ** -126;
/** exp of a non-positive number cannot overflow: both signs from e = exp(-|x|). */
const sigmoidText = (x: string, T: string) => wgsl`let e = exp(-abs(${x})); let s = select(${T}(1.0), e, ${x} < ${T}(0.0)) / (1.0 + e);`;
const geluInner = (x: number) => 1.5957691216057308 * (x + 0.044715 * x ** 3);

export const activations = {
  // max(x, 0) may drop NaN: the sign bit decides, for everything from -0 to -infinity.
  relu: {
    body: (T, U) => wgsl`return select(x, ${T}(0.0), bitcast<${U}>(x) - ${U}(0x80000000u) <= ${U}(0x7f800000u));`,
    f: (x) => (x < 0 ? 0 : x),
    error: () => 0,
    slope: 1,
  },
  sigmoid: {
    body: (T) => wgsl`${sigmoidText("x", T)} return s;`,
    f: sigmoid,
    error: sigmoidError,
    slope: 0.25,
  },
  tanh: {
    body: (T) => wgsl`let e = exp(-2.0 * abs(x)); let t = (1.0 - e) / (1.0 + e); return select(t, -t, x < ${T}(0.0));`,
    f: Math.tanh,
    error: (x) => (4 + 2 * Math.exp(-2 * Math.abs(x)) * (3 + 4 * Math.abs(x))) * ULP,
    slope: 1,
  },
  /** x · sigmoid(x) */
  silu: {
    body: (T) => wgsl`${sigmoidText("x", T)} return x * s;`,
    f: (x) => x * sigmoid(x),
    error: (x) => Math.abs(x) * (sigmoidError(x) + sigmoid(x) * ULP),
    slope: 1.1,
  },
  /** ½x(1 + tanh(√(2/π)(x + 0.044715x³))) = x · sigmoid(2√(2/π)(x + 0.044715x³)): Hendrycks and Gimpel 2016, arXiv:1606.08415 */
  gelu: {
    body: (T) => wgsl`let u = 1.5957691 * x * (1.0 + 0.044715 * x * x); ${sigmoidText("u", T)} return x * s;`,
    f: (x) => x * sigmoid(geluInner(x)),
    error: (x) => {
      const u = geluInner(x);
      return Math.abs(x) * (sigmoidError(u) + sigmoid(u) * (1 + (1 - sigmoid(u)) * Math.abs(u) * 5) * ULP);
    },
    slope: 1.13,
  },
} as const satisfies Record<string, ActivationText>;

export type Activation = keyof typeof activations;

/** `finish(sum, col)`: what to store, over f32, vec2<f32> or vec4<f32>; `col` counts elements. */
export function finish({ bias, activation }: Spec, lanes: 1 | 2 | 4): string {
  const [T, U] = lanes === 1 ? ["f32", "u32"] : [`vec${lanes}<f32>`, `vec${lanes}<u32>`];
  const body = activation ? (activations[activation] as ActivationText).body(T!, U!) : "return x;";
  return wgsl`fn activation(x: ${T}) -> ${T} { ${body} }
fn finish(sum: ${T}, col: u32) -> ${T} { return activation(p.alpha * sum${bias ? ` + bias_at(col)` : ""}); }`;
}
