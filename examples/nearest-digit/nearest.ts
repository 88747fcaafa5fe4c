import { matmul } from "@tilewright/kernels-matmul";
import { caps, type HostTensor, program, tensor, type Value } from "@tilewright/runtime";
import { DataError } from "./idx.ts";

/** Labelled images: `images` is [count, rows, columns] with values 0–255, `labels` [count]. */
export interface Digits {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

export interface Outcome {
  /** [test count]: each test digit's nearest training digit; the lowest index where several are as near. */
  readonly nearest: Uint32Array;
  /** [test count]: that digit's label. */
  readonly predicted: Uint8Array;
  /** How many predictions equal the test labels. */
  readonly right: number;
  /** Seconds to move the training digits to the device and compile, before the first test digit. */
  readonly setUp: number;
  /** Seconds for all test digits. */
  readonly seconds: number;
}

export interface ClassifyHow {
  /** Test digits at a time. Default 250: with 10,000 training digits that is 10 MB of products to read back. */
  readonly batch?: number | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Products of the first `count` rows of x [batch, pixels] with all training digits: blocks [at least count, width], left to right. */
interface Products {
  run(x: HostTensor, count: number): Promise<readonly { readonly data: ArrayLike<number>; readonly width: number }[]>;
  destroy(): void;
}

// ‖x−y‖² = ‖x‖² + ‖y‖² − 2x·y, and the products x·y of all pairs are one matmul.
//
// Pixels are shifted from 0…255 to −128…127. Distances stay what they are, and every product of two pixels becomes an integer of
// at most 2^14; a sum of up to 1024 of them stays within 2^24, so each partial sum is an exact float32 in whatever order a kernel
// adds. The norms must not join in on the GPU: ‖y‖² − 2x·y reaches 3 · 2^14 · pixels, which float32 does not hold exactly.
// The host adds them to the exact products in float64. So a GPU, the CPU reference and a loop over integers agree to the last bit.
const MIDDLE = 128;
const MOST_PIXELS = 1024;

/**
 * Finds the nearest training digit of every test digit, by Euclidean distance between raw pixels.
 * @param on A device, or `"cpu"` for the kernel's float64 reference (the definition of correct, and slow).
 * @throws DataError for images too large to be exact, KernelError from the kernel.
 */
export async function classify(train: Digits, test: Digits, on: GPUDevice | "cpu", how: ClassifyHow = {}): Promise<Outcome> {
  const pixels = train.rows * train.columns;
  if (pixels > MOST_PIXELS) throw new DataError(`Images have ${pixels} pixels; distances are exact up to ${MOST_PIXELS}.`);
  if (pixels !== test.rows * test.columns)
    throw new DataError(`Training images have ${pixels} pixels, test images ${test.rows * test.columns}.`);
  const batch = Math.max(1, Math.min(how.batch ?? 250, test.count));

  const began = performance.now();
  const norms = normsOf(train);
  const products = on === "cpu" ? onCpu(train) : await onGpu(on, train, batch);
  const ready = performance.now();

  const nearest = new Uint32Array(test.count);
  const x = new Float32Array(batch * pixels);
  try {
    for (let first = 0; first < test.count; first += batch) {
      const count = Math.min(batch, test.count - first); // the last batch may be smaller; the rest of x is not looked at
      for (let i = 0; i < count * pixels; i++) x[i] = test.images[first * pixels + i]! - MIDDLE;
      const blocks = await products.run(tensor(x, [batch, pixels]), count);
      for (let row = 0; row < count; row++) {
        let least = Number.POSITIVE_INFINITY;
        let index = 0; // of the training digit, counted through all blocks
        for (const { data, width } of blocks) {
          for (let col = 0; col < width; col++, index++) {
            const distance = norms[index]! - 2 * data[row * width + col]!; // less ‖x‖², the same for all of a row
            if (distance >= least) continue; // so the lowest index wins ties
            least = distance;
            nearest[first + row] = index;
          }
        }
      }
      how.onProgress?.(first + count, test.count);
    }
  } finally {
    products.destroy();
  }
  const predicted = Uint8Array.from(nearest, (index) => train.labels[index]!);
  const right = predicted.reduce((sum, label, i) => sum + (label === test.labels[i] ? 1 : 0), 0);
  return { nearest, predicted, right, setUp: (ready - began) / 1000, seconds: (performance.now() - ready) / 1000 };
}

/** The first `count` digits. */
export function take(digits: Digits, count: number): Digits {
  if (count >= digits.count) return digits;
  const { rows, columns } = digits;
  return {
    count,
    rows,
    columns,
    images: digits.images.subarray(0, count * rows * columns),
    labels: digits.labels.subarray(0, count),
  };
}

/** `92.0 % right (920 of 1,000), 680 digits per second` */
export function summary({ predicted, right, seconds }: Outcome): string {
  const total = predicted.length;
  const rate = total / seconds;
  return `${((100 * right) / total).toFixed(1)} % right (${show(right)} of ${show(total)}), ${show(rate)} digits per second`;
}

/** A number for people: 10,000; small ones with a decimal. */
export const show = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 1 : 0 });

