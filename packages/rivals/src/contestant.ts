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

/** A contestant's kernels as its `prepare`: one function each, by the name of ours. */
export const byKernel =
  (who: string, kernels: Readonly<Record<string, Prepare>>): Prepare =>
  async (task) => {
    const prepare = Object.hasOwn(kernels, task.kernel) ? kernels[task.kernel] : undefined;
    if (!prepare) throw new Unable(`${who} has no ${task.kernel} here`);
    return prepare(task);
  };

/** The task's only output. */
export function onlyOutput({ kernel, outputs }: Task): [name: string, type: TensorType] {
  const [one, ...more] = Object.entries(outputs);
  if (!one || more.length > 0) throw new Unable(`${kernel} has ${1 + more.length} outputs; one is built`);
  return one;
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
