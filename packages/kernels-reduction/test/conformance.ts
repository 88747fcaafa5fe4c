// Operators of other worlds as calls of this package: one small function each. Host code reshapes and converts integers, and nothing else.
import { countOf, fromF16, type HostTensor, type Result, toF16 } from "@tilewright/runtime";
import {
  type Answer,
  type Context,
  type FileCase,
  type FileTensor,
  type Operator,
  type Operators,
  Unsupported,
} from "@tilewright/testing/conformance";
import * as kernels from "../src/index.ts";

const INTEGERS: Readonly<Record<string, "i32" | "u32">> = {
  ...{ int8: "i32", int16: "i32", int32: "i32", int64: "i32" },
  ...{ uint8: "u32", uint16: "u32", uint32: "u32", uint64: "u32", bool: "u32" },
};

/** A tensor for a kernel: floats as they are, integers of any width whose values fit as 32 bits, bool as 0 and 1. */
function tensorOf(given: FileTensor | null | undefined, { float }: Context): HostTensor {
  const dtype = given && INTEGERS[given.dtype];
  if (!given || !dtype) return float(given);
  const array = dtype === "i32" ? Int32Array : Uint32Array;
  const data = new array(given.data);
  if (data.some((v, i) => v !== given.data[i])) throw new Unsupported(`${given.dtype} values beyond 32 bits`);
  return { data, shape: given.dims, dtype };
}

/** An input by name; tfjs also has plain nested arrays among its attributes. */
function named({ inputs, attributes }: FileCase, name: string, integer = false): FileTensor | undefined {
  const found = inputs.find((input) => input?.name === name);
  if (found) return found;
  const value = attributes[name];
  if (value === undefined || value === null) return undefined;
  const dims: number[] = [];
  for (let at: unknown = value; Array.isArray(at); at = at[0]) dims.push(at.length);
  const data = [value].flat(Infinity).map(Number);
  return { name, dtype: integer ? "int32" : "float32", dims, data, exact: true };
}

const reshape = (tensor: HostTensor, shape: readonly number[]): HostTensor => ({ ...tensor, shape });
const largest = ({ data }: HostTensor): number =>
  Array.from(data).reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
const one = (kase: FileCase, value: HostTensor, sum?: Answer["sum"]): Answer => ({
  outputs: { [kase.outputs.find(Boolean)?.name ?? ""]: value },
  sum,
});
const numbersOf = (value: unknown): number[] | undefined =>
  value === undefined || value === null ? undefined : Array.isArray(value) ? value.map(Number) : [Number(value)];
const yes = (value: unknown): boolean => value === 1 || value === true;

type Reduction = kernels.Reduction;

/** A reduction of x over axes; `power` is how an element enters the sum. */
async function reduced(
  kase: FileCase,
  context: Context,
  kernel: Reduction,
  x: HostTensor,
  options: kernels.ReduceOptions,
  power = 1,
): Promise<Answer> {
  const y = await context.run(kernel, { x }, options);
  return one(kase, y, { terms: countOf(x.shape), largest: largest(x) ** power });
}

/** ONNX: axes are an input or an attribute; none are all, unless nothing is to happen then. */
const onnxReduce =
  (kernel: Reduction, power = 1): Operator =>
  (kase, context) => {
    const { keepdims = 1, axes, noop_with_empty_axes } = kase.attributes;
    const list = kase.inputs[1] ? [...kase.inputs[1].data] : numbersOf(axes);
    const all = !list?.length && !yes(noop_with_empty_axes);
    return reduced(
      kase,
      context,
      kernel,
      tensorOf(kase.inputs[0], context),
      { axes: all ? undefined : list, keepDims: yes(keepdims) },
      power,
    );
  };
const webnnReduce =
  (kernel: Reduction, power = 1): Operator =>
  (kase, context) => {
    const { axes, keepDimensions } = kase.attributes;
    return reduced(
      kase,
      context,
      kernel,
      tensorOf(kase.inputs[0], context),
      { axes: numbersOf(axes), keepDims: yes(keepDimensions) },
      power,
    );
  };
