// TensorFlow.js on its WebGPU backend, which makes its own device. f32 and i32 only; runs are batched by tfjs itself.
import "@tensorflow/tfjs-backend-webgpu";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { type RecurrentWeights, reorderGates, toKeras } from "@tilewright/kernels-rnn";
import { countOf, type HostTensor, type TensorType } from "@tilewright/runtime";
import {
  byKernel,
  type Contestant,
  heads,
  image,
  layer,
  type MatmulOptions,
  onlyOutput,
  permuted,
  type Runnable,
  type Task,
  Unable,
  waitFor,
} from "./contestant.ts";

let loaded: Promise<Contestant> | undefined; // the library has one backend for all of a page: it stays open

export const load = (): Promise<Contestant> => (loaded ??= open());

async function open(): Promise<Contestant> {
  if (!(await tf.setBackend("webgpu"))) throw new Error("tf.setBackend(webgpu) is false");
  await tf.ready();
  const backend = tf.backend() as WebGPUBackend;

  function put({ data, shape, dtype }: HostTensor & TensorType): tf.Tensor {
    if (dtype === "f16") throw new Unable("tfjs has no f16");
    const made = tf.tensor(data as Float32Array, [...shape], dtype === "f32" ? "float32" : "int32");
    backend.uploadToGPU(made.dataId); // else the first run would pay for it
    return made;
  }

  /** A task as one expression of tensors. */
  function express(task: Task, op: (given: Readonly<Record<string, tf.Tensor>>) => tf.Tensor, note?: string): Runnable {
    const [output, type] = onlyOutput(task);
    if (type.dtype === "f16") throw new Unable("tfjs has no f16");
    const given = Object.fromEntries(Object.entries(task.inputs).map(([name, tensor]) => [name, put(tensor)]));
    let last: tf.Tensor | undefined;
    return {
      note,
      run() {
        last?.dispose();
        last = tf.tidy(() => op(given));
        if (last.size !== countOf(type.shape)) throw new Error(`the result is [${last.shape}]`);
      },
      async sync() {
        const buffer = backend.tensorMap.get(last!.dataId).resource as GPUBuffer | undefined;
        if (!buffer) throw new Error("the result is not on the GPU");
        backend.ensureCommandEncoderReady(); // tfjs keeps up to 15 dispatches back
        backend.endComputePassEncoder();
        backend.submitQueue();
        await waitFor(backend.device, buffer);
      },
      read: async () => ({ [output]: await last!.data() }),
      dispose() {
        last?.dispose();
        for (const tensor of Object.values(given)) tensor.dispose();
      },
    };
  }

  const kernels = {
    async matmul(task: Task) {
      const { transA, transB, alpha = 1, beta = 1, activation } = task.options as MatmulOptions;
      const inFused = activation === undefined || activation === "relu" || activation === "sigmoid";
      const plain = alpha === 1 && !task.inputs["residual"];
      if (plain && inFused && (task.inputs["bias"] || activation)) {
        const note = "fused.matMul";
        return express(
          task,
          ({ a, b, bias }) =>
            tf.fused.matMul({
              a: a!,
              b: b!,
              transposeA: !!transA,
              transposeB: !!transB,
              ...(bias && { bias }),
              activation: activation ?? "linear",
            }),
          note,
        );
      }
      const act = activation && ACTIVATIONS[activation];
      if (activation && !act) throw new Unable(`${activation} is not written down for tfjs`);
      return express(
        task,
        ({ a, b, bias, residual }) => {
          let c: tf.Tensor = tf.matMul(a!, b!, transA, transB);
          if (alpha !== 1) c = tf.mul(c, alpha);
          if (bias) c = tf.add(c, bias);
          if (residual) c = tf.add(c, beta === 1 ? residual : tf.mul(residual, beta));
          return act ? act(c) : c;
        },
        plain && !activation ? undefined : "composed",
      );
    },
    async softmax(task: Task) {
      const { axis = -1 } = task.options as { axis?: number };
      const rank = onlyOutput(task)[1].shape.length;
      if (axis !== -1 && axis !== rank - 1) throw new Unable("tfjs takes softmax along the last axis only");
      return express(task, ({ x }) => tf.softmax(x!));
    },
    async layerNorm(task: Task) {
      const { epsilon = 1e-5 } = task.options as { epsilon?: number };
      return express(
        task,
        ({ x, gamma, beta }) => {
          const { mean, variance } = tf.moments(x!, -1, true);
          const normal = tf.mul(tf.sub(x!, mean), tf.rsqrt(tf.add(variance, epsilon)));
          const scaled = gamma ? tf.mul(normal, gamma) : normal;
          return beta ? tf.add(scaled, beta) : scaled;
        },
        "composed: moments, sub, mul, rsqrt, mul, add",
      );
    },
    /** Filters are [kh, kw, ci, co] for both layouts, and [kh, kw, channels, multiplier] where each channel is convolved alone. */
    async conv(task: Task) {
      const { last, channels, strides, pad, groups, activation } = image(task);
      // With a number for padding tfjs takes both dimensions' kernel and strides for the first's.
      const [kh, kw] = task.inputs["w"]!.shape.slice(last ? 0 : 2);
      const even = pad[0] === pad[1] && strides[0] === strides[1] && kh === kw;
      if (pad.some((p) => p > 0) && !even) throw new Unable("tfjs pads both dimensions alike");
      const padding = pad[0] === 0 ? "valid" : pad[0];
      if (groups !== 1 && groups !== channels) throw new Unable("tfjs has no groups of several channels");
      const alone = groups !== 1;
      if (alone && !last) throw new Unable("tfjs convolves channels alone in NHWC only");
      const act = activation && ACTIVATIONS[activation];
      if (activation && !act) throw new Unable(`${activation} is not written down for tfjs`);
      const order = alone ? [0, 1, 3, 2] : last ? [0, 1, 2, 3] : [2, 3, 1, 0];
      const format = last ? "NHWC" : "NCHW";
      return express({ ...task, inputs: { ...task.inputs, w: permuted(task.inputs["w"]!, order) } }, ({ x, w, bias }) => {
        const [image4, filter] = [x as tf.Tensor4D, w as tf.Tensor4D];
        let y: tf.Tensor;
        if (alone) y = tf.depthwiseConv2d(image4, filter, strides, padding, format);
        else if (last && (bias || activation === "relu"))
          return tf.fused.conv2d({
            ...{ x: image4, filter, strides, pad: padding, dataFormat: format },
            ...(bias && { bias }),
            activation: (activation ?? "linear") as "relu",
          });
        else y = tf.conv2d(image4, filter, strides, padding, format);
        if (bias) y = tf.add(y, last ? bias : tf.reshape(bias, [-1, 1, 1]));
        return act ? act(y) : y;
      });
    },
    async maxPool(task: Task) {
      const { last, kernel, strides } = image(task);
      if (!last) throw new Unable("tfjs pools NHWC only");
      return express(task, ({ x }) => tf.maxPool(x as tf.Tensor4D, kernel, strides, "valid"));
    },
    /** A loop over tf.basicLSTMCell, which takes one [I + H, 4 · H] kernel with gates i, g, f, o and adds to the forget gate itself. */
    async lstm(task: Task) {
      const { t, batch, hidden, weights, rows } = layer(task);
      const order = [0, 2, 1, 3];
      const ordered = Object.fromEntries(Object.entries(weights).map(([name, one]) => [name, reorderGates(one, order)]));
      const { kernel: w, recurrentKernel: r, bias: both } = toKeras("lstm", ordered as unknown as RecurrentWeights);
      const data = Float32Array.from([...w.data, ...r.data]);
      const kernel = { data, dtype: "f32" as const, shape: [data.length / (4 * hidden), 4 * hidden] };
      const bias = { data: new Float32Array(4 * hidden), dtype: "f32" as const, shape: [4 * hidden] };
      Array.from(both?.data ?? []).forEach((value, i) => {
        bias.data[i % (4 * hidden)]! += value;
      });
      const zero = { data: new Float32Array(batch * hidden), dtype: "f32" as const, shape: [batch, hidden] };
      const none = { data: Float32Array.of(0), dtype: "f32" as const, shape: [] };
      const inputs = { x: task.inputs["x"]!, kernel, bias, zero, none };
      const runnable = express(
        { ...rows, inputs },
        (given) => {
          let [c, h] = [given["zero"] as tf.Tensor2D, given["zero"] as tf.Tensor2D];
          const steps = tf.unstack(given["x"]!).slice(0, t) as tf.Tensor2D[];
          const all = steps.map((x) => {
            [c, h] = tf.basicLSTMCell(
              given["none"] as tf.Scalar,
              given["kernel"] as tf.Tensor2D,
              given["bias"] as tf.Tensor1D,
              x,
              c,
              h,
            );
            return h;
          });
          return tf.stack(all);
        },
        "a loop over tf.basicLSTMCell",
      );
      return { ...runnable, gives: ["y"] };
    },
    async attention(task: Task) {
      const { s, t, d } = heads(task);
      const { causal = false } = task.options as { causal?: boolean };
      // Query i sees keys up to i + t - s; the mask is made beforehand.
      const mask = tf.tensor(
        Float32Array.from({ length: s * t }, (_, i) => (i % t > Math.floor(i / t) + t - s ? -1e9 : 0)),
        [1, 1, s, t],
      );
      const runnable = express(
        task,
        ({ q, k, v }) => {
          const scores = tf.mul(tf.matMul(q!, k!, false, true), 1 / Math.sqrt(d));
          return tf.matMul(tf.softmax(causal ? tf.add(scores, mask) : scores), v!);
        },
        `composed: matMul, mul${causal ? ", add mask" : ""}, softmax, matMul`,
      );
      return {
        ...runnable,
        dispose() {
          runnable.dispose();
          mask.dispose();
        },
      };
    },
  };
  return { name: "tfjs", version: tf.version_core, prepare: byKernel("tfjs", kernels), close() {} };
}

const ACTIVATIONS: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  relu: tf.relu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
};
