// What cast is.
import { decode, encode, type Problem } from "@tilewright/runtime";
import { stored, ULP } from "../accuracy.ts";
import { type CastSpec, RANGES } from "../cast.ts";
import { isFloat } from "../movement.ts";

type Asked = Problem<"n", CastSpec>;
interface Values {
  readonly x: ArrayLike<number>;
}
interface Result {
  readonly y: Float64Array;
}

export const reference = ({ spec: { dtype, from, bool } }: Asked, { x }: Values): Result => ({
  y: Float64Array.from(x, (value) => {
    if (bool) return Number(value !== 0);
    if (isFloat(dtype)) return value;
    if (!isFloat(from)) return decode({ data: encode([value], dtype), dtype })[0]!;
    const [low, high] = RANGES[dtype]!;
    return Number.isNaN(value) ? 0 : Math.min(Math.max(Math.trunc(value), low), high);
  }),
});

export const bound = ({ spec: { dtype, from, bool } }: Asked, { x }: Values, { y }: Result): Result => ({
  y: y.map((value, i) => {
    const size = Math.abs(x[i]!);
    if (bool) return isFloat(from) && size > 0 && size < (from === "f16" ? 2 ** -14 : 2 ** -126) ? 1 : 0;
    // The largest float below the end of an integer range is what a conversion may saturate to.
    if (!isFloat(dtype)) return isFloat(from) && dtype.endsWith("32") && size >= RANGES[dtype]![1] ? 256 : 0;
    return stored(value, dtype) + (isFloat(from) ? 0 : ULP * Math.abs(value));
  }),
});
