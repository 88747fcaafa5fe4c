import { KernelError, showShape } from "./error.ts";
import { fromF16, toF16 } from "./f16.ts";

/** Element types. `f16` is half precision in memory; sums are f32. bool is `u32` 0 or 1. */
export type DType = "f32" | "f16" | "i32" | "u32";

/** What a tensor is, without its data. Tensors are contiguous and row-major. */
export interface TensorType {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Any typed array; f16 is a Float16Array, or a Uint16Array of its bits. */
export type TensorData = ArrayBufferView & ArrayLike<number>;

/** A tensor in JavaScript's memory. Without `dtype` the array's class says it; a Uint16Array needs `dtype: "f16"`. */
export interface HostTensor {
  readonly data: TensorData | readonly number[];
  readonly shape: readonly number[];
  readonly dtype?: DType | undefined;
}

/** A tensor in a GPUBuffer; `offset` in bytes, a multiple of 256. */
export interface GpuTensor extends TensorType {
  readonly buffer: GPUBuffer;
  readonly offset?: number | undefined;
}

/** A result on the host. f16 is a Float16Array where the host has one, else a Uint16Array of bits. */
export interface Result extends TensorType {
  readonly data: TensorData;
}

export const bytesOf = (dtype: DType): number => (dtype === "f16" ? 2 : 4);
export const countOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
/** Bytes of a tensor in a buffer: whole 32-bit words. */
export const sizeOf = ({ shape, dtype }: TensorType): number => Math.ceil((countOf(shape) * bytesOf(dtype)) / 4) * 4;

type ArrayClass = new (data: ArrayBuffer | number) => TensorData;
const half = (globalThis as { Float16Array?: ArrayClass }).Float16Array;
const classes: Record<DType, ArrayClass> = { f32: Float32Array, i32: Int32Array, u32: Uint32Array, f16: half ?? Uint16Array };

/** The typed array class that holds a dtype here. */
export const arrayOf = (dtype: DType): ArrayClass => classes[dtype];

function dtypeOf(data: HostTensor["data"]): DType | undefined {
  if (Array.isArray(data) || data instanceof Float32Array) return "f32";
  if (data instanceof Int32Array) return "i32";
  if (data instanceof Uint32Array) return "u32";
  return half && data instanceof half ? "f16" : undefined;
}

/**
 * A host tensor; plain numbers become the dtype's typed array (f32 unless given).
 * @throws KernelError `shape` when the data is not as long as the shape says, `dtype` when the dtype is unknown.
 */
export function tensor(data: TensorData | readonly number[], shape: readonly number[] = [data.length], dtype?: DType): Result {
  const type = typeOf("tensor", "data", { data, shape, dtype });
  return { ...type, data: Array.isArray(data) ? encode(data as number[], type.dtype) : (data as TensorData) };
}

/** The type of any tensor that a user may hand us, checked. `who` and `name` stand in the error. */
export function typeOf(who: string, name: string, given: HostTensor | TensorType): TensorType {
  const data = "data" in given ? given.data : undefined;
  const dtype = given.dtype ?? (data && dtypeOf(data));
  const { shape } = given;
  if (!dtype || !(dtype in classes)) {
    throw new KernelError(who, "dtype", `${name} is ${dtype ?? data?.constructor.name ?? "without dtype"}; needed is f32, f16, i32 or u32 (pass dtype: "f16" with a Uint16Array of half-precision bits).`);
  }
  if (!Array.isArray(shape) || shape.some((d) => !Number.isSafeInteger(d) || d < 0)) {
    throw new KernelError(who, "shape", `${name} has shape ${JSON.stringify(shape)}; needed is an array of integers >= 0.`);
  }
  if (data && data.length !== countOf(shape)) {
    throw new KernelError(who, "shape", `${name} has ${data.length} elements, but its shape ${showShape(shape)} holds ${countOf(shape)}.`);
  }
  return { shape, dtype };
}

/** A host tensor's elements as numbers, f16 bits decoded. */
export function decode({ data, dtype }: Pick<HostTensor, "data" | "dtype">): ArrayLike<number> {
  return dtype === "f16" && data instanceof Uint16Array ? Float32Array.from(data, fromF16) : data;
}

/** Numbers as the dtype's typed array, rounded to nearest. */
export function encode(values: ArrayLike<number>, dtype: DType): TensorData {
  if (dtype === "f16" && !half) return Uint16Array.from(values, toF16);
  const array = new classes[dtype](values.length);
  (array as unknown as Float32Array).set(values);
  return array;
}
