// What a layer is: a function from values to values that asks for its parameters by name. It holds none: they belong to the model.
import type { GpuTensor, HostTensor, Tape, TensorType, Value } from "@tilewright/runtime";
import type { Init } from "./init.ts";

export interface Layer<In extends readonly unknown[] = readonly [x: Value], Out = Value> {
  /** What it is, as a summary shows it: `dense`. */
  readonly kind: string;
  /** Its second input, where given, is added to what it computes in the same dispatch. */
  readonly adds?: boolean;
  /** Writes its calls. Shapes are inferred and checked here. @throws KernelError */
  apply(scope: Scope, ...inputs: In): Out;
}

/** Where a layer stands: it writes into `tape`, and its names begin with `path`. */
export interface Scope {
  readonly tape: Tape;
  /** `encoder.layer.0`; empty at the top. */
  readonly path: string;
  /** A parameter of this name, made by the first who asks; who asks again shares it. @throws KernelError `shape` where its shape was another. */
  parameter(name: string, shape: readonly number[], init: Init, how?: { readonly trainable?: boolean }): Value;
  /** Applies a layer under a name of its own; `""` is this scope's. */
  run<In extends readonly unknown[], Out>(name: string, layer: Layer<In, Out>, ...inputs: In): Out;
}

/** A GPU tensor that knows its device. */
export interface Placed extends GpuTensor {
  readonly device: GPUDevice;
}

export interface Parameter extends TensorType {
  /** With its path: `encoder.layer.0.output.dense.weight`. */
  readonly name: string;
  /** False for what no gradient changes, as running means. */
  readonly trainable: boolean;
  /** Its first values, the same each time: they depend on its name and the model's seed alone. */
  init(): HostTensor;
  /**
   * Its values, in one place only: on the host until a program is compiled, from then on the GPU, where programs share it and `inout`
   * operands update it. Undefined until something needs it, which then makes it by `init`.
   */
  value: HostTensor | Placed | undefined;
}

/** A layer of what it does. */
export const layer = <In extends readonly unknown[], Out>(
  kind: string,
  apply: (scope: Scope, ...inputs: In) => Out,
  more: { readonly adds?: boolean } = {},
): Layer<In, Out> => ({ kind, apply, ...more });
