// What scatters share: the same bits every time, since whoever owns an element of the result applies its updates in their order. No atomics.
import { type DType, fail, sizeOf, type TensorType } from "@tilewright/runtime";
import { checkDtype } from "./dtypes.ts";

/** What an update does to the element it meets; of several with `none` the last counts. */
export type ScatterReduction = "none" | "add" | "mul" | "min" | "max";

export interface ScatterOptions {
  /** Default "none". */
  reduction?: ScatterReduction | undefined;
}
export interface ScatterElementsOptions extends ScatterOptions {
  /** Default 0. */
  axis?: number | undefined;
}
export interface SegmentSumOptions {
  /** How many segments there are. */
  segments: number;
}

export interface ScatterSpec {
  readonly reduction: ScatterReduction;
  readonly dtype: DType;
}

const REDUCTIONS: readonly ScatterReduction[] = ["none", "add", "mul", "min", "max"];

export function checked(
  name: string,
  { reduction = "none", ...unknown }: ScatterOptions,
  known: string,
  types: Readonly<Record<"data" | "indices" | "updates", TensorType>>,
) {
  for (const key in unknown) fail(name, "feature", `there is no option ${key}; there are ${known}.`);
  if (!REDUCTIONS.includes(reduction)) fail(name, "feature", `reduction is "${reduction}"; it may be ${REDUCTIONS.join(", ")}.`);
  const { data, indices, updates } = types;
  checkDtype(name, data, undefined, "data");
  if (indices.dtype !== "i32" && indices.dtype !== "u32")
    fail(name, "dtype", `indices are ${indices.dtype}; needed is i32 or u32.`);
  if (updates.dtype !== data.dtype) fail(name, "dtype", `updates are ${updates.dtype}; needed is data's ${data.dtype}.`);
  return { reduction, dtype: data.dtype } satisfies ScatterSpec;
}

export const bytes = (types: Readonly<Record<string, TensorType>>) =>
  Object.values(types).reduce((all, type) => all + sizeOf(type), 0);
export const OPERANDS = { data: "in", indices: "in", updates: "in", y: "out" } as const;
