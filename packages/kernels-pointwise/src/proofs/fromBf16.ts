// What fromBf16 is.
import type { Problem } from "@tilewright/runtime";
import { stored } from "../accuracy.ts";
import type { Flat } from "../frame.ts";

type Asked = Problem<"n", Flat>;
interface Result {
  readonly y: Float64Array;
}

export function reference({ params: { n } }: Asked, { x }: { readonly x: ArrayLike<number> }): Result {
  const words = Uint32Array.from({ length: n }, (_, i) => ((x[i >> 1]! >>> (16 * (i & 1))) & 0xffff) << 16);
  return { y: Float64Array.from(new Float32Array(words.buffer)) };
}

export const bound = ({ spec }: Asked, _values: object, { y }: Result): Result => ({
  y: y.map((value) => stored(value, spec.dtype)),
});
