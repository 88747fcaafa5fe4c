// What resize is.
import type { Problem } from "@tilewright/runtime";
import { stored, ULP } from "../accuracy.ts";
import type { ResizeParams, ResizeSpec } from "../resize.ts";

type Asked = Problem<ResizeParams, ResizeSpec>;
interface Values {
  readonly x: ArrayLike<number>;
}
interface Result {
  readonly y: Float64Array;
}

const floored = (a: number, b: number) => Math.floor(a / b);
function nearestOf(mode: ResizeSpec["nearest"], t: number, c: number): number {
  if (mode === "roundPreferFloor") return -floored(c - 2 * t, 2 * c);
  if (mode === "roundPreferCeil") return floored(2 * t + c, 2 * c);
  return mode === "floor" ? floored(t, c) : -floored(-t, c);
}
const clamp = (i: number, size: number) => Math.min(Math.max(i, 0), size - 1);

/** The four pixels that element i of y is made of, and their weights. */
function taps({ params, spec }: Asked, i: number) {
  const { inner, h, w, outH, outW } = params;
  const pixel = Math.floor(i / inner);
  const [col, row, outer] = [pixel % outW, Math.floor(pixel / outW) % outH, Math.floor(pixel / (outW * outH))];
  const along = (place: number, a: number, b: number, c: number, size: number) => {
    const t = a * place + b;
    if (spec.mode === "nearest") return [[clamp(nearestOf(spec.nearest, t, c), size), 1] as const];
    const first = floored(t, c);
    const part = (t - first * c) / c;
    return [[clamp(first, size), 1 - part] as const, [clamp(first + 1, size), part] as const];
  };
  const down = along(row, params.aH, params.bH, params.cH, h);
  const across = along(col, params.aW, params.bW, params.cW, w);
  return down.flatMap(([y, v]) => across.map(([x, u]) => [((outer * h + y) * w + x) * inner + (i % inner), u * v] as const));
}

export const reference = (problem: Asked, { x }: Values): Result => ({
  y: Float64Array.from({ length: problem.params.n }, (_, i) =>
    taps(problem, i).reduce((sum, [at, weight]) => sum + weight * x[at]!, 0),
  ),
});

/** A weight is a quotient and up to two products; four terms are added. */
export const bound = (problem: Asked, { x }: Values, { y }: Result): Result => ({
  y: y.map((value, i) => {
    const size = taps(problem, i).reduce((sum, [at, weight]) => sum + Math.abs(weight * x[at]!), 0);
    return (problem.spec.mode === "linear" ? 10 * ULP * (size || 0) : 0) + stored(value, problem.spec.dtype);
  }),
});
