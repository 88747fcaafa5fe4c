// WGSL that the pools share: how a window's elements are taken up, and what is made of them.
import { isNan, wgsl } from "@tilewright/runtime";
import { vec3u } from "../text.ts";
import type { Spec } from "./pool.ts";

export const integer = ({ dtype }: Pick<Spec, "dtype">): boolean => dtype.endsWith("8");

/** The type of an element, and of four. */
export function types({ dtype }: Pick<Spec, "dtype">, lanes: 1 | 4): { T: string; U: string; B: string } {
  const scalar = dtype === "i8" ? "i32" : dtype === "u8" ? "u32" : "f32";
  return lanes === 1 ? { T: scalar, U: "u32", B: "bool" } : { T: `vec4<${scalar}>`, U: "vec4<u32>", B: "vec4<bool>" };
}

/** Where in x the window of `pixel` of y begins, maybe before it. */
export const corner = ({ strides }: Pick<Spec, "strides">): string =>
  `vec3u(pixel / (p.yh * p.yw), pixel / p.yw % p.yh, pixel % p.yw) * ${vec3u(strides)} - vec3u(p.pd, p.ph, p.pw)`;

/** What lies past an edge: of a maximum the least value, made at run time since WGSL has no word for infinity. */
export function beyond({ kind, dtype }: Pick<Spec, "kind" | "dtype">, lanes: 1 | 4): string {
  const { T } = types({ dtype }, lanes);
  if (kind !== "max" || dtype === "u8") return `${T}()`;
  return dtype === "i8" ? `${T}(-128)` : `${T}(bitcast<f32>(0xff7fffffu + min(p.batch, 1u)))`;
}

/** `better(x, best)`: whether x takes the place of best; NaN does, and stays. Its bits tell, since comparisons may assume that there is none. */
export function better(spec: Pick<Spec, "dtype">, lanes: 1 | 4): string {
  const { T, U, B } = types(spec, lanes);
  return wgsl`fn better(x: ${T}, best: ${T}) -> ${B} { return ${integer(spec) ? "x > best" : `((x > best) | ${isNan("x", U)}) & !${isNan("best", U)}`}; }`;
}

/** What a window adds up of an element (of four channels, with `lanes`), and what is `made(sum, counted(…))` of a sum, or of four (`sums`). */
export function sum(
  { kind, norm }: Pick<Spec, "kind" | "norm">,
  sums: 1 | 4,
  lanes: 1 | 4 = sums,
): { term(x: string): string; functions: string } {
  const types = { 1: "f32", 4: "vec4f" };
  const T = types[sums];
  // Four of a row have each their own count.
  const count = sums > lanes ? T : "f32";
  if (kind === "average")
    return { term: (x) => x, functions: `fn made(sum: ${T}, count: ${count}) -> ${T} { return sum / count; }` };
  const terms = {
    sum: (x: string) => `abs(${x})`,
    square: (x: string) => `${x} * ${x}`,
    power: (x: string) => `powered(${x}, p.exponent)`,
  };
  const made = { sum: "sum", square: "sqrt(sum)", power: "root(sum, 1.0 / p.exponent)" }[norm];
  const powered = (name: string, T: string) =>
    `fn ${name}(x: ${T}, e: f32) -> ${T} { return select(pow(abs(x), ${T}(e)), ${T}(), x == ${T}()); }\n`;
  const functions = norm === "power" ? powered("powered", types[lanes]) + powered("root", T) : "";
  return { term: terms[norm], functions: `${functions}fn made(sum: ${T}, count: ${count}) -> ${T} { return ${made}; }` };
}

/** `counted(start)`: how many taps of a window count in an average, by where it begins (wrapped where that is before x). */
export function counted({ kind, padded, counted: ends, dilations }: Spec): string {
  if (kind !== "average") return "fn counted(start: vec3u) -> f32 { return 1.0; }";
  if (!padded) return "fn counted(start: vec3u) -> f32 { return f32(p.kd * p.kh * p.kw); }";
  const step = `vec3i(${dilations.join(", ")})`;
  const first = ends ? "vec3i()" : `(max(-at, vec3i()) + ${step} - 1) / ${step}`;
  const size = `vec3i(vec3u(p.xd, p.xh, p.xw))${ends ? ` + vec3i(${ends.join(", ")})` : ""}`;
  return wgsl`fn counted(start: vec3u) -> f32 {
  let at = vec3i(start);
  let behind = (max(${size} - at, vec3i()) + ${step} - 1) / ${step};
  let taps = vec3u(max(min(behind, vec3i(vec3u(p.kd, p.kh, p.kw))) - ${first}, vec3i()));
  return f32(taps.x * taps.y * taps.z);
}`;
}

/**
 * Where an element lies in x, as indices count.
 * @param box WGSL of its image (channels last), or of the plane of its channel
 */
export const indexOf = ({ indices, last }: Pick<Spec, "indices" | "last">, at: string, box: string, channel: string): string => {
  const pixel =
    indices === "column-major"
      ? `(${at}.x + (${at}.y + ${at}.z * p.xh) * p.xd)`
      : `((${at}.x * p.xh + ${at}.y) * p.xw + ${at}.z)`;
  const all = `(${box} * (p.xd * p.xh * p.xw) + ${pixel})`;
  return last ? `${all} * p.channels + ${channel}` : all;
};
