// How cases are made.
import { type DType, encode, type HostTensor, type Kernel, type Operands } from "@tilewright/runtime";
import { defineSuite, type Fill, fill, type KernelCase, type Suite } from "@tilewright/runtime/cases";

/** Floats as the runtime's fills make them; `mixed` repeats values, zeros of both signs among them; `far` lies about 10,000. */
export type Data = Fill | "mixed" | "far" | "outlier" | "rising";

/** Seeded numbers; integers are whole thousandths of them, u32 without their sign. */
export function numbers(shape: readonly number[], dtype: DType, data: Data = "uniform", seed = 1): HostTensor {
  const made = {
    mixed: (x: number) => Math.round(x * 2) * 0.5,
    far: (x: number) => 1e4 + 50 * x,
    outlier: (x: number, i: number) => (i ? x : 1e4),
    rising: (x: number, i: number) => i / 8 + x,
  };
  if (dtype === "f32" || dtype === "f16") {
    if (!(data in made)) return fill(data as Fill, shape, dtype, seed);
    const values = Array.from(fill("uniform", shape, "f32", seed).data as ArrayLike<number>, made[data as keyof typeof made]);
    return { data: encode(values, dtype), shape, dtype };
  }
  const whole = Array.from(fill("uniform", shape, "f32", seed).data as ArrayLike<number>, (x) =>
    Math.trunc((dtype === "i32" ? x : Math.abs(x)) * 1000),
  );
  return { data: encode(whole, dtype), shape, dtype };
}

/** Whole numbers from 0 up to below `end`. */
export function indices(shape: readonly number[], end: number, seed = 1, dtype: "i32" | "u32" = "i32"): HostTensor {
  const { data } = fill("positive", shape, "f32", seed);
  return {
    data: encode(
      Array.from(data as ArrayLike<number>, (x) => Math.floor(x * end)),
      dtype,
    ),
    shape,
    dtype,
  };
}

export type Keys = Record<string, string | number | boolean>;

/** `2x3`: shapes and lists in a case's keys. */
export const show = (value: unknown): string | number | boolean =>
  Array.isArray(value) ? value.join("x") || "none" : (value as string | number | boolean);

/** A case: what its keys show is what its inputs are made of. */
export const kase = (
  dtype: string,
  keys: Readonly<Record<string, unknown>>,
  options: object,
  inputs: KernelCase["inputs"],
): KernelCase => ({
  dtype,
  keys: Object.fromEntries(
    Object.entries({ ...keys, ...options })
      .filter(([, value]) => value !== undefined && value !== false)
      .map(([key, value]) => [key, key === "x" && `${value}` === "" ? "scalar" : show(value)]),
  ),
  options,
  inputs,
});

/** A suite with cases of its own: what is known of a case (its reference) belongs to one kernel. */
export const suite = <O extends Operands, P extends string, Options, Spec>(
  kernel: Kernel<O, P, Options, Spec>,
  cases: readonly KernelCase[],
  sizes: readonly KernelCase[],
): Suite => {
  const own = (list: readonly KernelCase[]) => list.map((one) => ({ ...one }));
  return defineSuite(kernel, own(cases), own(sizes));
};
