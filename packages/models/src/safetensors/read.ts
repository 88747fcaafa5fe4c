import { arrayOf, fail, type Result } from "@tilewright/runtime";
import { converted, type Floats } from "../floats.ts";
import { type Entry, type Header, headerLength, parseHeader } from "./header.ts";
import { open, type ReadHow, type Source } from "./source.ts";

/** A tensor as it is stored: its bytes, little endian. */
export interface Stored extends Entry {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Safetensors extends Header {
  /** The tensors, in the order of the file, one at a time: who does not keep them holds one. To be walked once. */
  tensors(): AsyncGenerator<Stored, void>;
  /** Bytes of the whole file, as its header says. */
  readonly size: number;
  /** Ends the transfer, where the tensors are not wanted. */
  close(): Promise<void>;
}

/**
 * Opens a safetensors file and reads its header. A file that lies (lengths past the end, tensors that overlap or leave gaps, names given twice,
 * unknown dtypes, sizes that do not fit their bytes) is refused before anything is allocated for its tensors.
 * @throws KernelError `shape`; the signal's reason
 */
export async function openSafetensors(source: Source, how: ReadHow = {}): Promise<Safetensors> {
  const bytes = await open(source, how);
  try {
    const length = headerLength(await bytes.take(8), bytes.size);
    const text = await bytes.take(length);
    if (text.length < length) fail("safetensors", "shape", `cut off: its header is ${length} bytes long, ${text.length} came.`);
    const header = parseHeader(text, bytes.size === undefined ? undefined : bytes.size - 8 - length);
    return {
      ...header,
      size: 8 + length + (header.entries.at(-1)?.end ?? 0),
      close: bytes.close,
      async *tensors() {
        try {
          for (const entry of header.entries) {
            const data = await bytes.take(entry.end - entry.begin);
            if (data.length < entry.end - entry.begin)
              fail(
                "safetensors",
                "shape",
                `cut off in "${entry.name}": ${data.length} of its ${entry.end - entry.begin} bytes came.`,
              );
            yield { ...entry, bytes: data };
          }
          if (bytes.size === undefined && (await bytes.take(1)).length > 0)
            fail("safetensors", "shape", "something follows the last tensor: the file is damaged.");
        } finally {
          await bytes.close();
        }
      },
    };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

/** All tensors of a file by name, floats (F32, F16, BF16) as f32 unless `dtype` says f16; I32, U32, I8 and U8 as they are. @throws KernelError `dtype` for others */
export async function readSafetensors(
  source: Source,
  { dtype = "f32", ...how }: ReadHow & { readonly dtype?: "f32" | "f16" | undefined } = {},
): Promise<Record<string, Result>> {
  const file = await openSafetensors(source, how);
  const all: [string, Result][] = [];
  for await (const stored of file.tensors()) all.push([stored.name, tensorOf(stored, dtype)]);
  return Object.fromEntries(all);
}

const INTEGERS = { I32: ["i32", Int32Array], U32: ["u32", Uint32Array], I8: ["i8", Int8Array], U8: ["u8", Uint8Array] } as const;

/** A stored tensor as a host tensor. @throws KernelError `dtype` */
export function tensorOf({ name, dtype: stored, shape, bytes }: Stored, dtype: "f32" | "f16" = "f32"): Result {
  const floats = floatsOf({ dtype: stored, bytes });
  if (floats) {
    // A copy: who keeps one tensor does not keep the file.
    const own = floats.dtype === dtype ? { ...floats, data: (floats.data as Float32Array).slice() } : floats;
    return converted(own, shape, dtype);
  }
  if (stored === "I32" || stored === "U32" || stored === "I8" || stored === "U8") {
    const [own, Class] = INTEGERS[stored];
    return { shape, dtype: own, data: new Class(bytes.slice().buffer) };
  }
  return fail("safetensors", "dtype", `"${name}" is ${stored}; tensors are made of F32, F16, BF16, I32, U32, I8 and U8.`);
}

const FLOATS = { F32: "f32", F16: "f16", BF16: "bf16" } as const;

/** A tensor's floats, where they lie; undefined for others. */
export function floatsOf({ dtype, bytes }: Pick<Stored, "dtype" | "bytes">): Floats | undefined {
  if (!Object.hasOwn(FLOATS, dtype)) return undefined;
  const own = FLOATS[dtype as keyof typeof FLOATS];
  const width = own === "f32" ? 4 : 2;
  const { buffer, byteOffset, byteLength } = aligned(bytes, width);
  const Class = own === "f32" ? Float32Array : own === "f16" ? arrayOf("f16") : Uint16Array;
  return {
    dtype: own,
    data: new (Class as typeof Float32Array)(buffer, byteOffset, byteLength / width),
  };
}

const aligned = (bytes: Uint8Array<ArrayBuffer>, width: number) => (bytes.byteOffset % width ? bytes.slice() : bytes);
