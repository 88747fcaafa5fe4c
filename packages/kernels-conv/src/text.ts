// WGSL that conv's variants share: where elements lie in x, w and y.
import { wgsl } from "@tilewright/runtime";
import type { Place, Spec } from "./problem.ts";

/** WGSL of three whole numbers. */
export const vec3u = (values: readonly number[]): string => `vec3u(${values.map((v) => `${v}u`).join(", ")})`;

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Channels of x and of y, all groups together. */
const X = "(p.groups * p.ci)";
const Y = "(p.groups * p.co)";

type Filtered = Pick<Place, "filter" | "kernel" | "transposed">;

/** The filter's dimensions, single taps left out: what lies behind a letter is what a step of it passes over. */
const order = ({ filter, kernel }: Pick<Place, "filter" | "kernel">) =>
  product(kernel) === 1 ? filter.replace("hw", "") : filter;

/** WGSL of the steps in w of an output channel, an input channel, a tap, and a group. */
export function filterSteps(spec: Filtered): { o: string; i: string; tap: string; group: string } {
  const { filter, kernel, transposed } = spec;
  const sizes = { o: transposed ? "p.co" : Y, i: transposed ? X : "p.ci", w: `${product(kernel)}u` };
  const step = (letter: "o" | "i" | "w") => {
    const behind = [...filter.slice(filter.indexOf(letter) + 1)].filter((l): l is "o" | "i" | "w" => l !== "h");
    return behind.length > 0 ? `(${behind.map((l) => sizes[l]).join(" * ")})` : "1u";
  };
  const [o, i] = [step("o"), step("i")];
  return { o, i, tap: step("w"), group: transposed ? `(${i} * p.ci)` : `(${o} * p.co)` };
}

/** Input channels are the filter's innermost dimension, or its output channels are. */
export const alongI = (spec: Pick<Place, "filter" | "kernel">): boolean => order(spec).at(-1) === "i";
export const alongO = (spec: Pick<Place, "filter" | "kernel">): boolean => order(spec).at(-1) === "o";

/** WGSL of the step between channels of x, and of y. */
export const channelStep = ({ last }: Pick<Place, "last">, of: "x" | "y" = "x"): string =>
  last ? "1u" : of === "x" ? "(p.xd * p.xh * p.xw)" : "(p.yd * p.yh * p.yw)";

/**
 * `x_at(image, group, at)`: element of x at depth, height and width, the group's first channel; `y_at(image, channel, pixel)`, pixels counted
 * through; `inside(at)`; `corner(pixel)`: where the window of a pixel of y begins, before x where it is padded: then it wraps, and is not
 * inside; `under(corner, offset)`: what of x lies under a tap that is `offset` from the corner. Of a transpose the corner is the pixel's
 * place among all that windows cover, and taps reach back from it to the elements of x, where they meet one.
 */
export function places({ last, strides, transposed }: Pick<Place, "last" | "strides" | "transposed">): string {
  const pixel = "((at.x * p.xh + at.y) * p.xw + at.z)";
  const stride = vec3u(strides);
  const apart = transposed && product(strides) > 1;
  return wgsl`fn x_at(image: u32, group: u32, at: vec3u) -> u32 {
  return ${
    last
      ? `(image * p.xd * p.xh * p.xw + ${pixel}) * ${X} + group * p.ci`
      : `(image * ${X} + group * p.ci) * (p.xd * p.xh * p.xw) + ${pixel}`
  };
}
fn y_at(image: u32, channel: u32, pixel: u32) -> u32 {
  return ${last ? `(image * (p.yd * p.yh * p.yw) + pixel) * ${Y} + channel` : `(image * ${Y} + channel) * (p.yd * p.yh * p.yw) + pixel`};
}
fn inside(at: vec3u) -> bool { return all(at < vec3u(p.xd, p.xh, p.xw)); }
fn corner(pixel: u32) -> vec3u {
  let place = vec3u(pixel / (p.yh * p.yw), pixel / p.yw % p.yh, pixel % p.yw);
  return ${transposed ? "place + " : `place * ${stride} - `}vec3u(p.pd, p.ph, p.pw);
}
fn under(corner: vec3u, offset: vec3u) -> vec3u {
  ${
    apart
      ? `let back = corner - offset;
  return select(vec3u(0xffffffffu), back / ${stride}, back % ${stride} == vec3u());`
      : `return corner ${transposed ? "-" : "+"} offset;`
  }
}`;
}

/** WGSL of the zero point of a quantised filter at a channel of y, and of taking it (or four, by name) away from weights: nothing where there is none. */
export const zeroAt = ({ zeros }: Pick<Spec, "zeros">, channel: string): string =>
  zeros === undefined ? "" : `f32(load_zeros(${zeros === "c" ? channel : "0u"}))`;
export const lessZero = ({ zeros }: Pick<Spec, "zeros">, name: string): string => (zeros === undefined ? "" : ` - ${name}`);

/** Taps of a kernel that a phase has: every step-th from `first` on, in depth and height, and in width unless that is unrolled. */
export interface Share {
  readonly kernel: Place["kernel"];
  readonly step: Place["kernel"];
  readonly axes: 2 | 3;
}

/** Loops over the taps of a kernel: `tap` counts them, `offset` is a vec3u from the corner. */
export function overTaps({ kernel, dilations }: Pick<Place, "kernel" | "dilations">, body: string, share?: Share): string {
  if (product(kernel) === 1 && !share) return `{ let tap = 0u; let offset = vec3u();\n${body}\n  }`;
  const whole = share?.kernel ?? kernel;
  const axes = ["d", "h", "v"].map((name, i) => {
    const k = kernel[i]! > 1 ? `k${name}` : "0u";
    const shared = share && i < share.axes;
    const loop = kernel[i]! > 1 ? `for (var ${k} = 0u; ${k} < ${kernel[i]}u; ${k}++) {` : shared ? "loop {" : "{";
    const tap = shared ? `let t${name} = first[${i}] + ${k} * ${share.step[i]}u; if (t${name} >= ${whole[i]}u) { break; }` : "";
    return { k, tap: tap ? `t${name}` : k, open: `${loop} ${tap}`, close: loop === "loop {" ? "break; }" : "}" };
  });
  const [d, h, w] = axes.map(({ tap }) => tap);
  const close = axes.map((axis) => axis.close).reverse();
  return wgsl`${axes.map(({ open }) => open).join(" ")}
    let tap = (${d} * ${whole[1]}u + ${h}) * ${whole[2]}u + ${w};
    let offset = vec3u(${axes.map(({ k }, i) => (k === "0u" ? k : `${k} * ${dilations[i]}u`)).join(", ")});
${body}
  ${close.join(" ")}`;
}
