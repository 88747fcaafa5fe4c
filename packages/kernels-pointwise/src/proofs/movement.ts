// What kernels that only move are: every element of y is one of x's, or the filling.
import { type DType, decode, encode, type Problem } from "@tilewright/runtime";
import { least } from "../accuracy.ts";
import { isFloat, type Moved } from "../movement.ts";

/** A number from the bits of a u32 param (see `bitsOf`), as the type keeps it. */
export const fromBits = (bits: number, dtype: DType): number =>
  decode({
    data: isFloat(dtype) ? new Float32Array(Uint32Array.of(bits).buffer) : encode([bits], dtype),
    dtype: isFloat(dtype) ? "f32" : dtype,
  })[0]!;

/** Only what may be flushed to zero can be off. */
export const flushOnly = (y: Float64Array, dtype: DType): Float64Array =>
  y.map((value) => (Math.abs(value) < least(dtype) ? Math.abs(value) : 0));

type Asked = Problem<string, Moved>;
type Values = Readonly<Record<string, ArrayLike<number>>>;
interface Result {
  readonly y: Float64Array;
}

/** @param from where in x element i of y lies, -1 for the filling; `fills`: that is the param `fill`, else 0 */
export function proof(from: (problem: Asked, values: Values) => (i: number) => number, fills: boolean) {
  return {
    reference(problem: Asked, values: Values): Result {
      const at = from(problem, values);
      const x = values["x"]!;
      const filling = fills ? fromBits(problem.params["fill"]!, problem.spec.dtype) : 0;
      return {
        y: Float64Array.from({ length: problem.params["n"]! }, (_, i) => {
          const j = at(i);
          return j < 0 ? filling : x[j]!;
        }),
      };
    },
    bound: ({ spec }: Asked, _values: object, { y }: Result): Result => ({ y: flushOnly(y, spec.dtype) }),
  };
}