const tfjsReduce =
  (kernel: Reduction, name = "x", power = 1): Operator =>
  (kase, context) => {
    const { axis, keepDims } = kase.attributes;
    return reduced(
      kase,
      context,
      kernel,
      tensorOf(named(kase, name), context),
      { axes: numbersOf(axis), keepDims: yes(keepDims) },
      power,
    );
  };

const search =
  (kernel: kernels.Reduction<kernels.ArgOptions>, preset: number | undefined): Operator =>
  async (kase, context) => {
    const { axis = preset, keepdims, keepDimensions, select_last_index } = kase.attributes;
    const x = tensorOf(kase.inputs[0] ?? named(kase, "x"), context);
    const onnx = preset === 0 && !("keepDimensions" in kase.attributes) && kase.op.startsWith("Arg");
    const keepDims = onnx ? yes(keepdims ?? 1) : yes(keepDimensions);
    return one(
      kase,
      await context.run(kernel, { x }, { axis: axis as number | undefined, keepDims, selectLast: yes(select_last_index) }),
    );
  };

const softmaxBy =
  (kernel: kernels.Softmax, preset = -1): Operator =>
  async (kase, context) => {
    const { axis = kase.attributes["dim"] ?? preset } = kase.attributes;
    const x = context.float(kase.inputs[0] ?? named(kase, kase.attributes["logits"] ? "logits" : "x"));
    if ((kase.opset ?? 13) < 13) {
      // Of old, all dimensions from the axis on were one.
      const old = Number(kase.attributes["axis"] ?? 1);
      const first = old + (old < 0 ? x.shape.length : 0);
      const flat = [countOf(x.shape.slice(0, first)), countOf(x.shape.slice(first))];
      return one(kase, reshape(await context.run(kernel, { x: reshape(x, flat) }), x.shape));
    }
    return one(kase, await context.run(kernel, { x }, { axis: Number(axis) }));
  };

const epsilonOf = ({ attributes: { epsilon } }: FileCase, preset = 1e-5): number =>
  typeof epsilon === "number" ? epsilon : preset;
/** Optional tensors by name, those that are not there left out. */
const present = (given: Readonly<Record<string, HostTensor | undefined>>): Record<string, HostTensor> =>
  Object.fromEntries(Object.entries(given).filter((entry): entry is [string, HostTensor] => entry[1] !== undefined));

/** ONNX LayerNormalization, RMSNormalization and the contrib forms of them. */
const onnxLayer =
  (kernel: kernels.Norm<kernels.LayerNormOptions>, rms: boolean): Operator =>
  async (kase, context) => {
    const [x, gamma, beta] = kase.inputs.map((t) => t && context.float(t));
    const { axis = -1 } = kase.attributes as { axis?: number };
    const rank = x!.shape.length;
    const first = axis < 0 ? axis + rank : axis;
    const axes = x!.shape.map((_, d) => d).filter((d) => d >= first);
    const stats = kase.outputs.length > 1;
    const made = await context.run(
      kernel,
      { x: x!, ...present({ gamma: gamma ?? undefined, beta: beta ?? undefined }) },
      { axes, epsilon: epsilonOf(kase), stats },
    );
    return { outputs: (rms ? [made.y, made.invStd] : [made.y, made.mean, made.invStd]) as Result[] };
  };

/** x + skip + bias, normalised: SkipLayerNormalization and its simplified form. */
const skipLayer =
  (kernel: kernels.Norm<kernels.LayerNormOptions>, rms: boolean): Operator =>
  async (kase, context) => {
    const at = (i: number) => (kase.inputs[i] ? context.float(kase.inputs[i]) : undefined);
    const x = at(0)!;
    const skip = at(1)!;
    if (countOf(skip.shape) !== countOf(x.shape)) throw new Unsupported("a skip that is broadcast needs an addition first");
    const given = present({
      residual: reshape(skip, x.shape),
      gamma: at(2),
      ...(rms ? { bias: at(3) } : { beta: at(3), bias: at(4) }),
    });
    const sum = kase.outputs.length > 3 && !!kase.outputs[3];
    const made = await context.run(kernel, { x, ...given }, { epsilon: epsilonOf(kase, 1e-12), sum });
    return { outputs: [made.y, made.mean, made.invStd, made.sum] as Result[] };
  };

