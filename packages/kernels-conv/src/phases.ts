// A transpose by strides, taken apart. Elements of y whose places leave the same remainders by the strides meet the same taps of the kernel, every
// stride-th of them: each such phase is a transpose by strides of 1 with the kernel's share of taps, and no tap falls between elements of x.
import { wgsl } from "@tilewright/runtime";
import type { Three } from "./geometry.ts";
import type { Place } from "./problem.ts";
import { vec3u } from "./text.ts";

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
const three = (f: (axis: 0 | 1 | 2) => number): Three => [f(0), f(1), f(2)];

/** How many phases there are. */
export const phases = ({ strides }: Pick<Place, "strides">): number => strides[0] * strides[1] * strides[2];

/** The largest phase's sizes. */
export const phaseSizes = (
  { strides }: Pick<Place, "strides">,
  { yd, yh, yw }: { readonly yd: number; readonly yh: number; readonly yw: number },
): Three => three((axis) => Math.ceil([yd, yh, yw][axis]! / strides[axis]));

type Strided = Pick<Place, "kernel" | "strides" | "dilations">;

/** A phase as a transpose of its own: how many taps it has at most, their distance in x, and in the kernel. */
export function phaseOf({ kernel, strides, dilations }: Strided): { kernel: Three; dilations: Three; step: Three } {
  const share = three((axis) => gcd(strides[axis], dilations[axis]));
  const step = three((axis) => strides[axis] / share[axis]!);
  return {
    step,
    kernel: three((axis) => Math.ceil(kernel[axis] / step[axis]!)),
    dilations: three((axis) => dilations[axis] / share[axis]!),
  };
}

/** The first tap that meets places with a remainder by the stride; the kernel's size where none does. */
const firstTaps = ({ kernel, strides, dilations }: Strided, axis: 0 | 1 | 2): number[] =>
  Array.from({ length: strides[axis] }, (_, remainder) => {
    const tap = Array.from({ length: kernel[axis] }, (_, k) => k).find(
      (k) => (k * dilations[axis]) % strides[axis] === remainder,
    );
    return tap ?? kernel[axis];
  });

/** Whether some phase lacks a tap of a row. */
export const missing = (spec: Strided, tap: number): boolean =>
  firstTaps(spec, 2).some((first) => first + tap * phaseOf(spec).step[2] >= spec.kernel[2]);

/**
 * `phase_at(i)`: the first place of phase i in y; `grid_of(phase)`: how many there are; `first_taps(phase)`; `corner_of(q, phase, first)`: where in x,
 * maybe before it, the first taps of the phase's q-th place fall; `place_of(q, phase)`: that place in y, pixels counted through.
 */
export function phaseText(spec: Strided): string {
  const [, sh, sw] = spec.strides;
  const stride = vec3u(spec.strides);
  const table = (axis: 0 | 1 | 2) =>
    `array<u32, ${spec.strides[axis]}>(${firstTaps(spec, axis)
      .map((tap) => `${tap}u`)
      .join(", ")})`;
  return wgsl`const FIRST_D = ${table(0)};
const FIRST_H = ${table(1)};
const FIRST_W = ${table(2)};
fn phase_at(i: u32) -> vec3u { return vec3u(i / ${sh * sw}u, i / ${sw}u % ${sh}u, i % ${sw}u); }
fn grid_of(phase: vec3u) -> vec3u { return (vec3u(p.yd, p.yh, p.yw) + ${stride} - vec3u(1u) - phase) / ${stride}; }
fn first_taps(phase: vec3u) -> vec3u {
  let remainder = (phase + vec3u(p.pd, p.ph, p.pw)) % ${stride};
  return vec3u(FIRST_D[remainder.x], FIRST_H[remainder.y], FIRST_W[remainder.z]);
}
fn corner_of(q: vec3u, phase: vec3u, first: vec3u) -> vec3u {
  let reach = vec3i(phase + vec3u(p.pd, p.ph, p.pw)) - vec3i(first * ${vec3u(spec.dilations)});
  return q + vec3u(reach / vec3i(${stride}));
}
fn place_of(q: vec3u, phase: vec3u) -> u32 {
  let at = q * ${stride} + phase;
  return (at.x * p.yh + at.y) * p.yw + at.z;
}`;
}
