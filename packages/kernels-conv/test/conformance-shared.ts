// What the maps of several operators share: arguments, windows and layouts of other worlds.
import type { HostTensor } from "@tilewright/runtime";
import type { Answer, FileCase, FileTensor, Operator } from "@tilewright/testing/conformance";
import type { ConvOptions } from "../src/index.ts";

type Attributes = Readonly<Record<string, unknown>>;
export const byName = ({ inputs }: FileCase, name: string): FileTensor | null =>
  inputs.find((input) => input?.name === name) ?? null;
export const reshape = <T extends { shape: readonly number[] }>(tensor: T, shape: readonly number[]): T => ({ ...tensor, shape });
export const numbers = (value: unknown): number[] | undefined =>
  Array.isArray(value) ? value.map(Number) : typeof value === "number" ? [value] : undefined;

/** ONNX takes outputs in order. */
export const inOrder =
  (operator: Operator): Operator =>
  async (kase, context) => {
    const { outputs, ...more } = await operator(kase, context);
    return { ...more, outputs: Object.values(outputs) };
  };

/** What ONNX says of windows. */
export function onnxWindow({
  auto_pad,
  pads,
  strides,
  dilations,
}: Attributes): Pick<ConvOptions, "padding" | "strides" | "dilations"> {
  const kind = String(auto_pad ?? "")
    .toLowerCase()
    .replace("_", "-");
  return {
    ...(kind && kind !== "notset" ? { padding: kind as "valid" } : pads ? { padding: numbers(pads) } : {}),
    strides: numbers(strides),
    dilations: numbers(dilations),
  };
}

/** A nested array, as tfjs takes for a tensor. */
function nested(name: string, value: unknown): FileTensor {
  const dims: number[] = [];
  for (let level: unknown = value; Array.isArray(level); level = level[0]) dims.push(level.length);
  return { name, dtype: "float32", dims, data: (value as unknown[]).flat(Number.POSITIVE_INFINITY) as number[], exact: true };
}

/** An argument of tfjs, as a tensor or as a nested array. */
export const argument = (kase: FileCase, name: string): FileTensor | null =>
  byName(kase, name) ?? (Array.isArray(kase.attributes[name]) ? nested(name, kase.attributes[name]) : null);

/** tfjs' padding: "same", "valid", a number, or a pair for each of the four dimensions. */
export function tfjsPadding(pad: unknown, last: boolean): ConvOptions["padding"] {
  if (pad === "same") return "same-upper";
  if (!Array.isArray(pad)) return pad as "valid" | number;
  const pairs = (last ? pad.slice(1, -1) : pad.slice(2)) as [number, number][];
  return [...pairs.map(([begin]) => begin), ...pairs.map(([, end]) => end)];
}

/** tfjs takes one image without a batch, too. */
export async function batched(x: HostTensor, rank: number, call: (x: HostTensor) => Promise<Answer>): Promise<Answer> {
  if (x.shape.length === rank + 2) return call(x);
  const { outputs, ...more } = await call(reshape(x, [1, ...x.shape]));
  return {
    ...more,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, y]) => [name, reshape(y as HostTensor, (y as HostTensor).shape.slice(1))]),
    ),
  };
}

/** A number for all dimensions, or a list. */
export const one = (value: unknown): number | number[] | undefined =>
  typeof value === "number" ? value : Array.isArray(value) && value.length === 1 ? value[0] : numbers(value);