const webnnLayer: Operator = async (kase, context) => {
  const x = context.float(named(kase, "input"));
  const optional = (name: string) => {
    const tensor = kase.inputs.find((t) => t?.name.toLowerCase().endsWith(name));
    return tensor ? context.float(tensor) : undefined;
  };
  const axes = numbersOf(kase.attributes["axes"]) ?? x.shape.map((_, d) => d).slice(1);
  const given = present({ gamma: optional("scale"), beta: optional("bias") });
  const sizes = axes.map((d) => x.shape[d]!);
  const sorted = axes.toSorted((a, b) => a - b).map((d) => x.shape[d]!);
  // Scale and bias lie in the order of the axes: only where sizes of 1 are between is that the order of x.
  const squeeze = (dims: number[]) => dims.filter((d) => d !== 1).join();
  const ascending = axes.every((d, i) => i === 0 || d > axes[i - 1]!);
  if (Object.keys(given).length > 0 && !ascending && squeeze(sizes) !== squeeze(sorted))
    throw new Unsupported("scale and bias in another order than x's dimensions need a transpose");
  for (const key in given) {
    if (`${given[key]!.shape}` !== `${sizes}`)
      throw new Unsupported("scale and bias in another order than the axes need a transpose");
    given[key] = reshape(given[key]!, sorted);
  }
  if (axes.length === 0) throw new Unsupported("normalising over no axes");
  return one(kase, (await context.run(kernels.layerNorm, { x, ...given }, { axes, epsilon: epsilonOf(kase) })).y);
};

/** Batch norm by given statistics; names differ by world. */
async function batch(
  kase: FileCase,
  context: Context,
  [x, mean, variance, gamma, beta]: (FileTensor | null | undefined)[],
  axis: number | undefined,
  epsilon: number,
) {
  const float = (t: FileTensor | null | undefined) => (t ? context.float(t) : undefined);
  const given = present({ gamma: float(gamma), beta: float(beta) });
  const input = { x: context.float(x), mean: context.float(mean), variance: context.float(variance), ...given };
  return one(kase, await context.run(kernels.batchNorm, input, { axis, epsilon }));
}

const onnxBatch: Operator = async (kase, context) => {
  const [x, gamma, beta, mean, variance] = kase.inputs;
  const { training_mode, momentum = 0.9, spatial = 1 } = kase.attributes;
  const internal = kase.op === "BatchNormInternal";
  if (!yes(training_mode) && !internal) {
    if (!yes(spatial)) {
      // Statistics for each element: all dimensions but the first are channels.
      const flat = (t: FileTensor | null | undefined) =>
        t && { ...t, dims: t === x ? [t.dims[0]!, countOf(t.dims.slice(1))] : [countOf(t.dims)] };
      const answer = await batch(kase, context, [x, mean, variance, gamma, beta].map(flat), 1, epsilonOf(kase));
      return { outputs: Object.values(answer.outputs).map((y) => reshape(y as HostTensor, x!.dims)) };
    }
    // A single dimension is the batch, of one channel.
    const single = x!.dims.length === 1 && countOf(mean!.dims) === 1 && x!.dims[0] !== 1;
    const flat = single ? { ...x!, dims: [...x!.dims, 1] } : x;
    const answer = await batch(kase, context, [flat, mean, variance, gamma, beta], undefined, epsilonOf(kase));
    return single ? { outputs: Object.values(answer.outputs).map((y) => reshape(y as HostTensor, x!.dims)) } : answer;
  }
  if (internal) throw new Unsupported("its expected values have four digits, fewer than its tolerance asks for");
  const input = context.float(x);
  const c = countOf(mean!.dims);
  const running = { data: Float32Array.from([...mean!.data, ...variance!.data]), shape: [2, c], dtype: "f32" } as const;
  const shape = input.shape.length > 1 ? input.shape : [input.shape[0]!, 1];
  const made = await context.run(
    kernels.batchNormTraining,
    { x: reshape(input, shape), gamma: context.float(gamma), beta: context.float(beta), running },
    { epsilon: epsilonOf(kase), momentum: Number(momentum), stats: true },
  );
  const half = (from: number): HostTensor => ({
    data: Array.from(made.statistics.data).slice(from, from + c),
    shape: [c],
    dtype: "f32",
  });
  const saved = [made.mean, made.invStd].map((t) => reshape(t!, [c]));
  return { outputs: [reshape(made.y, input.shape), half(0), half(c), ...saved] };
};

