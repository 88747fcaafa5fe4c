// Whole models with expected outputs by ONNX Runtime, as the conformance folder's README describes them.

import texts from "virtual:models";
import { type HostTensor, type Result, type TensorType, tensor } from "@tilewright/runtime";
import { expect } from "vitest";

interface StoredTensor {
  readonly name: string;
  readonly dtype: string;
  readonly dims: readonly number[];
  readonly data: readonly number[];
}
export interface ModelCase {
  readonly name: string;
  readonly inputs: Readonly<Record<string, HostTensor>>;
  readonly outputs: Readonly<Record<string, HostTensor & TensorType>>;
  readonly tolerance: { readonly rtol: number; readonly atol: number };
}

export const stored = (name: string): boolean => name in texts;
/** Why one is not. */
export const MISSING = "set TILEWRIGHT_CONFORMANCE to a folder with models/";

/** Token ids come as int64; all fit 32 bits. */
const host = ({ dtype, dims, data }: StoredTensor) => tensor(data, dims, dtype === "int64" ? "u32" : "f32");
const named = (tensors: readonly StoredTensor[]) => Object.fromEntries(tensors.map((one) => [one.name, host(one)]));

export async function read(name: string): Promise<{
  readonly weights: Readonly<Record<string, Result>>;
  readonly cases: readonly ModelCase[];
}> {
  const { weights, cases } = JSON.parse(await texts[name]!()) as {
    weights: StoredTensor[];
    cases: { name: string; inputs: StoredTensor[]; outputs: StoredTensor[]; tolerance: ModelCase["tolerance"] }[];
  };
  return {
    weights: named(weights),
    cases: cases.map(({ inputs, outputs, ...rest }) => ({ ...rest, inputs: named(inputs), outputs: named(outputs) })),
  };
}

/** Every element within the case's own tolerance. */
export function expectClose(got: Result, want: HostTensor, { rtol, atol }: ModelCase["tolerance"]): void {
  expect(got.shape).toEqual(want.shape);
  let worst = 0;
  for (let i = 0; i < got.data.length; i++) {
    const e = want.data[i]!;
    const ratio = Math.abs(got.data[i]! - e) / (atol + rtol * Math.abs(e));
    if (!(ratio <= worst)) worst = Number.isNaN(ratio) ? Infinity : ratio;
  }
  expect(worst, "the largest error over what is allowed").toBeLessThanOrEqual(1);
}
