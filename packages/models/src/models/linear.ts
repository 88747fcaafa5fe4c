import { dense } from "../layers/dense.ts";
import { type Sequential, sequential } from "../layers/sequential.ts";

export interface LinearRegressionOptions {
  /** Numbers to predict. Default 1. */
  readonly outputs?: number | undefined;
  readonly seed?: number | undefined;
}

/** x · Wᵀ + b: x is [N, inputs], y [N, outputs]. Parameters: `linear.weight`, `linear.bias`. */
export const linearRegression = ({ outputs = 1, seed = 0 }: LinearRegressionOptions = {}): Sequential =>
  sequential({ linear: dense(outputs) }, { name: "linearRegression", seed });

export interface LogisticRegressionOptions {
  /** Default 2: one probability, of the second of them. More: a softmax over all. */
  readonly classes?: number | undefined;
  readonly seed?: number | undefined;
}

/** Probabilities by a linear model: x is [N, inputs], y [N, 1], or [N, classes] of three classes and more. Parameters: `linear.weight`, `linear.bias`. */
export const logisticRegression = ({ classes = 2, seed = 0 }: LogisticRegressionOptions = {}): Sequential =>
  sequential(
    { linear: classes === 2 ? dense(1, { activation: "sigmoid" }) : dense(classes, { activation: "softmax" }) },
    { name: "logisticRegression", seed },
  );
