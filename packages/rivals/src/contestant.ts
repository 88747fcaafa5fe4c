// What ours and theirs have in common, so that a race need not know who runs.
import type { RecurrentWeights } from "@tilewright/kernels-rnn";
import type { HostTensor, TensorType } from "@tilewright/runtime";

/** A kernel's call: the same numbers for everyone. */
export interface Task {
  readonly kernel: string;
  /** By operand; each has its dtype. */
  readonly inputs: Readonly<Record<string, HostTensor & TensorType>>;
  readonly outputs: Readonly<Record<string, TensorType>>;
  readonly options: object;
  /** Inputs that are weights: these, and no others, may be packed or folded beforehand. */
  readonly constant: readonly string[];
}

/** A task made ready, with its inputs on the GPU. */
export interface Runnable {
  /** Hands one run to the GPU's queue. */
  run(): void | Promise<void>;
  /** Waits until the last run is done, by reading one word of its output. */
  sync(): Promise<void>;
  /** The last run's outputs, whole. */
  read(): Promise<Readonly<Record<string, ArrayLike<number>>>>;
  dispose(): void | Promise<void>;
  /** What it gives, where the task asks for more: the rest is not checked. */
  readonly gives?: readonly string[] | undefined;
  /** How it is done, where there is no kernel of that name. */
  readonly note?: string | undefined;
}

/** Makes a task ready. @throws {@link Unable} */
export type Prepare = (task: Task) => Promise<Runnable>;

export interface Contestant {
  readonly name: string;
  readonly version: string;
  readonly prepare: Prepare;
  close(): void | Promise<void>;
}

/** "Does not do this": no failure, but no result either. */
export class Unable extends Error {
  override readonly name = "Unable";
}

/** What adapters read of each kernel. */
export const READ = {
  matmul: { inputs: "a b bias residual", options: "transA transB alpha beta activation" },
  matmulQuantized: { inputs: "a weights scales bias", options: "bits group activation" },
  softmax: { inputs: "x", options: "axis" },
  layerNorm: { inputs: "x gamma beta", options: "epsilon" },
  conv: { inputs: "x w bias", options: "layout strides padding groups activation" },
  maxPool: { inputs: "x", options: "layout kernel strides" },
  attention: { inputs: "q k v", options: "causal" },
  lstm: { inputs: "x w r bias rBias", options: "" },
  gru: { inputs: "x w r bias rBias", options: "linearBeforeReset" },
} as const;

/** Refuses operands and options that adapters do not read: what is misread here must never count as their mistake. */
function readsOnly({ kernel, inputs, options }: Task, known: { inputs: string; options: string }): void {
  const beyond = (given: object, names: string) =>
    Object.entries(given).find(([name, value]) => value !== undefined && !names.split(" ").includes(name))?.[0];
  const strange = beyond(inputs, known.inputs) ?? beyond(options, `${known.options} dtype`);
  if (strange) throw new Unable(`${kernel} with ${strange} is not written down for them`);
}

/** A contestant's kernels as its `prepare`: one function each, by the name of ours, which is in {@link READ} too. */
export const byKernel =
  (who: string, kernels: Readonly<Partial<Record<keyof typeof READ, Prepare>>>): Prepare =>
  async (task) => {
    const kernel = task.kernel as keyof typeof READ;
    const prepare = Object.hasOwn(kernels, kernel) ? kernels[kernel] : undefined;
    if (!prepare) throw new Unable(`${who} has no ${kernel} here`);
    readsOnly(task, READ[kernel]);
    return prepare(task);
  };

/** matmul's options, as the adapters read them. */
export interface MatmulOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
  readonly beta?: number;
  readonly activation?: string;
}

/** conv's and maxPool's options, as the adapters read them. */
interface WindowOptions {
  readonly layout?: string;
  readonly kernel?: number | readonly number[] | string;
  readonly strides?: number | readonly number[];
  readonly padding?: number | readonly number[] | string;
  readonly groups?: number;
  readonly activation?: string;
}

