import type { Value } from "@tilewright/runtime";
import { glorot, type Init, zeros } from "../init.ts";
import { type Layer, layer } from "../layer.ts";
import { times } from "../matrix.ts";
import { type Activation, epilogue } from "./activation.ts";

export interface DenseOptions {
  readonly activation?: Activation | undefined;
  /** Default true. */
  readonly bias?: boolean | undefined;
  /** How the weight is stored: "oi" is [units, inputs], as PyTorch has it, the default; "io" [inputs, units], as Keras and GPT-2. */
  readonly filter?: "oi" | "io" | undefined;
  /** Of the weight. Glorot's uniform unless given. */
  readonly init?: Init | undefined;
}

/**
 * activation(x · W + b + residual): x is [..., inputs], y [..., units]. Parameters: `weight`, `bias` [units].
 * The residual, of y's shape, is a second input of `apply`.
 */
export function dense(
  units: number,
  { activation, bias = true, filter = "oi", init }: DenseOptions = {},
): Layer<readonly [x: Value, residual?: Value | undefined]> {
  const { fused, after } = epilogue(activation);
  return layer(
    "dense",
    (scope, x, residual) => {
      const inputs = x.shape.at(-1) ?? 0;
      const shape = filter === "oi" ? [units, inputs] : [inputs, units];
      const w = scope.matrix("weight", shape, init ?? glorot(inputs, units), { inputs: filter === "oi" ? 1 : 0 });
      const b = bias ? scope.parameter("bias", [units], zeros) : undefined;
      return after(scope, times(scope, x, w, { bias: b, residual, activation: fused }));
    },
    { adds: activation === undefined },
  );
}
