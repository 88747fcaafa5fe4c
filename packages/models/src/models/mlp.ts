import type { Activation } from "../layers/activation.ts";
import { dense } from "../layers/dense.ts";
import { type Sequential, sequential } from "../layers/sequential.ts";

export interface MlpOptions {
  /** Units of each layer, the last being the outputs. */
  readonly units: readonly number[];
  /** Of all but the last. Default "relu". */
  readonly activation?: Activation | undefined;
  /** Of the last. Default: none. */
  readonly outputActivation?: Activation | undefined;
  readonly seed?: number | undefined;
}

/** A multilayer perceptron: dense layers named 0, 1, …; x is [N, inputs], y [N, the last units]. */
export const mlp = ({ units, activation = "relu", outputActivation, seed = 0 }: MlpOptions): Sequential =>
  sequential(
    units.map((count, i) => dense(count, { activation: i < units.length - 1 ? activation : outputActivation })),
    { name: "mlp", seed },
  );