const tfjsBatch: Operator = (kase, context) => {
  const by = (name: string) => named(kase, name);
  const x = by("x")!;
  const epsilon = Number(kase.attributes["varianceEpsilon"] ?? 0.001);
  return batch(kase, context, [x, by("mean"), by("variance"), by("scale"), by("offset")], x.dims.length - 1, epsilon);
};

const onnxGroup: Operator = async (kase, context) => {
  const [x, gamma, beta] = kase.inputs.map((t) => context.float(t));
  const { num_groups, groups = num_groups, channels_last = kase.op === "GroupNorm" ? 1 : 0, activation } = kase.attributes;
  const options = {
    activation: yes(activation) ? ("silu" as const) : undefined,
    groups: Number(groups),
    epsilon: epsilonOf(kase),
    channelsLast: yes(channels_last),
  };
  return one(kase, (await context.run(kernels.groupNorm, { x: x!, gamma: gamma!, beta: beta! }, options)).y);
};

const instance: Operator = async (kase, context) => {
  const [x, second, third] = kase.inputs;
  const by = (name: string, position: FileTensor | null | undefined) =>
    kase.inputs.find((t) => t?.name.toLowerCase().endsWith(name)) ?? (kase.domain || x?.name === "input" ? undefined : position);
  const webnn = "webnn" in kase.attributes;
  const gamma = webnn ? by("scale", undefined) : second;
  const beta = webnn ? by("bias", undefined) : third;
  const float = (t: FileTensor | null | undefined) => (t ? context.float(t) : undefined);
  const channelsLast = kase.attributes["layout"] === "nhwc";
  const given = { x: context.float(x), ...present({ gamma: float(gamma), beta: float(beta) }) };
  return one(kase, (await context.run(kernels.instanceNorm, given, { epsilon: epsilonOf(kase), channelsLast })).y);
};

const onnxSum = onnxReduce(kernels.sum);

const tfjsMoments: Operator = async (kase, context) => {
  const { axis, keepDims } = kase.attributes;
  const options = { axes: numbersOf(axis), keepDims: yes(keepDims) };
  const input = { x: tensorOf(named(kase, "x"), context) };
  return {
    outputs: {
      mean: await context.run(kernels.mean, input, options),
      variance: await context.run(kernels.variance, input, options),
    },
  };
};

const tfjsNorm: Operator = async (kase, context) => {
  const { ord = "euclidean", axis, keepDims } = kase.attributes as { ord?: unknown; axis?: unknown; keepDims?: unknown };
  const x = tensorOf(named(kase, "x"), context);
  const axes = numbersOf(axis);
  const matrix = axes?.length === 2;
  const options = { axes, keepDims: yes(keepDims) };
  if (ord === "euclidean" || ord === "fro" || (ord === 2 && !matrix))
    return one(kase, await context.run(kernels.normL2, { x }, options));
  if (ord === 1 && !matrix) return one(kase, await context.run(kernels.normL1, { x }, options));
  const infinite = ord === "Infinity" || ord === Infinity;
  const least = ord === "-Infinity" || ord === -Infinity;
  if (!infinite && !least && !(ord === 1 && matrix)) throw new Unsupported(`the norm of order ${ord}`);
  // |x| is a sum of one: over no axes. Matrix norms are the largest sum of columns (1) or rows (infinity).
  const inner = matrix ? [axes![ord === 1 ? 0 : 1]!] : [];
  const sums = await context.run(kernels.normL1, { x }, { axes: inner, keepDims: true });
  return one(kase, await context.run(least ? kernels.min : kernels.max, { x: sums }, options));
};

const lossReduction = (value: unknown) => (["none", "mean", "sum", "meanOverNonzero"] as const)[Number(value ?? 3)]!;

