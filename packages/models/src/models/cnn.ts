import { averagePool2d, conv2d, flatten, maxPool2d } from "../layers/conv.ts";
import { dense } from "../layers/dense.ts";
import { type Sequential, sequential } from "../layers/sequential.ts";

export interface CnnOptions {
  /** Default 10. */
  readonly classes?: number | undefined;
  readonly seed?: number | undefined;
}

/** A small network for digits: 32 filters of 3x3 and relu, 2x2 maxima, softmax over the classes. x is [N, 1, 28, 28] (other sizes do), y [N, classes]. */
export const cnnMnist = ({ classes = 10, seed = 0 }: CnnOptions = {}): Sequential =>
  sequential(
    {
      conv: conv2d(32, 3, { activation: "relu" }),
      pool: maxPool2d(2),
      flatten: flatten(),
      dense: dense(classes, { activation: "softmax" }),
    },
    { name: "cnnMnist", seed },
  );

/**
 * LeNet-5: LeCun, Bottou, Bengio and Haffner 1998, doi:10.1109/5.726791, as it is taught today: plain averages, all channels connected, a dense
 * layer at the end. x is [N, 1, 28, 28] (or 32x32 with `padding: 0`), y [N, classes] logits.
 */
export const lenet5 = ({ classes = 10, padding = 2, seed = 0 }: CnnOptions & { readonly padding?: number } = {}): Sequential =>
  sequential(
    {
      conv1: conv2d(6, 5, { padding, activation: "tanh" }),
      pool1: averagePool2d(2),
      conv2: conv2d(16, 5, { activation: "tanh" }),
      pool2: averagePool2d(2),
      flatten: flatten(),
      fc1: dense(120, { activation: "tanh" }),
      fc2: dense(84, { activation: "tanh" }),
      fc3: dense(classes),
    },
    { name: "lenet5", seed },
  );
