// Operands of the cases as tensors of our kernels. Host code converts 64-bit data and bool, and reshapes; nothing else.
import { countOf, type DType, decode, type HostTensor } from "@tilewright/runtime";
import {
  type Answer,
  type Context,
  type FileCase,
  type FileTensor,
  type Operator,
  Unsupported,
} from "@tilewright/testing/conformance";
import { cast, reshape } from "../../src/index.ts";

const TYPES: Readonly<Record<string, DType>> = {
  int32: "i32",
  uint32: "u32",
  int64: "i32",
  uint64: "u32",
  bool: "u32",
  int8: "i8",
  uint8: "u8",
};
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  i8: [-128, 127],
  u8: [0, 255],
};

/** A tensor of any type that we have; 64-bit integers where their values fit 32 bits. */
export function operand(t: FileTensor | null | undefined, { float, note }: Context): HostTensor {
  if (!t) throw new Error("an input is missing");
  if (/^float/.test(t.dtype)) return float(t);
  const dtype = TYPES[t.dtype];
  if (!dtype) throw new Unsupported(`${t.dtype} tensors: the runtime has no such type`);
  const [low, high] = RANGES[dtype]!;
  if (t.data.some((x) => x < low || x > high)) throw new Unsupported(`${t.dtype} values beyond 32 bits`);
  if (/64$/.test(t.dtype)) note(`${t.dtype} as ${dtype}`);
  const arrays = { i32: Int32Array, u32: Uint32Array, i8: Int8Array, u8: Uint8Array };
  return { data: arrays[dtype as "i32"].from(t.data), shape: t.dims, dtype };
}

/** A nested array of an attribute (tfjs takes plain numbers for tensors), as float32. */
function nested(value: unknown): HostTensor | undefined {
  if (typeof value === "number" || typeof value === "boolean")
    return { data: Float32Array.of(Number(value)), shape: [], dtype: "f32" };
  if (!Array.isArray(value)) return undefined;
  const shape: number[] = [];
  for (let at: unknown = value; Array.isArray(at); at = at[0]) shape.push(at.length);
  return { data: Float32Array.from(value.flat(9) as number[], Number), shape, dtype: "f32" };
}

/** Argument number i, or by one of its names; from the attributes where it is no tensor. */
export function argument(kase: FileCase, context: Context, i: number, ...names: readonly string[]): HostTensor {
  const named = kase.inputs.find((t) => t && names.includes(t.name));
  if (named) return operand(named, context);
  for (const name of names) {
    const given = nested(kase.attributes[name]);
    if (given) return given;
  }
  return operand(kase.inputs[i], context);
}

/** The numbers of a tensor argument that says how (axes, pads), or of an attribute. */
export function numbers(kase: FileCase, i: number, name: string): number[] | undefined {
  const tensor = kase.inputs[i];
  if (tensor) return tensor.dims.includes(0) ? undefined : [...tensor.data];
  const value = kase.attributes[name];
  return Array.isArray(value) ? (value.flat() as number[]) : value === undefined || value === null ? undefined : [Number(value)];
}

export const only = (y: HostTensor): Answer => ({ outputs: [y] });
export const scalar = (t: HostTensor): number => decode({ data: t.data, dtype: t.dtype! })[0]!;

/** Two operands of one type: numbers of attributes take the other's, and of a float and an integer the integer is cast. */
export async function alike(a: HostTensor, b: HostTensor, { run }: Context): Promise<readonly [HostTensor, HostTensor]> {
  const isFloat = (t: HostTensor) => t.dtype === "f32" || t.dtype === "f16";
  if (a.dtype === b.dtype || (isFloat(a) && isFloat(b))) return [a, b];
  if (isFloat(a)) return [a, await run(cast, { x: b }, { dtype: a.dtype as "f32" })];
  return [await run(cast, { x: a }, { dtype: b.dtype as "f32" }), b];
}

export type { Answer, Context, FileCase, Operator };
export { countOf, reshape };
