// Weights of other libraries in this package's layout, PyTorch's: [directions, gates · H, …], gates i, f, g, o; r, z, n. Host arrays.
import { fail, type HostTensor } from "@tilewright/runtime";
import { GATES, type Kind } from "./problem.ts";

/** A set of weights as {@link lstm}, {@link gru} and {@link rnn} take them. */
export interface Weights {
  readonly w: HostTensor;
  readonly r: HostTensor;
  readonly bias?: HostTensor;
  readonly rBias?: HostTensor;
  readonly peephole?: HostTensor;
}

/** Weights as ONNX has them: b is [D, 2 · gates · H], the biases of w, then those of r; p [D, 3 · H]. LSTM gates i, o, f, c; GRU z, r, h. */
export interface OnnxWeights {
  readonly w: HostTensor;
  readonly r: HostTensor;
  readonly b?: HostTensor | undefined;
  readonly p?: HostTensor | undefined;
}

/**
 * Weights as Keras (and tf.layers) has them: kernel [I, gates · H], recurrentKernel [H, gates · H], bias [gates · H], or [2, gates · H] of a
 * GRU with `reset_after`. LSTM gates i, f, c, o; GRU z, r, h. One direction; a Bidirectional layer has two such sets.
 */
export interface KerasWeights {
  readonly kernel: HostTensor;
  readonly recurrentKernel: HostTensor;
  readonly bias?: HostTensor | undefined;
}

/** Where gate number i of ours stands: LSTM i, f, g, o; GRU r, z, n. */
const ONNX: Readonly<Record<Kind, readonly number[]>> = { lstm: [0, 2, 3, 1], gru: [1, 0, 2], rnn: [0] };
const KERAS: Readonly<Record<Kind, readonly number[]>> = { lstm: [0, 1, 2, 3], gru: [1, 0, 2], rnn: [0] };

/** The order that undoes an order. */
const inverse = (order: readonly number[]): number[] => order.map((_, i) => order.indexOf(i));

/**
 * The gates of a tensor in another order: gate i of the result is gate `order[i]` of `tensor`, whose first dimension is the directions and
 * whose second the gates, one below the other (peepholes: three of them).
 */
export function reorderGates(tensor: HostTensor, order: readonly number[]): HostTensor {
  const { data, shape } = tensor;
  const [dirs, rows] = shape as [number, number];
  if (shape.length < 2 || rows % order.length)
    fail("reorderGates", "shape", `a tensor is [${shape}]; needed is [directions, ${order.length} · H, …].`);
  const block = data.length / (dirs * order.length);
  return copied(tensor, shape, (i) => {
    const gate = Math.floor(i / block) % order.length;
    return i + (order[gate]! - gate) * block;
  });
}

/** A tensor of `shape` whose element i is element `at(i)` of another. */
function copied({ data, dtype }: HostTensor, shape: readonly number[], at: (i: number) => number): HostTensor {
  const count = shape.reduce((a, b) => a * b, 1);
  const Numbers = data.constructor as new (count: number) => Float32Array;
  const values = new Numbers(count);
  for (let i = 0; i < count; i++) values[i] = data[at(i)]!;
  return { data: values, shape, ...(dtype && { dtype }) };
}

/** Columns `first` … of every row of a matrix [rows, width]. */
const columns = (tensor: HostTensor, first: number, count: number): HostTensor => {
  const [rows, width] = tensor.shape as [number, number];
  return copied(tensor, [rows, count], (i) => Math.floor(i / count) * width + first + (i % count));
};

const transposed = (tensor: HostTensor, rows: number, width: number, shape: readonly number[]): HostTensor =>
  copied(tensor, shape, (i) => (i % rows) * width + Math.floor(i / rows));

/** ONNX's weights in our layout. Pass `linearBeforeReset: false` to `gru` where the node does not say `linear_before_reset`. */
export function fromOnnx(kind: Kind, { w, r, b, p }: OnnxWeights): Weights {
  const half = b && b.shape[1]! / 2;
  const ordered = (tensor: HostTensor) => reorderGates(tensor, ONNX[kind]);
  return {
    w: ordered(w),
    r: ordered(r),
    ...(b && { bias: ordered(columns(b, 0, half!)), rBias: ordered(columns(b, half!, half!)) }),
    ...(p && { peephole: reorderGates(p, [0, 2, 1]) }), // i, o, f
  };
}

/** Our weights in ONNX's layout; a missing one of two biases is zeros. */
export function toOnnx(kind: Kind, { w, r, bias, rBias, peephole }: Weights): OnnxWeights {
  const ordered = (tensor: HostTensor) => reorderGates(tensor, inverse(ONNX[kind]));
  const given = bias ?? rBias;
  const [dirs, rows] = (given?.shape ?? []) as [number, number];
  const both = [bias, rBias].map((one) => one && (ordered(one).data as ArrayLike<number>));
  const values = Array.from({ length: 2 * dirs * rows }, (_, i) => {
    const row = i % (2 * rows);
    return both[row < rows ? 0 : 1]?.[Math.floor(i / (2 * rows)) * rows + (row % rows)] ?? 0;
  });
  const b = given && { ...copied(given, [0], () => 0), shape: [dirs, 2 * rows], data: values };
  return { w: ordered(w), r: ordered(r), ...(b && { b }), ...(peephole && { p: reorderGates(peephole, [0, 2, 1]) }) };
}

/** Keras' weights in our layout, with one direction. A GRU without `reset_after` wants `linearBeforeReset: false`. */
export function fromKeras(kind: Kind, { kernel, recurrentKernel, bias }: KerasWeights): Weights {
  const turned = (tensor: HostTensor) => {
    const [rows, width] = tensor.shape as [number, number];
    return reorderGates(transposed(tensor, rows, width, [1, width, rows]), KERAS[kind]);
  };
  const width = kernel.shape[1]!;
  const part = (row: number) =>
    reorderGates(
      copied(bias!, [1, width], (i) => row * width + i),
      KERAS[kind],
    );
  return {
    w: turned(kernel),
    r: turned(recurrentKernel),
    ...(bias && { bias: part(0) }),
    ...(bias?.shape.length === 2 && { rBias: part(1) }),
  };
}

/** Our weights of one direction in Keras' layout; two biases make one [2, gates · H]. */
export function toKeras(kind: Kind, { w, r, bias, rBias }: Weights): KerasWeights {
  const turned = (tensor: HostTensor) => {
    const [rows, width] = tensor.shape.slice(-2) as [number, number];
    const ordered = reorderGates({ ...tensor, shape: [1, rows, width] }, inverse(KERAS[kind]));
    return transposed(ordered, rows, width, [width, rows]);
  };
  const both = [bias, rBias].map((one) => one && reorderGates({ ...one, shape: [1, one.data.length] }, inverse(KERAS[kind])));
  const given = both[0] ?? both[1];
  const rows = GATES[kind] * (r.shape.at(-2)! / GATES[kind]);
  return {
    kernel: turned(w),
    recurrentKernel: turned(r),
    ...(given && {
      bias: rBias
        ? {
            ...given,
            shape: [2, rows],
            data: both.flatMap((one) => (one ? Array.from(one.data as ArrayLike<number>) : Array(rows).fill(0))),
          }
        : { ...given, shape: [rows] },
    }),
  };
}
