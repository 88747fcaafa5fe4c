// Optimiser steps of PyTorch and ONNX.
import type { HostTensor } from "@tilewright/runtime";
import { Unsupported } from "@tilewright/testing/conformance";
import * as k from "../../src/index.ts";
import { type Context, type FileCase, type Operator, only, operand, scalar } from "./operands.ts";

type Numbers = Readonly<Record<string, number>>;
const zeros = ({ shape }: HostTensor): HostTensor => ({
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  shape,
  dtype: "f32",
});
const named = (kase: FileCase, name: string, context: Context) => {
  const t = kase.inputs.find((input) => input?.name === name);
  return t ? operand(t, context) : undefined;
};

type State = Readonly<Record<string, HostTensor>>;
type Step = (state: State, gradient: HostTensor, step: number, context: Context) => Promise<State>;

/** `grads` holds a gradient for each step in its first dimension; `grad` is one, of step `step`. */
const steps =
  (states: readonly (readonly [name: string, file: string])[], one: (attributes: Numbers) => Step): Operator =>
  async (kase, context) => {
    const step = one(kase.attributes as Numbers);
    const weights = named(kase, "param", context)!;
    let state: State = {
      weights,
      ...Object.fromEntries(states.map(([name, file]) => [name, named(kase, file, context) ?? zeros(weights)])),
    };
    const single = named(kase, "grad", context);
    if (single) state = await step(state, single, Number(kase.attributes["step"] ?? 1), context);
    else {
      const grads = named(kase, "grads", context)!;
      for (let t = 0; t < grads.shape[0]!; t++) {
        const x = await context.run(k.slice, { x: grads }, { starts: [t], ends: [t + 1], axes: [0] });
        state = await step(state, { ...x, shape: weights.shape }, t + 1, context);
      }
    }
    return { outputs: [state["weights"]!, ...states.map(([name]) => state[name]!)] };
  };

const adam = steps(
  [
    ["mean", "exp_avg"],
    ["variance", "exp_avg_sq"],
    ["peak", "max_exp_avg_sq"],
  ],
  (a) =>
    async (state, gradient, step, { run }) => {
      const correct = a["correct_bias"] !== 0;
      const { beta2 = 0.999, eps = 1e-8 } = a;
      // transformers' AdamW adds eps before v is corrected: as much as eps over the correction here.
      const epsilon = eps === 1e-6 && correct ? eps / Math.sqrt(1 - beta2 ** step) : eps;
      const options = {
        rate: a["lr"],
        beta1: a["beta1"],
        beta2,
        epsilon,
        decay: a["weight_decay"] ?? 0,
        decoupled: a["decoupled"] === 1,
        correct,
        step,
      };
      const { weights, mean, variance, peak } = state as Record<"weights" | "mean" | "variance" | "peak", HostTensor>;
      if (a["amsgrad"]) return (await run(k.amsgrad, { weights, gradient, mean, variance, peak }, options)) as unknown as State;
      return { ...(await run(k.adam, { weights, gradient, mean, variance }, options)), peak } as unknown as State;
    },
);

const sgd = steps([], (a) => async ({ weights }, gradient, _, { run }) => {
  return (await run(
    k.sgd,
    { weights: weights!, gradient },
    { rate: a["lr"], decay: a["weight_decay"] ?? 0 },
  )) as unknown as State;
});

const rmsprop = steps(
  [
    ["square", "square_avg"],
    ["velocity", "momentum_buffer"],
  ],
  (a) =>
    async (state, gradient, _, { run }) => {
      if (a["centered"]) throw new Unsupported("centered RMSprop is not built");
      const { weights, square, velocity } = state as Record<"weights" | "square" | "velocity", HostTensor>;
      const options = {
        rate: a["lr"],
        alpha: a["alpha"],
        epsilon: a["eps"],
        momentum: a["momentum"],
        decay: a["weight_decay"] ?? 0,
      };
      return (await run(k.rmsprop, { weights, gradient, square, velocity }, options)) as unknown as State;
    },
);

const adagrad = steps([["sum", "sum"]], (a) => async (state, gradient, step, { run }) => {
  const { weights, sum } = state as Record<"weights" | "sum", HostTensor>;
  const options = { rate: a["lr"], step, rateDecay: a["lr_decay"] ?? 0, epsilon: a["eps"], decay: a["weight_decay"] ?? 0 };
  return (await run(k.adagrad, { weights, gradient, sum }, options)) as unknown as State;
});

/** Inputs R, T, then weights, gradients and states of `count` tensors, one kind after the other; outputs weights and states likewise. */
const onnx =
  (
    kinds: number,
    one: (
      rate: number,
      step: number,
      a: Numbers,
      tensors: readonly HostTensor[],
      context: Context,
    ) => Promise<readonly HostTensor[]>,
  ): Operator =>
  async (kase, context) => {
    const [rate, step, ...rest] = kase.inputs.map((t) => operand(t, context));
    const count = rest.length / kinds;
    const results: (readonly HostTensor[])[] = [];
    for (let i = 0; i < count; i++) {
      const mine = Array.from({ length: kinds }, (_, kind) => rest[kind * count + i]!);
      results.push(await one(scalar(rate!), scalar(step!), kase.attributes as Numbers, mine, context));
    }
    return { outputs: results[0]!.flatMap((_, kind) => results.map((result) => result[kind]!)) };
  };

