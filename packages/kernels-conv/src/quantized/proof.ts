// A quantised filter in numbers: conv of it is what convQuantized is.
import { LEAST } from "@tilewright/kernels-matmul/bound";
import type { Problem } from "@tilewright/runtime";
import type { P, Spec } from "../problem.ts";
import { bound as boundOf, filterSteps, reference as referenceOf } from "../proof.ts";

type Numbers = ArrayLike<number>;
interface Values {
  readonly x: Numbers;
  readonly w: Numbers;
  readonly scales: Numbers;
  readonly zeros?: Numbers | undefined;
  readonly bias?: Numbers | undefined;
  readonly residual?: Numbers | undefined;
  readonly slope?: Numbers | undefined;
}
type Quantized = Problem<P, Spec>;

/** Each weight as what it stands for, and as what is left of it where its scale is flushed to zero. */
function dense(problem: Quantized, { w, scales, zeros }: Values) {
  const { params, types } = problem;
  const step = filterSteps(problem).o;
  const of = (values: Numbers, at: number) =>
    values[values.length > 1 ? Math.floor(at / step) % (params.co * params.groups) : 0]!;
  const tiny = (scale: number) => Math.abs(scale) < LEAST[types["scales"]!.dtype];
  const values = Float64Array.from(w, (code, i) => of(scales, i) * (code - (zeros ? of(zeros, i) : 0)));
  return {
    problem: { ...problem, types: { ...types, w: { ...types["w"]!, dtype: "f32" as const } } },
    w: values,
    lost: values.map((v, i) => (tiny(of(scales, i)) ? Math.abs(v) : 0)),
  };
}

/** activation(Σ x · scale · (w − zero) + bias + residual) */
export function reference(problem: Quantized, values: Values): { readonly y: Float64Array } {
  return referenceOf(problem, { ...values, w: dense(problem, values).w });
}

/** Of conv, of weights that are rounded once: codes less their zero are exact, and the sum is rounded once when it is scaled. */
export function bound(problem: Quantized, values: Values, y: { readonly y: Float64Array }): { readonly y: Float64Array } {
  const { problem: product, w, lost } = dense(problem, values);
  const factor = Array.from(values.scales).reduce((most, scale) => Math.max(most, Math.abs(scale)), 0);
  return boundOf(product, { ...values, w }, y, undefined, { roundings: 1, lost, factor });
}