/** Convolution and pooling of images: what all rivals have. Both spatial dimensions are padded alike before and behind. */
export function image({ kernel: who, inputs, options }: Task) {
  const { layout = "nchw", kernel = 1, strides = 1, padding = 0, groups = 1, activation } = options as WindowOptions;
  const pair = (name: string, value: number | readonly number[] | string): [number, number] => {
    const two = typeof value === "number" ? [value, value] : value === "valid" ? [0, 0] : value;
    if (typeof two === "string" || two.length !== 2)
      throw new Unable(`${who} with ${name} ${value} is not written down for them`);
    return [two[0]!, two[1]!];
  };
  if (inputs["x"]!.shape.length !== 4) throw new Unable(`${who} is written down for two dimensions`);
  const last = layout === "nhwc";
  const channels = inputs["x"]!.shape[last ? 3 : 1]!;
  const [kernels, stride, pad] = [pair("kernel", kernel), pair("strides", strides), pair("padding", padding)];
  return { last, channels, kernel: kernels, strides: stride, pad, groups, activation };
}

/** Sizes of attention as all rivals have it: as many heads of keys as of queries. */
export function heads({ inputs: { q, k } }: Task) {
  const [batch, count, s, d] = q!.shape as [number, number, number, number];
  if (k!.shape[1] !== count) throw new Unable("attention whose heads share keys is not written down for them");
  return { batch, heads: count, s, t: k!.shape[2]!, d };
}

/** A recurrent layer in one direction, whose last states are left to the rows of y that they are. */
export function layer(task: Task) {
  const { x, w, r, bias, rBias } = task.inputs;
  const [t, batch, inner] = x!.shape as [number, number, number];
  if (w!.shape.length === 3 && w!.shape[0] !== 1)
    throw new Unable(`${task.kernel} in both directions is not written down for them`);
  const whole = (tensor: HostTensor & TensorType, rank: number) =>
    tensor.shape.length < rank ? { ...tensor, shape: [1, ...tensor.shape] } : tensor;
  /** With their dimension of directions. */
  const weights: RecurrentWeights = {
    w: whole(w!, 3),
    r: whole(r!, 3),
    ...(bias && { bias: whole(bias, 2) }),
    ...(rBias && { rBias: whole(rBias, 2) }),
  };
  const rows: Task = { ...task, outputs: { y: task.outputs["y"]! } };
  return { t, batch, inner, hidden: r!.shape.at(-1)!, weights, rows };
}

/** What a converter of weights gives, as operands. */
export const typed = (tensor: HostTensor): HostTensor & TensorType => ({
  data: Float32Array.from(tensor.data),
  shape: tensor.shape,
  dtype: "f32",
});

/** The same numbers with dimension `order[i]` as dimension i, as they would come from a file of another library. */
export function permuted<T extends HostTensor & TensorType>(tensor: T, order: readonly number[]): T {
  const shape = order.map((d) => tensor.shape[d]!);
  const step = tensor.shape.map((_, d) => tensor.shape.slice(d + 1).reduce((a, b) => a * b, 1));
  const data = (tensor.data as Float32Array).slice(); // of its own class
  const at = order.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = tensor.data[at.reduce((sum, index, d) => sum + index * step[order[d]!]!, 0)]!;
    for (let d = at.length - 1; d >= 0 && ++at[d]! === shape[d]; d--) at[d] = 0;
  }
  return { ...tensor, data, shape };
}

/** The task's only output. */
export function onlyOutput({ kernel, outputs }: Task): [name: string, type: TensorType] {
  const all = Object.entries(outputs);
  if (all.length !== 1) throw new Unable(`${kernel} has ${all.length} outputs; calls with one are written down`);
  return all[0]!;
}

/** Hands a pass to the queue in a submit of its own. */
export function enqueue(device: GPUDevice, record: (pass: GPUComputePassEncoder) => void): void {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  record(pass);
  pass.end();
  device.queue.submit([encoder.finish()]);
}

const words = new WeakMap<GPUDevice, GPUBuffer>();

/** Waits for all that is in a queue by copying one word out of a buffer behind it. */
export async function waitFor(device: GPUDevice, buffer: GPUBuffer): Promise<void> {
  let word = words.get(device);
  if (!word) {
    word = device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    words.set(device, word);
  }
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, word, 0, 4);
  device.queue.submit([encoder.finish()]);
  await word.mapAsync(GPUMapMode.READ);
  word.unmap();
}
