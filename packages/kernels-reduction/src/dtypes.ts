// What elements may be, and what a load gives of them.
import { type DType, fail, type TensorType } from "@tilewright/runtime";

export const ALL: readonly DType[] = ["f32", "f16", "i32", "u32"];
export const FLOATS: readonly DType[] = ["f32", "f16"];

export type Scalar = "f32" | "i32" | "u32";
/** What a load gives of a checked dtype. */
export const scalarOf = (dtype: DType): Scalar => (dtype === "f16" ? "f32" : (dtype as Scalar));

/** What four bytes or two hold: bytes are cast first. */
export function checkDtype(kernel: string, { dtype }: TensorType, takes: readonly DType[] = ALL, operand = "x"): void {
  if (!takes.includes(dtype)) fail(kernel, "dtype", `${operand} is ${dtype}; needed is ${takes.join(" or ")}.`);
}
