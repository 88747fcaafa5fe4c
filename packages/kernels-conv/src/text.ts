// WGSL that conv's variants share: where elements lie in x, w and y.
import { wgsl } from "@tilewright/runtime";
import type { Filter, Spec } from "./conv.ts";

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
export const tapsOf = ({ kernel }: Pick<Spec, "kernel">): number => product(kernel);

/** Channels of x and of y, all groups together. */
const X = "(p.groups * p.ci)";
const Y = "(p.groups * p.co)";

/** WGSL of the steps in w of an output channel, an input channel and a tap. */
export function filterSteps({ filter, kernel }: Pick<Spec, "filter" | "kernel">): { o: string; i: string; tap: string } {
  const taps = `${product(kernel)}u`;
  const steps: Record<Filter, { o: string; i: string; tap: string }> = {
    oihw: { o: `(p.ci * ${taps})`, i: taps, tap: "1u" },
    hwio: { o: "1u", i: Y, tap: `(p.ci * ${Y})` },
    ohwi: { o: `(p.ci * ${taps})`, i: "1u", tap: "p.ci" },
    ihwo: { o: "1u", i: `(${taps} * ${Y})`, tap: Y },
  };
  return steps[filter];
}

/** Input channels are the filter's innermost dimension, or its output channels are. */
export const alongI = ({ filter, kernel }: Pick<Spec, "filter" | "kernel">): boolean =>
  filter === "ohwi" || (filter === "oihw" && product(kernel) === 1);
export const alongO = ({ filter }: Pick<Spec, "filter">): boolean => filter === "hwio" || filter === "ihwo";

/** WGSL of the step between channels of x, and of y. */
export const channelStep = ({ last }: Pick<Spec, "last">, of: "x" | "y" = "x"): string =>
  last ? "1u" : of === "x" ? "(p.xd * p.xh * p.xw)" : "(p.yd * p.yh * p.yw)";

/**
 * `x_at(image, group, at)`: element of x at depth, height and width, the group's first channel; `y_at(image, channel, pixel)`, pixels counted
 * through; `inside(at)`; `corner(pixel)`: where the window of a pixel of y begins, before x where it is padded: then it wraps, and is not inside.
 */
export function places({ last, strides }: Pick<Spec, "last" | "strides">): string {
  const pixel = "((at.x * p.xh + at.y) * p.xw + at.z)";
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
  return vec3u(pixel / (p.yh * p.yw), pixel / p.yw % p.yh, pixel % p.yw) * vec3u(${strides.map((s) => `${s}u`).join(", ")}) - vec3u(p.pd, p.ph, p.pw);
}`;
}

/** Loops over the taps of a kernel: `tap` counts them, `offset` is a vec3u from the corner. */
export function overTaps({ kernel, dilations }: Pick<Spec, "kernel" | "dilations">, body: string): string {
  if (product(kernel) === 1) return `{ let tap = 0u; let offset = vec3u();\n${body}\n  }`;
  const names = ["d", "h", "v"];
  const open = names.map((name, i) => (kernel[i]! > 1 ? `for (var k${name} = 0u; k${name} < ${kernel[i]}u; k${name}++) {` : "{"));
  const at = names.map((name, i) => (kernel[i]! > 1 ? `k${name}` : "0u"));
  return wgsl`${open.join(" ")}
    let tap = (${at[0]} * ${kernel[1]}u + ${at[1]}) * ${kernel[2]}u + ${at[2]};
    let offset = vec3u(${at.map((k, i) => (k === "0u" ? k : `${k} * ${dilations[i]}u`)).join(", ")});
${body}
  }}}`;
}