const tfjsLoss =
  (
    kernel: kernels.Loss,
    names: readonly [labels: string, predictions: string],
    option?: readonly [from: string, to: string, preset: number],
  ): Operator =>
  async (kase, context) => {
    const x = context.float(named(kase, names[1]));
    const labels = context.float(named(kase, names[0]));
    const weights = named(kase, "weights");
    const given = option ? { [option[1]]: Number(kase.attributes[option[0]] ?? option[2]) } : {};
    const options = { reduction: lossReduction(kase.attributes["reduction"]), ...given } as kernels.LossOptions;
    return one(kase, await context.run(kernel, { x, labels, ...(weights && { weights: context.float(weights) }) }, options));
  };

const onnxClassLoss =
  (kernel: kernels.ClassLoss, logProb: boolean): Operator =>
  async (kase, context) => {
    const [x, labels, weights] = kase.inputs;
    const { ignore_index, reduction = "mean" } = kase.attributes;
    const input = context.float(x);
    const loss = await context.run(
      kernel,
      { x: input, labels: tensorOf(labels, context), ...(weights && { weights: context.float(weights) }) },
      { reduction: reduction as "mean", ...(typeof ignore_index === "number" && { ignoreIndex: ignore_index }) },
    );
    const more = logProb && kase.outputs.length > 1 ? [await context.run(kernels.logSoftmax, { x: input }, { axis: 1 })] : [];
    return { outputs: [loss, ...more] };
  };

const tfjsCrossEntropy: Operator = async (kase, context) => {
  const x = context.float(named(kase, "logits"));
  const labels = context.float(named(kase, "onehotLabels"));
  const { labelSmoothing = 0, reduction } = kase.attributes;
  if (named(kase, "weights")) throw new Unsupported("weights of samples: crossEntropy weighs classes");
  const how = lossReduction(reduction);
  const options = {
    axis: -1,
    labelSmoothing: Number(labelSmoothing),
    reduction: how === "meanOverNonzero" ? "mean" : how,
  } as const;
  return one(kase, await context.run(kernels.crossEntropy, { x, labels }, options));
};

const response: Operator = async (kase, context) => {
  const a = kase.attributes as Record<string, number | undefined>;
  if (kase.op === "LRN") {
    const { size, alpha = 1e-4, beta = 0.75, bias = 1 } = a;
    return one(
      kase,
      await context.run(
        kernels.localResponseNorm,
        { x: context.float(kase.inputs[0]) },
        { size: size!, alpha, beta, bias, axis: 1 },
      ),
    );
  }
  const { depthRadius = 5, alpha = 1, beta = 0.5, bias = 1 } = a;
  const size = 2 * depthRadius + 1;
  const x = context.float(named(kase, "x"));
  return one(kase, await context.run(kernels.localResponseNorm, { x }, { size, alpha: alpha * size, beta, bias, axis: -1 }));
};

const lp: Operator = async (kase, context) => {
  const { axis = -1, p = 2 } = kase.attributes;
  return one(
    kase,
    await context.run(kernels.lpNormalize, { x: context.float(kase.inputs[0]) }, { axes: Number(axis), p: p as 1 | 2 }),
  );
};

const meanVariance: Operator = async (kase, context) => {
  const { axes = [0, 2, 3] } = kase.attributes;
  const x = context.float(kase.inputs[0]);
  return one(kase, (await context.run(kernels.layerNorm, { x }, { axes: numbersOf(axes), epsilon: 1e-9 })).y);
};

const running: Operator = async (kase, context) => {
  const x = kase.inputs[0] ?? named(kase, "x");
  const { attributes: a } = kase;
  const axis = kase.inputs[1]?.data[0] ?? Number(a["axis"] ?? 0);
  const options = { axis, exclusive: yes(a["exclusive"]), reverse: yes(a["reverse"] ?? a["reversed"]) };
  const input = tensorOf(x, context);
  return one(kase, await context.run(kernels.cumsum, { x: input }, options), {
    terms: countOf(input.shape),
    largest: largest(input),
  });
};