const onnxAdam = onnx(4, async (rate, step, a, [weights, gradient, mean, variance], { run }) => {
  if (step > 0) throw new Unsupported("its correction of bias adds epsilon elsewhere");
  const y = await run(
    k.adam,
    { weights: weights!, gradient: gradient!, mean: mean!, variance: variance! },
    {
      rate,
      beta1: a["alpha"],
      beta2: a["beta"],
      epsilon: a["epsilon"],
      decay: a["norm_coefficient"] ?? 0,
      decoupled: false,
      correct: false,
    },
  );
  return [y.weights, y.mean, y.variance];
});
const onnxAdagrad = onnx(3, async (rate, step, a, [weights, gradient, sum], { run }) => {
  const y = await run(
    k.adagrad,
    { weights: weights!, gradient: gradient!, sum: sum! },
    { rate, step: step + 1, rateDecay: a["decay_factor"] ?? 0, epsilon: a["epsilon"], decay: a["norm_coefficient"] ?? 0 },
  );
  return [y.weights, y.sum];
});
const onnxMomentum = onnx(3, async (rate, step, a, [weights, gradient, velocity], { run }) => {
  const fresh = step > 0 ? a["beta"]! : 1;
  const nesterov = (a["mode"] as unknown) === "nesterov";
  const y = await run(
    k.momentum,
    { weights: weights!, gradient: gradient!, velocity: velocity! },
    { rate, momentum: a["alpha"], dampening: 1 - fresh, decay: a["norm_coefficient"] ?? 0, nesterov },
  );
  return [y.weights, y.velocity];
});

/** Inputs ETA, Update_Count, W, G, moments, and perhaps FP16_W, loss_scale, grad_norm, DoUpdate. */
const ortAdam: Operator = async (kase, context) => {
  const { run } = context;
  if (!kase.outputs[3]) throw new Unsupported("it asks for the change of the weights, which are updated here");
  if (named(kase, "DoUpdate", context)) throw new Unsupported("skipping a step is the caller's choice");
  if (kase.attributes["do_bias_correction"] !== 0 || kase.attributes["lambda"])
    throw new Unsupported("its correction of bias adds epsilon elsewhere");
  const [eta, count, weights, gradient, mean, variance] = kase.inputs.map((t) => t && operand(t, context)) as HostTensor[];
  const [scale, norm] = [named(kase, "loss_scale", context), named(kase, "grad_norm", context)];
  const one: HostTensor = { data: Float32Array.of(1), shape: [1], dtype: "f32" };
  let factor: HostTensor | undefined;
  if (scale && norm) {
    // 1 / (loss scale · max(1, norm / most))
    const over = await run(k.linear, { x: norm }, { alpha: 1 / Number(kase.attributes["max_norm_clip"] ?? 1) });
    factor = await run(k.div, { a: one, b: await run(k.mul, { a: scale, b: await run(k.max, { a: over, b: one }) }) });
  }
  const a = kase.attributes as Numbers;
  const options = {
    rate: scalar(await run(k.cast, { x: eta! }, { dtype: "f32" })),
    beta1: a["alpha"] ?? 0.9,
    beta2: a["beta"] ?? 0.999,
    epsilon: a["epsilon"] ?? 1e-8,
    decay: 0,
    correct: false,
    half: !!kase.outputs[5],
  };
  const y = await run(
    k.adam,
    { weights: weights!, gradient: gradient!, mean: mean!, variance: variance!, ...(factor && { factor }) },
    options,
  );
  const next = await run(k.add, { a: count!, b: { data: Int32Array.of(1), shape: [], dtype: "i32" } });
  return { outputs: [next, y.mean, y.variance, y.weights, y.weights, ...(y.half ? [y.half] : [])] };
};
const ortSgd: Operator = async (kase, context) => {
  const [rate, weights, gradient] = kase.inputs.map((t) => operand(t, context)) as [HostTensor, HostTensor, HostTensor];
  return only((await context.run(k.sgd, { weights, gradient }, { rate: scalar(rate) })).weights);
};

export const optimisers: Readonly<Record<string, Operator>> = {
  "pytorch/Adam": adam,
  "pytorch/AdamW": adam,
  "pytorch/SGD": sgd,
  "pytorch/RMSprop": rmsprop,
  "pytorch/Adagrad": adagrad,
  "onnx/Adam": onnxAdam,
  "onnx/Adagrad": onnxAdagrad,
  "onnx/Momentum": onnxMomentum,
  "onnx/com.microsoft.AdamOptimizer": ortAdam,
  "onnx/com.microsoft.SGDOptimizer": ortSgd,
};