/** The training digits are uploaded once; each batch is then a write, the same recorded calls and a read. */
async function onGpu(device: GPUDevice, train: Digits, batch: number): Promise<Products> {
  const p = program(device);
  const x = p.input("x", { shape: [batch, train.rows * train.columns], dtype: "f32" });
  const count = p.param("count", batch);
  const calls: Record<string, Value> = {};
  for (const y of columnBlocks(train, caps(device).maxBinding)) {
    calls[`products${Object.keys(calls).length}`] = p.call(matmul, { a: x, b: p.constant(y) }, {}, { dynamic: { m: count } });
  }
  const net = await p.compile(calls);
  return {
    async run(x, count) {
      const results = await net.run({ x }, { count });
      return Object.keys(calls).map((name) => ({ data: results[name]!.data, width: results[name]!.shape[1]! }));
    },
    destroy() {
      net.destroy();
      p.destroy();
    },
  };
}

function onCpu(train: Digits): Products {
  const [y] = columnBlocks(train, Number.POSITIVE_INFINITY);
  return {
    async run({ data, shape: [, pixels] }, count) {
      await new Promise((done) => setTimeout(done)); // the reference does not yield; let the progress be seen
      const a = tensor((data as Float32Array).subarray(0, count * pixels!), [count, pixels!]);
      const c = await matmul.run({ a, b: y! }, {}, { on: "cpu" });
      return [{ data: c.data, width: train.count }];
    },
    destroy() {},
  };
}

/**
 * The training digits as columns, [pixels, width] in blocks of at most `most` bytes: one binding may not hold all 60,000.
 * (Columns rather than rows, which `transB` would take as well, since the CPU reference is 2.6 times faster along rows of b.)
 */
function columnBlocks({ count, rows, columns, images }: Digits, most: number): HostTensor[] {
  const pixels = rows * columns;
  const widest = Math.max(4, Math.floor(most / (16 * pixels)) * 4); // whole vec4s
  const blocks: HostTensor[] = [];
  for (let first = 0; first < count; first += widest) {
    const width = Math.min(widest, count - first);
    const data = new Float32Array(pixels * width);
    for (let col = 0; col < width; col++) {
      for (let i = 0; i < pixels; i++) data[i * width + col] = images[(first + col) * pixels + i]! - MIDDLE;
    }
    blocks.push(tensor(data, [pixels, width]));
  }
  return blocks;
}

/** ‖y‖² of every shifted digit, integers of at most 2^24. */
function normsOf({ count, rows, columns, images }: Digits): Int32Array {
  const pixels = rows * columns;
  return Int32Array.from({ length: count }, (_, digit) => {
    let sum = 0;
    for (let i = digit * pixels; i < (digit + 1) * pixels; i++) sum += (images[i]! - MIDDLE) ** 2;
    return sum;
  });
}
