import { decode, encode, fail, type Result } from "@tilewright/runtime";
import { type Entry, type Header, headerLength, parseHeader } from "./header.ts";
import { open, type ReadHow, type Source } from "./source.ts";

/** A tensor as it is stored: its bytes, little endian. */
export interface Stored extends Entry {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Safetensors extends Header {
  /** The tensors, in the order of the file, one at a time: who does not keep them holds one. To be walked once. */
  tensors(): AsyncGenerator<Stored, void>;
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
  if (stored === "F32" || stored === "F16" || stored === "BF16") {
    const values = floats(stored, bytes);
    return { shape, dtype, data: dtype === "f32" ? values : encode(values, dtype) };
  }
  if (stored === "I32" || stored === "U32" || stored === "I8" || stored === "U8") {
    const [own, Class] = INTEGERS[stored];
    return { shape, dtype: own, data: new Class(aligned(bytes)) };
  }
  return fail("safetensors", "dtype", `"${name}" is ${stored}; tensors are made of F32, F16, BF16, I32, U32, I8 and U8.`);
}

/** The bytes in a buffer of their own, if they do not fill theirs. */
const aligned = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): ArrayBuffer =>
  byteOffset === 0 && byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);

function floats(stored: "F32" | "F16" | "BF16", bytes: Uint8Array<ArrayBuffer>): Float32Array {
  if (stored === "F32") return new Float32Array(aligned(bytes));
  const halves = new Uint16Array(aligned(bytes));
  if (stored === "F16") return Float32Array.from(decode({ data: halves, dtype: "f16" }));
  // bf16 is the upper half of an f32.
  return new Float32Array(Uint32Array.from(halves, (bits) => bits << 16).buffer);
}
