// Tensors in JavaScript's memory: made, encoded, decoded.

import { fail } from "./error.ts";
import { fromF16, toF16 } from "./f16.ts";
import { type DType, type HostTensor, type Result, type TensorData, typeOf } from "./tensor.ts";

type ArrayClass = new (data: ArrayBuffer | number) => TensorData;
const half = (globalThis as { Float16Array?: ArrayClass }).Float16Array;
const classes: Record<DType, ArrayClass> = {
  f32: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  i8: Int8Array,
  u8: Uint8Array,
  f16: half ?? Uint16Array,
};

/** The typed array class that holds a dtype here. */
export const arrayOf = (dtype: DType): ArrayClass => classes[dtype];

/**
 * A host tensor, of shape [data.length] unless given; plain numbers become the dtype's typed array (f32 unless given).
 * @throws KernelError `shape` when the data is not as long as the shape says, `dtype` when the dtype is unknown.
 */
export function tensor(data: TensorData | readonly number[], shape: readonly number[] = [data.length], dtype?: DType): Result {
  if (Array.isArray(data) && data.some((x) => typeof x !== "number"))
    fail("tensor", "shape", "data is nested; needed is one flat array and its shape: tensor(rows.flat(), [m, n]).");
  const type = typeOf("tensor", "data", { data, shape, dtype });
  return { ...type, data: Array.isArray(data) ? encode(data as number[], type.dtype) : (data as TensorData) };
}

/** A host tensor's elements as numbers, f16 bits decoded. */
export function decode({ data, dtype }: Pick<HostTensor, "data" | "dtype">): ArrayLike<number> {
  return dtype === "f16" && data instanceof Uint16Array ? Float32Array.from(data, fromF16) : data;
}

/** Numbers as the dtype's typed array: floats round to nearest, integers as typed arrays make them (towards zero, modulo 2^32 or 2^8). */
export function encode(values: ArrayLike<number>, dtype: DType): TensorData {
  if (dtype === "f16" && !half) return Uint16Array.from(values, toF16);
  const array = new classes[dtype](values.length);
  (array as unknown as Float32Array).set(values);
  return array;
}
