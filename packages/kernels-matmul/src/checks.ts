// What the kernels of this package check alike. `who` is the kernel that the error names.
import { countOf, fail, showShape, type TensorType } from "@tilewright/runtime";
import { ACTIVATIONS } from "./activation.ts";

export function checkFloat(who: string, name: string, dtype: string | undefined): void {
  if (dtype !== "f32" && dtype !== "f16") fail(who, "dtype", `${name} is ${dtype}; needed is f32 or f16.`);
}

/** Options that there are not. */
export function checkOptions(who: string, unknown: object, known: string): void {
  for (const key in unknown) fail(who, "feature", `there is no option ${key}; there are ${known}.`);
}

/** What the epilogue takes. */
export function checkEpilogue(
  who: string,
  n: number,
  bias: TensorType | undefined,
  { alpha, beta, activation, dtype }: { alpha: number; beta: number; activation: string | undefined; dtype: string | undefined },
): void {
  if (typeof alpha !== "number" || typeof beta !== "number")
    fail(who, "dtype", `alpha is ${alpha} and beta is ${beta}; needed are numbers.`);
  if (bias) {
    checkFloat(who, "bias", bias.dtype);
    if (bias.shape.at(-1) !== n || countOf(bias.shape) !== n)
      fail(who, "shape", `bias is ${showShape(bias.shape)}; needed is [${n}], one for each column of c.`);
  }
  checkFloat(who, "options.dtype", dtype);
  if (activation && !(ACTIVATIONS as readonly string[]).includes(activation))
    fail(who, "feature", `there is no activation "${activation}"; there are ${ACTIVATIONS.join(", ")}.`);
}

/** Which of c's dimensions (batch, rows, columns) a residual has. */
export function residualOf(who: string, { shape, dtype }: TensorType, c: readonly number[]): string {
  checkFloat(who, "residual", dtype);
  const [m, n, ...lead] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1, ...shape.slice(0, -2)];
  const batched = lead.some((d) => d !== 1);
  const fits = (size: number, of: number) => size === of || size === 1;
  if (shape.length > c.length || !fits(m, c.at(-2)!) || !fits(n, c.at(-1)!) || (batched && `${lead}` !== `${c.slice(0, -2)}`)) {
    fail(
      who,
      "shape",
      `residual is ${showShape(shape)}; needed is c's shape ${showShape(c)}, or its last two dimensions or fewer, each whole or 1.`,
    );
  }
  return (batched ? "b" : "") + (m > 1 ? "m" : "") + (n > 1 ? "n" : "");
}
