import { conv2d, dense, flatten, load, maxPool2d, type Sequential, type Source, sequential } from "@tilewright/models";
import { tensor } from "@tilewright/runtime";
import type { Digits } from "../nearest-digit/nearest.ts";

/** The network of the weights beside this file: the ONNX model zoo's MNIST, which reads pixels as they are, 0 to 255. Its file names a dense weight's inputs first. */
export async function network(weights: Source): Promise<Sequential> {
  const model = sequential(
    {
      conv1: conv2d(8, 5, { padding: "same-upper", activation: "relu" }),
      pool1: maxPool2d(2),
      conv2: conv2d(16, 5, { padding: "same-upper", activation: "relu" }),
      pool2: maxPool2d(3),
      flatten: flatten(),
      fc: dense(10, { filter: "io" }),
    },
    { name: "digits" },
  );
  model.build({ x: { shape: [1, 1, 28, 28], dtype: "f32" } });
  await load(model, weights);
  return model;
}

export interface Outcome {
  /** [count]: what each image was read as. */
  readonly predicted: Uint8Array;
  /** How many equal their labels. */
  readonly right: number;
  /** Seconds for all but the first batch, which compiles, and how many images they took. */
  readonly seconds: number;
  readonly timed: number;
}

export interface RecogniseHow {
  /** Images at a time. Default 250. */
  readonly batch?: number | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Reads every digit. The last batch is filled up, so that one program does for all. */
export async function recognise(
  model: Sequential,
  digits: Digits,
  on: GPUDevice | "cpu",
  { batch: most = 250, onProgress }: RecogniseHow = {},
): Promise<Outcome> {
  const { count, rows, columns, images, labels } = digits;
  const batch = Math.min(most, count);
  const how = on === "cpu" ? ({ on } as const) : { device: on };
  const predicted = new Uint8Array(count);
  let began = performance.now();
  let timed = 0;
  for (let first = 0; first < count; first += batch) {
    const x = new Float32Array(batch * rows * columns);
    x.set(images.subarray(first * rows * columns, (first + batch) * rows * columns));
    const { y } = await model.run({ x: tensor(x, [batch, 1, rows, columns]) }, how);
    const all = Array.from(y.data, Number);
    for (let i = 0; i < batch && first + i < count; i++) {
      const scores = all.slice(10 * i, 10 * i + 10);
      predicted[first + i] = scores.indexOf(Math.max(...scores));
    }
    onProgress?.(Math.min(first + batch, count), count);
    if (first === 0) began = performance.now();
    else timed += Math.min(batch, count - first);
  }
  const right = predicted.reduce((sum, digit, i) => sum + (digit === labels[i] ? 1 : 0), 0);
  return { predicted, right, seconds: (performance.now() - began) / 1000, timed };
}

/** `98.9 % right (9,890 of 10,000), 2,300 digits per second` */
export function summary({ predicted, right, seconds, timed }: Outcome): string {
  const show = (value: number) => value.toLocaleString("en", { maximumFractionDigits: 0 });
  const rate = timed > 0 ? `, ${show(timed / seconds)} digits per second behind the first batch` : "";
  return `${((100 * right) / predicted.length).toFixed(1)} % right (${show(right)} of ${show(predicted.length)})${rate}`;
}
