// A matrix as an operand, however its values are held: in f32, in f16, or quantised.
import { type Activation, matmul } from "@tilewright/kernels-matmul";
import { gather, mul, of, pointwise } from "@tilewright/kernels-pointwise";
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
  return w.packed.codes.times(tape, x, w.packed, { activation, ...added });
}

const widen = /* @__PURE__ */ pointwise("widen", ["x"], ({ x }) => of(mul, x, 1));

/** Rows of a table [rows, width] by indices, f32: u32 or i32 [...] → [..., width]. */
export function rowsOf({ tape }: Scope, w: Matrix, indices: Value): Value {
  if (w.packed) return w.packed.codes.rows(tape, w.packed, indices);
  const rows = tape.call(gather, { x: w.value, indices });
  return rows.dtype === "f32" ? rows : tape.call(widen, { x: rows }, { dtype: "f32" });
}
