// What a layer is: a function from values to values that asks for its parameters by name. It holds none: they belong to the model.
import type { Bits, Group } from "@tilewright/kernels-matmul";
import type { GpuTensor, HostTensor, Result, Tape, TensorType, Value } from "@tilewright/runtime";
import type { Floats } from "./floats.ts";
import type { Init } from "./init.ts";
import type { Matrix, TimesOptions } from "./matrix.ts";

export interface Layer<In extends readonly unknown[] = readonly [x: Value], Out = Value> {
  /** What it is, as a summary shows it: `dense`. */
  readonly kind: string;
  /** Its second input, where given, is added to what it computes in the same dispatch. */
  readonly adds?: boolean;
  /** A layer that also does what the next one would with its output, where one dispatch does both and is faster; else undefined. */
  ahead?(next: Layer, x: Value): Layer<readonly [x: Value], Ahead> | undefined;
  /** Writes its calls. Shapes are inferred and checked here. @throws KernelError */
  apply(scope: Scope, ...inputs: In): Out;
}

/** Of a layer that went ahead: the type of its own output, which is stored nowhere, and what the next layer gives. */
export interface Ahead extends TensorType {
  readonly next: Value;
}

/** Where a layer stands: it writes into `tape`, and its names begin with `path`. */
export interface Scope {
  readonly tape: Tape;
  /** `encoder.layer.0`; empty at the top. */
  readonly path: string;
  /** A parameter of this name, made by the first who asks; who asks again shares it. @throws KernelError `shape` where its shape was another. */
  parameter(name: string, shape: readonly number[], init: Init, how?: { readonly trainable?: boolean }): Value;
  /**
   * The same for the matrix of a dense or an embedding layer, whose values may be held in fewer bits: `times` and `rowsOf` read it.
   * @param how `inputs`: the dimension along which a product sums, 1 for [outputs, inputs], as embeddings are too
   */
  matrix(name: string, shape: readonly number[], init: Init, how: { readonly inputs: 0 | 1 }): Matrix;
  /** Applies a layer under a name of its own; `""` is this scope's. */
  run<In extends readonly unknown[], Out>(name: string, layer: Layer<In, Out>, ...inputs: In): Out;
}

/** A GPU tensor that knows its device. */
export interface Placed extends GpuTensor {
  readonly device: GPUDevice;
}

/** A tensor's values, in one place only: on the host until a program is compiled, from then on the GPU, where programs share them. */
export interface Slot extends TensorType {
  readonly name: string;
  /** Its first values, the same each time. */
  init(): HostTensor;
  /** Undefined until something needs it, which then makes it by `init`. */
  value: HostTensor | Placed | undefined;
}

export interface Parameter extends Slot {
  /** With its path: `encoder.layer.0.output.dense.weight`. */
  readonly name: string;
  /** False for what no gradient changes, as running means. */
  readonly trainable: boolean;
  /** Of a matrix that may be held in fewer bits: the dimension along which products sum. */
  readonly inputs: 0 | 1 | undefined;
  /** f32 unless it was loaded as f16. */
  dtype: "f32" | "f16";
  /** Where it was quantised: its codes, and `value` is undefined. */
  packed: Packed | undefined;
}

/** A quantised matrix [outputs, inputs], as `quantize` of kernels-matmul makes it. */
export interface Coded<T> {
  readonly weights: T;
  readonly scales: T;
  readonly options: { readonly bits: Bits; readonly group: Group };
}

/** What makes and reads quantised matrices: a value, so that a page without any does not carry their kernels. */
export interface Codes {
  pack(floats: Floats, parameter: Parameter, bits: Bits): Coded<Result>;
  /** In f32 [outputs, inputs]. */
  unpack(coded: Coded<Result>): Float32Array;
  times(tape: Tape, x: Value, w: Coded<Value>, options: TimesOptions): Value;
  rows(tape: Tape, w: Coded<Value>, indices: Value): Value;
}

export interface Packed<T = Slot> extends Coded<T> {
  readonly codes: Codes;
}

/** A layer of what it does. */
export const layer = <In extends readonly unknown[], Out>(
  kind: string,
  apply: (scope: Scope, ...inputs: In) => Out,
  more: Pick<Layer<In, Out>, "adds" | "ahead"> = {},
): Layer<In, Out> => ({ kind, apply, ...more });
