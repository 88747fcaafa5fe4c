// Trains the network that the page ships:  node digits/train.ts --data FOLDER_OF_IDX_FILES [--epochs N]
// The same files give the same weights: first values, order and shifts are seeded, and the arithmetic is JavaScript's.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { load, read, writeSafetensors } from "@tilewright/models";
import { type HostTensor, tensor } from "@tilewright/runtime";
import { random } from "@tilewright/runtime/cases";
import { digits, scaled } from "../src/models/digits.ts";
import { type Labelled, readLabelled } from "./idx.ts";
import {
  type Conv,
  classify,
  classifyBackward,
  conv,
  convBackward,
  pool,
  poolBackward,
  type Weights,
  weights,
} from "./layers.ts";

const { values } = parseArgs({ options: { data: { type: "string" }, epochs: { type: "string", default: "12" } } });
if (!values.data) throw new Error("--data FOLDER is needed, with train-images-idx3-ubyte[.gz] and so on");
const EPOCHS = Number(values.epochs);
const [SIDE, BATCH, RATE, MOMENTUM, SHIFT] = [28, 32, 0.04, 0.9, 2] as const;

const train = readLabelled(values.data, ["train", "train-10k"]);
const test = readLabelled(values.data, ["t10k"]);
const next = random(1);

const model = digits(0);
const first = async (name: string) => Float32Array.from((await read(model.parameters.get(name)!)).data);
const conv1: Conv = { ...weights(await first("conv1.weight"), 8), channels: 1, filters: 8, size: SIDE };
const conv2: Conv = { ...weights(await first("conv2.weight"), 16), channels: 8, filters: 16, size: 13 };
const dense = weights(await first("dense.weight"), 10);
const layers: readonly Weights[] = [conv1, conv2, dense];
const speeds = layers.map(({ w, b }) => ({ w: new Float32Array(w.length), b: new Float32Array(b.length) }));

/** A digit moved by up to SHIFT pixels, as the network sees it. */
function shifted({ images }: Labelled, digit: number): Float32Array {
  const [dx, dy] = [Math.round((2 * next() - 1) * SHIFT), Math.round((2 * next() - 1) * SHIFT)];
  const ink = new Uint8Array(SIDE * SIDE);
  for (let row = Math.max(0, dy); row < Math.min(SIDE, SIDE + dy); row++)
    for (let col = Math.max(0, dx); col < Math.min(SIDE, SIDE + dx); col++)
      ink[row * SIDE + col] = images[digit * 784 + (row - dy) * SIDE + col - dx]!;
  return scaled(ink);
}

/** Adds a digit's gradients. @returns its cross-entropy */
function learn(x: Float32Array, label: number): number {
  const a = conv(conv1, x);
  const small = pool(a, 8, 26);
  const b = conv(conv2, small.y);
  const tiny = pool(b, 16, 11);
  const y = classify(dense, tiny.y);
  const dTiny = classifyBackward(dense, tiny.y, y, label);
  const dSmall = convBackward(conv2, small.y, b, poolBackward(tiny.at, dTiny, b.length), true);
  convBackward(conv1, x, a, poolBackward(small.at, dSmall, a.length), false);
  return -Math.log(Math.max(y[label]!, 1e-30));
}

/** A step of gradient descent with momentum: Polyak 1964, doi:10.1016/0041-5553(64)90137-5. */
function step(rate: number): void {
  const move = (value: Float32Array, gradient: Float32Array, speed: Float32Array) => {
    for (let i = 0; i < value.length; i++) {
      speed[i] = MOMENTUM * speed[i]! + gradient[i]! / BATCH;
      value[i]! -= rate * speed[i]!;
    }
    gradient.fill(0);
  };
  layers.forEach(({ w, b, dw, db }, i) => {
    move(w, dw, speeds[i]!.w);
    move(b, db, speeds[i]!.b);
  });
}

const batches = Math.floor(train.count / BATCH);
for (let epoch = 0; epoch < EPOCHS; epoch++) {
  const order = Array.from({ length: train.count }, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  let total = 0;
  for (let batch = 0; batch < batches; batch++) {
    for (const digit of order.slice(batch * BATCH, (batch + 1) * BATCH))
      total += learn(shifted(train, digit), train.labels[digit]!);
    step(RATE * (1 - (epoch + batch / batches) / EPOCHS)); // down to nothing, evenly
  }
  console.log(`epoch ${epoch + 1} of ${EPOCHS}: mean cross-entropy ${(total / (batches * BATCH)).toFixed(4)}`);
}

const held = (data: Float32Array, shape: readonly number[]): HostTensor => ({ data, shape, dtype: "f32" });
const bytes = writeSafetensors(
  {
    "conv1.weight": held(conv1.w, [8, 1, 3, 3]),
    "conv1.bias": held(conv1.b, [8]),
    "conv2.weight": held(conv2.w, [16, 8, 3, 3]),
    "conv2.bias": held(conv2.b, [16]),
    "dense.weight": held(dense.w, [10, 400]),
    "dense.bias": held(dense.b, [10]),
  },
  { metadata: { origin: "digits/train.ts on MNIST: Y. LeCun, C. Cortes, C. Burges" } },
);

/** How many digits are read rightly by the page's own network on what the file holds. */
async function rightOf({ count, images, labels }: Labelled): Promise<number> {
  const fresh = digits(1);
  await load(fresh, bytes);
  let right = 0;
  for (let from = 0; from < count; from += 500) {
    const some = Math.min(500, count - from);
    const x = tensor(scaled(images.subarray(from * 784, (from + some) * 784)), [some, 1, SIDE, SIDE]);
    const { data } = (await fresh.run({ x }, { on: "cpu" })).y;
    for (let i = 0; i < some; i++) {
      const scores = Array.from({ length: 10 }, (_, k) => data[10 * i + k]!);
      if (scores.indexOf(Math.max(...scores)) === labels[from + i]) right++;
    }
  }
  return right;
}

const right = await rightOf(test);
const origin = {
  about: "digits.safetensors: two 3x3 convolutions (8 and 16 filters) with 2x2 maxima and a dense layer; see digits.ts beside it",
  trained: `node digits/train.ts --data FOLDER: ${train.count} digits, ${EPOCHS} epochs, each digit moved by up to ${SHIFT} pixels`,
  data: "MNIST by Y. LeCun, C. Cortes and C. Burges, commonly given as CC BY-SA 3.0",
  parameters: layers.reduce((sum, { w, b }) => sum + w.length + b.length, 0),
  test: { right, of: test.count },
};
const file = (name: string) => fileURLToPath(new URL(`../src/models/${name}`, import.meta.url));
writeFileSync(file("digits.safetensors"), bytes);
writeFileSync(file("digits.origin.json"), `${JSON.stringify(origin, null, 2)}\n`);
console.log(
  `${right} of ${test.count} test digits read rightly (${((100 * right) / test.count).toFixed(2)} %); ${bytes.length} bytes`,
);
