// What quantizeLinear and dequantizeLinear share: x with its scale and its zero point.
import { broadcastIndex, type Problem } from "@tilewright/runtime";
import type { Geometry } from "../elementwise.ts";
import type { QuantizeSpec } from "../quantize.ts";

export type Asked = Problem<Geometry, QuantizeSpec>;
export interface Values {
  readonly x: ArrayLike<number>;
  readonly scale: ArrayLike<number>;
  readonly zero?: ArrayLike<number> | undefined;
}
export interface Result {
  readonly y: Float64Array;
}

export function each(
  { spec: { cut } }: Asked,
  { x, scale, zero }: Values,
  f: (x: number, scale: number, zero: number) => number,
): Result {
  return {
    y: Float64Array.from(x, (value, i) => {
      const at = broadcastIndex(cut.scale, cut.x, i);
      return f(value, scale[at]!, zero?.[at] ?? 0);
    }),
  };
}
