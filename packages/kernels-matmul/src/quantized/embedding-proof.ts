// What embeddingQuantized is, and how far its one multiplication may stray.
import type { Problem } from "@tilewright/runtime";
import type { EmbeddingQuantizedP, EmbeddingQuantizedSpec } from "./embedding.ts";
import type { QuantizedOperands } from "./layout.ts";
import { matrixOf } from "./quantize.ts";

type Asked = Problem<EmbeddingQuantizedP, EmbeddingQuantizedSpec>;
type Values = QuantizedOperands<ArrayLike<number>> & { readonly indices: ArrayLike<number> };
interface Rows {
  readonly y: Float64Array;
}

export function reference({ params: { rows: n, k }, spec }: Asked, { indices, weights, scales, zeros }: Values): Rows {
  const table = matrixOf({ weights, scales, zeros }, [n, k], spec);
  const y = new Float64Array(indices.length * k);
  for (let i = 0; i < indices.length; i++)
    if (indices[i]! >= 0 && indices[i]! < n) y.set(table.subarray(indices[i]! * k, (indices[i]! + 1) * k), i * k);
  return { y };
}

/** One product, rounded once, and once more to y's type. What is not normal, scale or product, may be flushed to zero. */
export function bound({ params: { rows: n, k }, spec, types }: Asked, { indices, scales }: Values, { y }: Rows): Rows {
  const [half, halfScale] = [types["y"]!.dtype === "f16", types["scales"]!.dtype === "f16"];
  const least = half ? 2 ** -14 : 2 ** -126;
  return {
    y: y.map((value, i) => {
      const row = indices[Math.floor(i / k)]!;
      const scale = Math.abs(scales[row * (k / spec.group) + Math.floor((i % k) / spec.group)] ?? 0);
      const size = Math.abs(value);
      if (row < 0 || row >= n) return 0;
      if (scale < (halfScale ? 2 ** -14 : 2 ** -126) || size < least) return size + least;
      return size * (2 ** -24 + (half ? 2 ** -10 : 0));
    }),
  };
}
