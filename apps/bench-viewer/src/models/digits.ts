// The network that reads digits: trained by digits/train.ts, run by the page.
import { conv2d, defineModel, dense, flatten, type Model, maxPool2d } from "@tilewright/models";
import type { Value } from "@tilewright/runtime";

/** What the page draws of it, first to last. */
export const MAPS = ["conv1", "pool1", "conv2", "pool2"] as const;

export type Digits = Model<"x", never, (typeof MAPS)[number] | "y">;

/** 3x3 filters and relu, 2x2 maxima, twice, then a dense layer: x [N, 1, 28, 28], y [N, 10] probabilities, and what lies between. */
export const digits = (seed = 0): Digits =>
  defineModel(
    {
      name: "digits",
      sample: { x: { shape: [1, 1, 28, 28], dtype: "f32" } },
      forward(scope, { x }: { readonly x: Value }) {
        const conv1 = scope.run("conv1", conv2d(8, 3, { activation: "relu" }), x);
        const pool1 = scope.run("pool1", maxPool2d(2), conv1);
        const conv2 = scope.run("conv2", conv2d(16, 3, { activation: "relu" }), pool1);
        const pool2 = scope.run("pool2", maxPool2d(2), conv2);
        const y = scope.run("dense", dense(10, { activation: "softmax" }), scope.run("flatten", flatten(), pool2));
        return { conv1, pool1, conv2, pool2, y };
      },
    },
    { seed },
  );

const [MEAN, DEVIATION] = [0.1307, 0.3081]; // of MNIST's training digits

/** Bytes of ink, 0 to 255, as the network was taught to see them. */
export const scaled = (ink: ArrayLike<number>): Float32Array<ArrayBuffer> =>
  Float32Array.from(ink, (byte) => (byte / 255 - MEAN) / DEVIATION);
