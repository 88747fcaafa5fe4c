import * as reduction from "@tilewright/kernels-reduction";
import type { Value } from "@tilewright/runtime";
import { ones, zeros } from "../init.ts";
import { type Layer, layer } from "../layer.ts";

export interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number | undefined;
}

/** (x − mean) / √(variance + ε) · weight + bias over the last dimension. Parameters: `weight`, `bias`. */
export const layerNorm = ({ epsilon = 1e-5 }: NormOptions = {}): Layer =>
  layer("layerNorm", (scope, x: Value) => {
    const shape = x.shape.slice(-1);
    const [gamma, beta] = [scope.parameter("weight", shape, ones), scope.parameter("bias", shape, zeros)];
    return scope.tape.call(reduction.layerNorm, { x, gamma, beta }, { epsilon }).y;
  });

/** x / √(mean of x² + ε) · weight over the last dimension. Parameter: `weight`. */
export const rmsNorm = ({ epsilon = 1e-5 }: NormOptions = {}): Layer =>
  layer("rmsNorm", (scope, x: Value) => {
    const gamma = scope.parameter("weight", x.shape.slice(-1), ones);
    return scope.tape.call(reduction.rmsNorm, { x, gamma }, { epsilon }).y;
  });

export interface BatchNormOptions extends NormOptions {
  /** Where the channels are. Default 1. */
  readonly axis?: number | undefined;
}

/**
 * Each channel by its running mean and variance, as in inference. Parameters as PyTorch names them: `weight`, `bias`, and `running_mean`,
 * `running_var`, which no gradient trains.
 */
export const batchNorm = ({ epsilon = 1e-5, axis = 1 }: BatchNormOptions = {}): Layer =>
  layer("batchNorm", (scope, x: Value) => {
    const shape = [x.shape.at(axis) ?? 1];
    const still = { trainable: false };
    return scope.tape.call(
      reduction.batchNorm,
      {
        x,
        mean: scope.parameter("running_mean", shape, zeros, still),
        variance: scope.parameter("running_var", shape, ones, still),
        gamma: scope.parameter("weight", shape, ones),
        beta: scope.parameter("bias", shape, zeros),
      },
      { epsilon, axis },
    );
  });
