import { fail, showShape } from "./error.ts";

/** Element types. `f16` is half precision in memory; sums are f32. bool is `u32` 0 or 1. On the GPU `i8` and `u8` lie four to a word. */
export type DType = "f32" | "f16" | "i32" | "u32" | "i8" | "u8";

/** Things by name: operands, params, inputs. */
export type Named<T> = { readonly [name: string]: T };

/** What a tensor is, without its data. Tensors are contiguous and row-major. */
export interface TensorType {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** The typed array of the dtype: Float32Array … Uint8Array; for f16 a Float16Array, or a Uint16Array of its bits. */
export type TensorData = ArrayBufferView & ArrayLike<number> & Iterable<number>;

/** A tensor in JavaScript's memory. Without `dtype` the array's class says it; a Uint16Array needs `dtype: "f16"`. */
export interface HostTensor {
  readonly data: TensorData | readonly number[];
  readonly shape: readonly number[];
  readonly dtype?: DType | undefined;
}

/** A tensor in a GPUBuffer with GPUBufferUsage.STORAGE (COPY_DST to write it, COPY_SRC to download it); `offset` in bytes, a multiple of 256. */
export interface GpuTensor extends TensorType {
  readonly buffer: GPUBuffer;
  readonly offset?: number | undefined;
}

/** A result on the host. f16 is a Float16Array where the host has one, else a Uint16Array of bits. */
export interface Result extends TensorType {
  readonly data: TensorData;
}

export const bytesOf = (dtype: DType): number => Number(dtype.slice(1)) / 8;
export const countOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
/** Bytes of a tensor in a buffer: whole 32-bit words. */
export const sizeOf = ({ shape, dtype }: TensorType): number => Math.ceil((countOf(shape) * bytesOf(dtype)) / 4) * 4;

/** Where element i of a tensor of shape `of` lies in one of `shape` that is broadcast to it as in NumPy: dimensions of 1 stay at 0. */
export function broadcastIndex(shape: readonly number[], of: readonly number[], i: number): number {
  let index = 0;
  let step = 1;
  for (let d = 1; d <= shape.length; d++) {
    const at = i % of.at(-d)!;
    if (shape.at(-d)! > 1) index += at * step;
    step *= shape.at(-d)!;
    i = (i - at) / of.at(-d)!;
  }
  return index;
}

const CLASSES: Readonly<Record<string, DType>> = {
  Float32Array: "f32",
  Float16Array: "f16",
  Int32Array: "i32",
  Uint32Array: "u32",
  Int8Array: "i8",
  Uint8Array: "u8",
};
const DTYPES: readonly string[] = Object.values(CLASSES);

/** The type of any tensor that a user may hand us, checked. `who` and `name` stand in the error. */
export function typeOf(who: string, name: string, given: HostTensor | TensorType): TensorType {
  if (Array.isArray(given) || ArrayBuffer.isView(given))
    fail(
      who,
      "shape",
      `${name} is a bare ${given.constructor.name}; needed is { data, shape }, as tensor(data, shape) makes it.`,
    );
  const { shape } = given;
  const data = "data" in given ? given.data : undefined;
  const kind = data?.constructor.name ?? "";
  const dtype = given.dtype ?? (Array.isArray(data) ? "f32" : CLASSES[kind]);
  const fits = !data || Array.isArray(data) || CLASSES[kind] === dtype || (kind === "Uint16Array" && dtype === "f16");
  if (!dtype || !DTYPES.includes(dtype) || !fits) {
    const what = data && !Array.isArray(data) ? kind + (given.dtype ? ` as ${dtype}` : "") : (dtype ?? "without dtype");
    fail(
      who,
      "dtype",
      `${name} is ${what}; needed is f32, f16, i32, u32, i8 or u8 in an array of its own (f16: a Float16Array, or dtype: "f16" with a Uint16Array of its bits).`,
    );
  }
  if (!Array.isArray(shape) || shape.some((d) => !Number.isSafeInteger(d) || d < 0)) {
    fail(who, "shape", `${name} has shape ${JSON.stringify(shape)}; needed is an array of integers >= 0.`);
  }
  if (data && data.length !== countOf(shape)) {
    fail(who, "shape", `${name} has ${data.length} elements, but its shape ${showShape(shape)} holds ${countOf(shape)}.`);
  }
  return { shape, dtype };
}
