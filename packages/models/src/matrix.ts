// A matrix as an operand, however its values are held: in f32, in f16, or quantised.
import { type Activation, embeddingQuantized, matmul, matmulQuantized } from "@tilewright/kernels-matmul";
import { cast, gather } from "@tilewright/kernels-pointwise";
import type { Value } from "@tilewright/runtime";
import type { Packed, Scope } from "./layer.ts";

/** A parameter [outputs, inputs], or [inputs, outputs] where `inputs` is 0. */
export type Matrix = { readonly inputs: 0 | 1 } & (
  | { readonly value: Value; readonly packed?: undefined }
  /** [outputs, inputs] always. */
  | { readonly packed: Packed<Value> }
);

export interface TimesOptions {
  readonly bias?: Value | undefined;
  readonly residual?: Value | undefined;
  readonly activation?: Activation | undefined;
}

/** activation(x · Wᵀ + bias + residual): x [..., inputs] → [..., outputs], as wide as x's elements. */
export function times({ tape }: Scope, x: Value, w: Matrix, { activation, ...added }: TimesOptions = {}): Value {
  if (!w.packed) return tape.call(matmul, { a: x, b: w.value, ...added }, { transB: w.inputs === 1, activation });
  const { weights, scales, options } = w.packed;
  return tape.call(matmulQuantized, { a: x, weights, scales, ...added }, { ...options, activation });
}

/** Rows of a table [rows, width] by indices, f32: u32 or i32 [...] → [..., width]. */
export function rowsOf({ tape }: Scope, w: Matrix, indices: Value): Value {
  if (w.packed) {
    const { weights, scales, options } = w.packed;
    return tape.call(embeddingQuantized, { indices, weights, scales }, options);
  }
  const rows = tape.call(gather, { x: w.value, indices });
  return rows.dtype === "f32" ? rows : tape.call(cast, { x: rows }, { dtype: "f32" });
}
