// What happens to a finished sum before it is stored: y = activation(sum + bias + residual).
import { activations, type Activation as Common } from "@tilewright/kernels-matmul";
import { type Lanes, orNan, wgsl } from "@tilewright/runtime";

/** WGSL over `x` of type T; `slope` is PReLU's, U the unsigned type as wide. NaN must come out as NaN. */
type Body = (T: string, U: string) => string;

/** Those that take numbers: `alpha`, `beta`, or the operand `slope`. ONNX's and WebNN's. In float64: formulas.ts. */
const own = {
  clip: (T, U) => `return ${orNan(`clamp(x, ${T}(p.alpha), ${T}(p.beta))`, U)};`,
  "leaky-relu": (_, U) => `return select(x, p.alpha * x, bitcast<${U}>(x) >= ${U}(0x80000000u));`,
  prelu: (_, U) => `return select(x, slope * x, bitcast<${U}>(x) >= ${U}(0x80000000u));`,
  elu: (_, U) => `return select(x, p.alpha * (exp(x) - 1.0), bitcast<${U}>(x) - ${U}(0x80000000u) <= ${U}(0x7f800000u));`,
  "hard-sigmoid": (T, U) => `return ${orNan(`clamp(p.alpha * x + p.beta, ${T}(0.0), ${T}(1.0))`, U)};`,
} as const satisfies Record<string, Body>;
const bodies: Readonly<Record<string, Body>> = { ...activations, ...own };

export type Own = keyof typeof own;
export type Activation = Common | Own;
export const ACTIVATIONS: readonly string[] = Object.keys(bodies);
/** What alpha and beta are unless given. */
export const DEFAULTS: Readonly<Record<string, readonly [alpha: number, beta: number]>> = {
  clip: [0, 6],
  "leaky-relu": [0.01, 0],
  elu: [1, 0],
  "hard-sigmoid": [0.2, 0.5],
};

const RISING: readonly (Activation | undefined)[] = [undefined, "relu", "sigmoid", "tanh", "clip"];

/** Whether it never falls, whatever its numbers are: the activation of a maximum is the maximum of activations. */
export const rises = (name: Activation | undefined): boolean => RISING.includes(name);

/** What of a spec the end of a sum depends on. */
export interface Finish {
  /** Channels are last. */
  readonly last: boolean;
  /** What has a value of its own: "" all share one, "c" each channel. */
  readonly bias: "" | "c" | undefined;
  /** Likewise; "all": each element of an image. */
  readonly slope: "" | "c" | "all" | undefined;
  /** It has y's shape. */
  readonly residual: boolean;
  readonly activation: Activation | undefined;
  /** Four neighbours of y are a vec4. */
  readonly vecY: boolean;
}

/** Lanes of what the end of a sum reads, and of y. */
export function finishLanes({ last, bias, slope, vecY }: Finish): Lanes {
  const y = vecY ? 4 : 1;
  const channel = last ? y : 1;
  return {
    y,
    residual: y,
    bias: bias === "c" ? channel : 1,
    slope: slope === "c" ? channel : slope === "all" ? y : 1,
  };
}

/** WGSL of `finish`'s last argument, with the comma before it: nothing where there is no bias. Load it once for all sums of a channel. */
export const biasAt = ({ bias }: Pick<Finish, "bias">, channel: string): string =>
  bias === undefined ? "" : `, bias_at(${channel})`;

/**
 * `finish(sum, at, channel, bias_at(channel))`: what to store at element `at` of y, over f32, or over vec4<f32> of four neighbours: channels
 * where they are last, else pixels of one channel. The last argument is there only where there is a bias. Where these are not bound as
 * vec4, what lies past the end is clamped, its result is not stored.
 */
export function finish({ last, bias, slope, residual, activation, vecY }: Finish, lanes: 1 | 4): string {
  const [T, U] = lanes === 1 ? ["f32", "u32"] : ["vec4<f32>", "vec4<u32>"];
  const body = activation ? bodies[activation]!(T!, U!) : "return x;";
  const all = "p.batch * p.groups * p.co * p.yd * p.yh * p.yw";
  const four = (x: string, index: string, limit: string) => {
    if (lanes === 1) return `load_${x}(${index})`;
    if (vecY) return `load_${x}((${index}) >> 2u)`;
    return `vec4f(${[0, 1, 2, 3].map((j) => `load_${x}(min(${index} + ${j}u, ${limit} - 1u))`).join(", ")})`;
  };
  const channels = (x: string) => (last ? four(x, "channel", "p.groups * p.co") : `${T}(load_${x}(channel))`);
  const read = (x: string, of: "" | "c") => (of === "c" ? channels(x) : `${T}(load_${x}(0u))`);
  const image = "(p.groups * p.co * p.yd * p.yh * p.yw)";
  const slopes = slope === undefined ? "" : slope === "all" ? four("slope", `at % ${image}`, image) : read("slope", slope);
  return wgsl`fn activation(x: ${T}${slopes && `, slope: ${T}`}) -> ${T} { ${body} }
${bias === undefined ? "" : `fn bias_at(channel: u32) -> ${T} { return ${read("bias", bias)}; }`}
fn finish(sum: ${T}, at: u32, channel: u32${bias === undefined ? "" : `, bias_here: ${T}`}) -> ${T} {
  return activation(sum${bias === undefined ? "" : " + bias_here"}${residual ? ` + ${four("residual", "at", all)}` : ""}${slopes && `, ${slopes}`});
}`;
}