/** ScatterND and ScatterElements of ONNX and WebNN. */
const scatter =
  (kernel: "elements" | "slices"): Operator =>
  async (kase, context) => {
    const halves = kase.inputs.filter((t) => t?.dtype === "float16");
    if (halves.some((t) => t!.data.some((v) => Number.isFinite(v) && fromF16(toF16(v)) !== v)))
      throw new Unsupported("its float16 values are bits, not numbers");
    const [data, indices, updates] = kase.inputs.map((t) => tensorOf(t, context));
    const { axis, reduction = "none" } = kase.attributes as { axis?: number; reduction?: kernels.ScatterReduction };
    const given = { data: data!, indices: indices!, updates: updates! };
    return one(
      kase,
      kernel === "slices"
        ? await context.run(kernels.scatterND, given, { reduction })
        : await context.run(kernels.scatterElements, given, { axis, reduction }),
    );
  };

const tfjsScatter: Operator = async (kase, context) => {
  const shape = numbersOf(kase.attributes["shape"])!;
  const updates = tensorOf(named(kase, "updates"), context);
  let indices = tensorOf(named(kase, "indices", true), context);
  // A vector of indices stands for tuples of one.
  if (indices.shape.length === 1) indices = reshape(indices, [...indices.shape, 1]);
  const zeros = { data: new (updates.dtype === "i32" ? Int32Array : Float32Array)(countOf(shape)), shape, dtype: updates.dtype };
  return one(kase, await context.run(kernels.scatterND, { data: zeros, indices, updates }, { reduction: "add" }));
};

const segment: Operator = async (kase, context) => {
  const updates = tensorOf(named(kase, "x"), context);
  const indices = tensorOf(named(kase, "segmentIds", true), context);
  return one(
    kase,
    await context.run(kernels.segmentSum, { updates, indices }, { segments: Number(kase.attributes["numSegments"]) }),
  );
};

const top: Operator = async (kase, context) => {
  const x = kase.inputs[0] ?? named(kase, "x");
  const { axis = -1, largest: most = 1, sorted = true } = kase.attributes;
  if (sorted === false) throw new Unsupported("unsorted, the order is tfjs's own");
  const k = kase.inputs[1]?.data[0] ?? Number(kase.attributes["k"] ?? 1);
  const made = await context.run(kernels.topK, { x: tensorOf(x, context) }, { k, axis: Number(axis), smallest: !yes(most) });
  return { outputs: [made.values, made.indices] };
};

