// What happens to a finished sum before it is stored: y = activation(sum + bias + residual).
import { activations } from "@tilewright/kernels-matmul";
import { type Lanes, orNan, wgsl } from "@tilewright/runtime";
import type { Activation } from "./activation.ts";

/** WGSL over `x` of type T; `slope` is PReLU's, U the unsigned type as wide. NaN must come out as NaN. */
type Body = (T: string, U: string) => string;

/** In float64: formulas.ts. */
const bodies: Readonly<Record<Activation, Body>> = {
  ...activations,
  clip: (T, U) => `return ${orNan(`clamp(x, ${T}(p.alpha), ${T}(p.beta))`, U)};`,
  "leaky-relu": (_, U) => `return select(x, p.alpha * x, bitcast<${U}>(x) >= ${U}(0x80000000u));`,
  prelu: (_, U) => `return select(x, slope * x, bitcast<${U}>(x) >= ${U}(0x80000000u));`,
  elu: (_, U) => `return select(x, p.alpha * (exp(x) - 1.0), bitcast<${U}>(x) - ${U}(0x80000000u) <= ${U}(0x7f800000u));`,
  "hard-sigmoid": (T, U) => `return ${orNan(`clamp(p.alpha * x + p.beta, ${T}(0.0), ${T}(1.0))`, U)};`,
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
  /** Likewise; of a quantised filter alone. */
  readonly scales?: "" | "c" | undefined;
  /** Likewise; "all": each element of an image. */
  readonly slope: "" | "c" | "all" | undefined;
  /** It has y's shape. */
  readonly residual: boolean;
  readonly activation: Activation | undefined;
  /** Four neighbours of y are a vec4. */
  readonly vecY: boolean;
}

/** Lanes of what the end of a sum reads, and of y. */
export function finishLanes({ last, bias, scales, slope, vecY }: Finish): Lanes {
  const y = vecY ? 4 : 1;
  const channel = last ? y : 1;
  return {
    y,
    residual: y,
    bias: bias === "c" ? channel : 1,
    scales: scales === "c" ? channel : 1,
    slope: slope === "c" ? channel : slope === "all" ? y : 1,
  };
}

type Shared = Pick<Finish, "bias" | "scales">;
const shared = ({ bias, scales }: Shared) => [
  ...(scales === undefined ? [] : ["scale"]),
  ...(bias === undefined ? [] : ["bias"]),
];
/** WGSL that loads what all sums of a channel share, once, under names that end in `end`; and of `finish`'s last arguments, with the comma before them. */
export const loadShared = (spec: Shared, channel: string, end: string): string =>
  shared(spec)
    .map((name) => `let ${name}${end} = ${name}_at(${channel});`)
    .join(" ");
export const passShared = (spec: Shared, end: string): string =>
  shared(spec)
    .map((name) => `, ${name}${end}`)
    .join("");
/** Likewise, loaded where they are passed. */
export const sharedAt = (spec: Shared, channel: string): string =>
  shared(spec)
    .map((name) => `, ${name}_at(${channel})`)
    .join("");
/** WGSL of the parameters that take them, named `scale_here` and `bias_here`. */
export const takeShared = (spec: Shared, T: string): string =>
  shared(spec)
    .map((name) => `, ${name}_here: ${T}`)
    .join("");

/**
 * `finish(sum, at, channel, scale, bias)`: what to store at element `at` of y, over f32, or over vec4<f32> of four neighbours: channels
 * where they are last, else pixels of one channel. The last arguments, `scale_at(channel)` and `bias_at(channel)`, are there only where there
 * is a scale or a bias. Where these are not bound as vec4, what lies past the end is clamped, its result is not stored.
 */
export function finish(spec: Finish, lanes: 1 | 4): string {
  const { last, bias, scales, slope, residual, activation, vecY } = spec;
  const [T, U] = lanes === 1 ? ["f32", "u32"] : ["vec4<f32>", "vec4<u32>"];
  const body = activation ? bodies[activation](T!, U!) : "return x;";
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
${bias === undefined ? "" : `fn bias_at(channel: u32) -> ${T} { return ${read("bias", bias)}; }`}${scales === undefined ? "" : `\nfn scale_at(channel: u32) -> ${T} { return ${read("scales", scales)}; }`}
fn finish(sum: ${T}, at: u32, channel: u32${takeShared(spec, T!)}) -> ${T} {
  return activation(sum${scales === undefined ? "" : " * scale_here"}${bias === undefined ? "" : " + bias_here"}${residual ? ` + ${four("residual", "at", all)}` : ""}${slopes && `, ${slopes}`});
}`;
}
