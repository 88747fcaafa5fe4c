// What oneHot is.
import type { Problem } from "@tilewright/runtime";
import type { Flat } from "../frame.ts";
import { fromBits } from "./movement.ts";

type Asked = Problem<"n" | "depth" | "inner" | "on" | "off", Flat>;
interface Result {
  readonly y: Float64Array;
}

export function reference(
  { params: { n, depth, inner, on, off }, spec: { dtype } }: Asked,
  { indices }: { readonly indices: ArrayLike<number> },
): Result {
  return {
    y: Float64Array.from({ length: n }, (_, i) => {
      const place = Math.floor(i / inner) % depth;
      const row = Math.floor(i / (inner * depth)) * inner + (i % inner);
      return fromBits(indices[row] === place ? on : off, dtype);
    }),
  };
}

export const bound = ({ spec }: Asked, _values: object, { y }: Result): Result => ({
  y: y.map((value) => (spec.dtype === "f16" ? 2 ** -10 : 0) * Math.abs(value)),
});
