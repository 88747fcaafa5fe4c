// Floats as files hold them, and as we do.
import { arrayOf, decode, encode, type HostTensor, type Result, tensor } from "@tilewright/runtime";

/** Floats as they were stored; bf16 as its bits. */
export interface Floats {
  readonly dtype: "f32" | "f16" | "bf16";
  readonly data: HostTensor["data"];
}

/** Some of them in f32: a view where that is what they are. */
export function part({ dtype, data }: Floats, from: number, to: number): Float32Array {
  const some = ArrayBuffer.isView(data) ? (data as Float32Array).subarray(from, to) : data.slice(from, to);
  if (some instanceof Float32Array) return some;
  // bf16 is the upper half of an f32.
  if (dtype === "bf16") return new Float32Array(Uint32Array.from(some, (bits) => bits << 16).buffer);
  return Float32Array.from(decode({ data: some, dtype }));
}

/** Memory for what is converted at a time. */
export const BLOCK = 2 ** 18;

/** All of them: where they lie if that is what they are. */
export function converted(floats: Floats, shape: readonly number[], dtype: "f32" | "f16"): Result {
  const { data } = floats;
  if (floats.dtype === dtype && ArrayBuffer.isView(data)) return tensor(data, shape, dtype);
  const all = new (arrayOf(dtype))(data.length) as Float32Array;
  for (let at = 0; at < data.length; at += BLOCK) all.set(encode(part(floats, at, at + BLOCK), dtype) as Float32Array, at);
  return tensor(all, shape, dtype);
}
