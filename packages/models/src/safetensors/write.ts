import { decode, encode, fail, type HostTensor, memoryOf, toF16 } from "@tilewright/runtime";
import type { StoredType } from "./header.ts";

export interface WriteOptions {
  /** Texts that go with the tensors. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** What floats become. Default: f32 stays f32, f16 f16. */
  readonly dtype?: "f32" | "f16" | "bf16" | undefined;
}

const STORED = { f32: "F32", f16: "F16", bf16: "BF16", i32: "I32", u32: "U32", i8: "I8", u8: "U8" } as const satisfies Record<
  string,
  StoredType
>;
const CLASSES: Readonly<Record<string, keyof typeof STORED>> = {
  ...{ Float32Array: "f32", Float16Array: "f16", Int32Array: "i32", Uint32Array: "u32", Int8Array: "i8", Uint8Array: "u8" },
};

/** The upper 16 bits of the nearest f32 that has no others, ties to even; NaN stays NaN. */
function toBf16(value: number, word: Uint32Array<ArrayBuffer>): number {
  if (Number.isNaN(value)) return 0x7fc0;
  new Float32Array(word.buffer)[0] = value;
  const bits = word[0]!;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Named host tensors as the bytes of a safetensors file, the widest elements first, each name's alignment kept. @throws KernelError `dtype`, `shape` */
export function writeSafetensors(
  tensors: Readonly<Record<string, HostTensor>>,
  { metadata, dtype }: WriteOptions = {},
): Uint8Array<ArrayBuffer> {
  const parts = Object.entries(tensors).map(([name, tensor]) => {
    if (name === "__metadata__")
      fail("safetensors", "shape", 'a tensor cannot be called "__metadata__"; the format keeps that name.');
    const own = tensor.dtype ?? (Array.isArray(tensor.data) ? "f32" : CLASSES[tensor.data.constructor.name]);
    if (!own || !Object.hasOwn(STORED, own))
      return fail("safetensors", "dtype", `"${name}" has the dtype ${own}, which is not written.`);
    const target = own === "f32" || own === "f16" ? (dtype ?? own) : own;
    if (tensor.shape.reduce((a, b) => a * b, 1) !== tensor.data.length)
      fail(
        "safetensors",
        "shape",
        `"${name}" has ${tensor.data.length} elements; its shape [${tensor.shape}] holds another number.`,
      );
    return { name, shape: tensor.shape, target, bytes: bytesAs(tensor, own, target) };
  });
  const width = (target: string) => Number(target.match(/\d+/)![0]);
  parts.sort((a, b) => width(b.target) - width(a.target) || (a.name < b.name ? -1 : 1));

  let at = 0;
  const entries = parts.map(({ name, shape, target, bytes }) => {
    const begin = at;
    at += bytes.length;
    return [name, { dtype: STORED[target], shape, data_offsets: [begin, at] }];
  });
  const json = JSON.stringify(Object.fromEntries([...(metadata ? [["__metadata__", metadata]] : []), ...entries]));
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8; // so that the tensors behind are aligned
  const file = new Uint8Array(8 + length + at).fill(0x20, 8, 8 + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(text, 8);
  let to = 8 + length;
  for (const { bytes } of parts) {
    file.set(bytes, to);
    to += bytes.length;
  }
  return file;
}

function bytesAs(tensor: HostTensor, own: keyof typeof STORED, target: keyof typeof STORED): Uint8Array {
  if (own === target && own !== "bf16") return memoryOf(tensor, own);
  const values = decode({ data: tensor.data, dtype: own as "f32" });
  if (target === "f32") return memoryOf({ data: encode(values, "f32"), shape: tensor.shape }, "f32");
  const word = new Uint32Array(1);
  const to = target === "f16" ? toF16 : (value: number) => toBf16(value, word);
  return new Uint8Array(Uint16Array.from(values, to).buffer);
}
