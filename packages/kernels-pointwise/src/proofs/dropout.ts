// What dropout is.
import type { Problem } from "@tilewright/runtime";
import { stored, ULP } from "../accuracy.ts";
import type { DropoutParams } from "../dropout.ts";
import type { Flat } from "../frame.ts";
import { wordsOf } from "./philox.ts";

type Asked = Problem<DropoutParams, Flat>;
interface Values {
  readonly x: ArrayLike<number>;
}
interface Result {
  readonly y: Float64Array;
}

export function reference({ params }: Asked, { x }: Values): Result {
  const words = wordsOf(params);
  return { y: Float64Array.from(x, (value, i) => (words(i)[i & 3]! >= params.threshold ? params.scale * value : 0)) };
}

export const bound = ({ spec, params }: Asked, { x }: Values, { y }: Result): Result => ({
  y: y.map(
    (value, i) =>
      stored(value, spec.dtype) +
      ULP * Math.abs(value) +
      (value !== 0 && Math.abs(x[i]!) < 2 ** -14
        ? Math.min(Math.abs(value), params.scale * (spec.dtype === "f16" ? 2 ** -14 : 2 ** -126))
        : 0),
  ),
});
