// What ours and theirs have in common, so that a race need not know who runs.
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

/** The task's only output. */
export function onlyOutput({ kernel, outputs }: Task): [name: string, type: TensorType] {
  const all = Object.entries(outputs);
  if (all.length !== 1) throw new Unable(`${kernel} has ${all.length} outputs; calls with one are written down`);
  return all[0]!;
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
