// A tape evaluated by the kernels' references: what the GPU's numbers are held against.
import { type Call, decode, encode, type HostTensor, type Named, originOf, type Tape, type Value } from "@tilewright/runtime";

export type Numbers = ArrayLike<number>;

/** The numbers of what a call reads. */
export const inputsOf = (call: Call, numbers: ReadonlyMap<Value, Numbers>): Named<Numbers> =>
  Object.fromEntries(
    Object.entries(call.inputs).flatMap(([operand, value]) => (value ? [[operand, numbers.get(originOf(value))!]] : [])),
  );

/** A host tensor's numbers as a value holds them. */
export const numbersOf = ({ data }: HostTensor, { dtype }: Value): Numbers =>
  Array.isArray(data) ? encode(data, dtype) : decode({ data, dtype });

/**
 * Evaluates every call in order; each result is rounded to its dtype.
 * @param given the numbers of every input and constant; in-place operands change a copy
 */
export async function evaluate(tape: Tape, given: (value: Value) => Numbers): Promise<ReadonlyMap<Value, Numbers>> {
  const numbers = new Map<Value, Numbers>();
  for (const value of [...tape.inputs.values(), ...tape.constants.keys()]) numbers.set(value, given(value));
  for (const call of tape.calls) {
    const { reference } = await call.kernel.proof();
    const results = reference(call.problem, inputsOf(call, numbers)) as Named<Float64Array>;
    for (const [operand, value] of Object.entries(call.outputs))
      numbers.set(originOf(value), decode({ data: encode(results[operand]!, value.dtype), dtype: value.dtype }));
  }
  return numbers;
}
