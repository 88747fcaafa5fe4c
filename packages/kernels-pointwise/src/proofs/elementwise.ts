// What an element-by-element kernel is: its expression over every element.
import { broadcastIndex, countOf, type DType, type Problem } from "@tilewright/runtime";
import { least, stored } from "../accuracy.ts";
import type { Geometry, Spec } from "../elementwise.ts";
import type { Applied } from "../expression.ts";
import { evaluator, type Result } from "./expression.ts";

type Asked = Pick<Problem<Geometry, Spec>, "params" | "spec" | "types">;

/** What is left of an integer in eight bits. */
const narrow = (value: number, dtype: DType): number =>
  dtype === "i8" ? (value << 24) >> 24 : dtype === "u8" ? value & 255 : value;

/** @param numbers names of the params that the expression reads */
export function proof(inputs: readonly string[], numbers: readonly string[], expression: Applied) {
  /** The expression over an element's inputs and params, each with its own error. */
  function evaluate({ spec, types, params }: Asked, given: Readonly<Record<string, ArrayLike<number>>>) {
    const shape = types["y"]!.shape;
    const of = evaluator(expression, spec.kinds);
    const plain = spec.groups.length < 2;
    const places = inputs.map((input, k) => ({
      input,
      data: given[input]!,
      shape: types[input]!.shape,
      least: least(types[input]!.dtype),
      whole: plain && spec.groups[0]?.includes(String(k)),
    }));
    const values: Record<string, Result> = Object.fromEntries(
      numbers.map((key) => [key, [(params as Readonly<Record<string, number>>)[key]!, 0] as const]),
    );
    const read = (key: string) => values[key]!;
    return Array.from({ length: countOf(shape) }, (_, i) => {
      for (const { input, data, shape: own, least: small, whole } of places) {
        const x = data[whole ? i : broadcastIndex(own, shape, i)]!;
        values[input] = [x, Math.abs(x) < small ? Math.abs(x) : 0];
      }
      return of(read);
    });
  }

  return {
    reference: (problem: Asked, given: object) => ({
      y: Float64Array.from(evaluate(problem, given as never), ([value]) => narrow(value, problem.spec.dtype)),
    }),
    bound: (problem: Asked, given: object) => ({
      y: Float64Array.from(evaluate(problem, given as never), ([value, error]) => error + stored(value, problem.spec.dtype)),
    }),
  };
}