export const operators: Operators = {
  "onnx/CumSum": running,
  "webnn/cumulativeSum": running,
  "tfjs/cumsum": running,
  "onnx/ScatterElements": scatter("elements"),
  "webnn/scatterElements": scatter("elements"),
  "onnx/ScatterND": scatter("slices"),
  "webnn/scatterND": scatter("slices"),
  "tfjs/scatterND": tfjsScatter,
  "tfjs/unsortedSegmentSum": segment,
  "onnx/TopK": top,
  "tfjs/topk": top,
  "onnx/ArgMax": search(kernels.argMax, 0),
  "onnx/ArgMin": search(kernels.argMin, 0),
  "webnn/argMax": search(kernels.argMax, 0),
  "webnn/argMin": search(kernels.argMin, 0),
  "tfjs/argMax": search(kernels.argMax, 0),
  "tfjs/argMin": search(kernels.argMin, 0),
  "onnx/ReduceL2": onnxReduce(kernels.normL2),
  "onnx/ReduceLogSumExp": onnxReduce(kernels.logSumExp),
  "onnx/ReduceMax": onnxReduce(kernels.max),
  "onnx/ReduceMean": onnxReduce(kernels.mean),
  "onnx/ReduceMin": onnxReduce(kernels.min),
  "onnx/ReduceProd": onnxReduce(kernels.prod),
  "onnx/ReduceSum": onnxSum,
  "onnx/ReduceSumSquare": onnxReduce(kernels.sumSquare, 2),
  "webnn/reduceL2": webnnReduce(kernels.normL2),
  "webnn/reduceLogSumExp": webnnReduce(kernels.logSumExp),
  "webnn/reduceMax": webnnReduce(kernels.max),
  "webnn/reduceMean": webnnReduce(kernels.mean),
  "webnn/reduceMin": webnnReduce(kernels.min),
  "webnn/reduceSum": webnnReduce(kernels.sum),
  "webnn/reduceSumSquare": webnnReduce(kernels.sumSquare, 2),
  "tfjs/logSumExp": tfjsReduce(kernels.logSumExp),
  "tfjs/max": tfjsReduce(kernels.max),
  "tfjs/mean": tfjsReduce(kernels.mean),
  "tfjs/min": tfjsReduce(kernels.min),
  "tfjs/prod": tfjsReduce(kernels.prod),
  "tfjs/sum": tfjsReduce(kernels.sum),
  "tfjs/norm": tfjsNorm,
  "tfjs/moments": tfjsMoments,
  "onnx/Softmax": softmaxBy(kernels.softmax),
  "onnx/LogSoftmax": softmaxBy(kernels.logSoftmax),
  "webnn/softmax": softmaxBy(kernels.softmax),
  "tfjs/softmax": softmaxBy(kernels.softmax),
  "tfjs/logSoftmax": softmaxBy(kernels.logSoftmax),
  "onnx/LayerNormalization": onnxLayer(kernels.layerNorm, false),
  "onnx/RMSNormalization": onnxLayer(kernels.rmsNorm, true),
  "onnx/SimplifiedLayerNormalization": onnxLayer(kernels.rmsNorm, true),
  "onnx/com.microsoft.SkipLayerNormalization": skipLayer(kernels.layerNorm, false),
  "onnx/com.microsoft.SkipSimplifiedLayerNormalization": skipLayer(kernels.rmsNorm, true),
  "webnn/layerNormalization": webnnLayer,
  "onnx/MeanVarianceNormalization": meanVariance,
  "onnx/LpNormalization": lp,
  "onnx/LRN": response,
  "tfjs/localResponseNormalization": response,
  "onnx/BatchNormalization": onnxBatch,
  "onnx/com.microsoft.BatchNormInternal": onnxBatch,
  "webnn/batchNormalization": (kase, context) => {
    const by = (name: string) => kase.inputs.find((t) => t?.name === name || t?.name.toLowerCase().endsWith(name));
    return batch(
      kase,
      context,
      ["input", "mean", "variance", "scale", "bias"].map(by),
      Number(kase.attributes["axis"] ?? 1),
      epsilonOf(kase),
    );
  },
  "tfjs/batchNorm2d": tfjsBatch,
  "tfjs/batchNorm3d": tfjsBatch,
  "tfjs/batchNorm4d": tfjsBatch,
  "onnx/GroupNormalization": onnxGroup,
  "onnx/com.microsoft.GroupNorm": onnxGroup,
  "onnx/InstanceNormalization": instance,
  "webnn/instanceNormalization": (kase, context) =>
    instance({ ...kase, attributes: { ...kase.attributes, webnn: true } }, context),
  "onnx/SoftmaxCrossEntropyLoss": onnxClassLoss(kernels.crossEntropy, true),
  "onnx/NegativeLogLikelihoodLoss": onnxClassLoss(kernels.nllLoss, false),
  "tfjs/losses.softmaxCrossEntropy": tfjsCrossEntropy,
  "tfjs/losses.sigmoidCrossEntropy": tfjsLoss(kernels.binaryCrossEntropy as kernels.Loss, ["multiClassLabels", "logits"]),
  "tfjs/losses.hingeLoss": (kase, context) =>
    tfjsLoss(kernels.hingeLoss as kernels.Loss, ["labels", "predictions"], ["zeroOne", "zeroOne", 1])(kase, context),
  "tfjs/losses.absoluteDifference": tfjsLoss(kernels.maeLoss, ["labels", "predictions"]),
  "tfjs/losses.meanSquaredError": tfjsLoss(kernels.mseLoss, ["labels", "predictions"]),
  "tfjs/losses.huberLoss": tfjsLoss(kernels.huberLoss as kernels.Loss, ["labels", "predictions"], ["delta", "delta", 1]),
  "tfjs/losses.logLoss": tfjsLoss(kernels.logLoss as kernels.Loss, ["labels", "predictions"], ["epsilon", "epsilon", 1e-7]),
};

/** The operators of this family. */
export const family: readonly string[] = Object.keys(operators);
