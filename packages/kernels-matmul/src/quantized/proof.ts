// What matmulQuantized is: matmul, its weights made dense first.
import * as product from "../proof.ts";
import type { QuantizedOperands } from "./layout.ts";
import type { QuantizedSpec } from "./matmul.ts";
import { matrixOf } from "./quantize.ts";

type Problem = product.Product & { readonly spec: QuantizedSpec };
type Values = QuantizedOperands<ArrayLike<number>> & { readonly a: ArrayLike<number> };

/** The same product with the weights as an operand b [n, k] of their own, and what of each may be flushed to zero. */
function dense({ params, spec, types }: Problem, { weights, scales, zeros }: Values) {
  const n = params.n;
  const stored = Math.ceil(params.k / spec.group) * spec.group;
  const all = matrixOf({ weights, scales, zeros }, [n, stored], spec);
  const b = stored === params.k ? all : all.filter((_, i) => i % stored < params.k);
  const least = types["scales"]!.dtype === "f16" ? 2 ** -14 : 2 ** -126;
  const lost = b.map((w, i) => {
    const scale = Math.abs(scales[Math.floor(i / params.k) * (stored / spec.group) + Math.floor((i % params.k) / spec.group)]!);
    return scale < least || Math.abs(w) < 2 ** -126 ? Math.abs(w) : 0;
  });
  return { problem: { params, spec, types: { ...types, b: { shape: [n, params.k], dtype: "f32" as const } } }, b, lost };
}

export function reference(problem: Problem, values: Values): { readonly c: Float64Array } {
  const { problem: same, b } = dense(problem, values);
  return product.reference(same, { ...values, b });
}

/** A weight is rounded once; where the scale is applied to a sum instead, that sum is. */
export function bound(problem: Problem, values: Values, c: { readonly c: Float64Array }): { readonly c: Float64Array } {
  const { problem: same, b, lost } = dense(problem, values);
  return product.bound(same, { ...values, b }, c, { roundings: 1, lost });
}
