// Operators of other worlds as calls of conv: one small function each. Host code reshapes and nothing else.
import { countOf, type DType, type HostTensor } from "@tilewright/runtime";
import {
  type Answer,
  type Context,
  type FileCase,
  type FileTensor,
  type Operator,
  type Operators,
  Unsupported,
} from "@tilewright/testing/conformance";
import { type ConvOptions, type ConvTransposeOptions, conv, convInteger, convTranspose } from "../src/index.ts";
import { poolFamily, poolOperators } from "./conformance-pool.ts";
import { argument, batched, byName, inOrder, numbers, one, onnxWindow, reshape, tfjsPadding } from "./conformance-shared.ts";

const most = ({ data }: HostTensor): number =>
  Array.from(data as ArrayLike<number>).reduce((a, b) => Math.max(a, Math.abs(b) || 0), 0);

const ACTIVATIONS: Readonly<Record<string, ConvOptions["activation"]>> = {
  linear: undefined,
  relu: "relu",
  tanh: "tanh",
  sigmoid: "sigmoid",
  elu: "elu",
  prelu: "prelu",
  clip: "clip",
  leakyrelu: "leaky-relu",
  hardsigmoid: "hard-sigmoid",
};

function activation(name: unknown, [alpha, beta]: readonly (number | undefined)[] = []): ConvOptions {
  if (name === undefined || name === null) return {};
  const key = String(name).toLowerCase();
  if (key === "relu6") return { activation: "clip" };
  if (!(key in ACTIVATIONS)) throw new Unsupported(`activation ${name} is not fused into conv`);
  return { activation: ACTIVATIONS[key], ...(alpha !== undefined && { alpha }), ...(beta !== undefined && { beta }) };
}

async function convolve(
  kase: FileCase,
  { run, float }: Context,
  x: HostTensor,
  w: HostTensor,
  options: ConvOptions & ConvTransposeOptions,
  { bias, slope, transposed = false }: Sides = {},
): Promise<Answer> {
  const given = bias ? float(bias) : undefined;
  const y = await run(
    transposed ? convTranspose : conv,
    { x, w, ...(given && { bias: reshape(given, [countOf(given.shape)]) }), ...(slope && { slope }) },
    Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  );
  const channels = options.layout === "nhwc" ? y.shape.at(-1)! : y.shape[1]!;
  const terms = countOf(w.shape) / channels + 1;
  const largest = Math.max(most(x) * most(w), given ? most(given) : 0);
  return { outputs: { [kase.outputs[0]?.name ?? ""]: y }, sum: { terms, largest } };
}

interface Sides {
  readonly bias?: FileTensor | null | undefined;
  readonly slope?: HostTensor | undefined;
  readonly transposed?: boolean;
}

const onnx = inOrder((kase, context) => {
  const { group, activation: name, activation_params } = kase.attributes;
  const [x, w, bias] = kase.inputs;
  return convolve(
    kase,
    context,
    context.float(x),
    context.float(w),
    {
      ...onnxWindow(kase.attributes),
      ...activation(name, numbers(activation_params)),
      ...(group !== undefined && { groups: Number(group) }),
    },
    { bias },
  );
});

const webnn =
  (transposed: boolean): Operator =>
  (kase, context) => {
    const { inputLayout = "nchw", padding, strides, dilations, groups = 1 } = kase.attributes;
    const { filterLayout = transposed ? "iohw" : "oihw", outputPadding, outputSizes } = kase.attributes;
    // [top, bottom, left, right]
    const [top = 0, bottom = 0, left = 0, right = 0] = numbers(padding) ?? [];
    return convolve(
      kase,
      context,
      context.float(kase.inputs[0]),
      context.float(kase.inputs[1]),
      {
        layout: inputLayout as "nchw",
        filter: filterLayout as "oihw",
        padding: [top, left, bottom, right],
        strides: numbers(strides),
        dilations: numbers(dilations),
        groups: Number(groups),
        ...(transposed && { outputPadding: numbers(outputPadding), outputSizes: numbers(outputSizes) }),
      },
      { bias: byName(kase, "bias"), transposed },
    );
  };

const onnxTranspose = inOrder((kase, context) => {
  const { group, output_padding, output_shape, auto_pad } = kase.attributes;
  const [x, w, bias] = kase.inputs;
  const given = context.float(x);
  const sizes = numbers(output_shape)?.slice(-(given.shape.length - 2));
  const explicit = !auto_pad || auto_pad === "NOTSET";
  // A shape that is asked for says the padding; more of it goes before, unless it is SAME_UPPER. Pads that are given as well do not count.
  const padding = sizes && explicit ? { padding: "same-lower" as const } : {};
  return convolve(
    kase,
    context,
    given,
    context.float(w),
    {
      ...onnxWindow(kase.attributes),
      ...padding,
      outputPadding: numbers(output_padding),
      outputSizes: sizes,
      ...(group !== undefined && { groups: Number(group) }),
    },
    { bias, transposed: true },
  );
});

const BYTES: Readonly<Record<string, DType>> = { int8: "i8", uint8: "u8" };
const bytes = (tensor: FileTensor | null | undefined): HostTensor => {
  const dtype = tensor && BYTES[tensor.dtype];
  if (!dtype) throw new Unsupported(`${tensor?.dtype} inputs: no integer kernel of that type`);
  return { data: tensor.data, shape: tensor.dims, dtype };
};

const integer = inOrder(async (kase, { run }) => {
  const [x, w, xZero, wZero] = kase.inputs;
  const { group } = kase.attributes;
  const y = await run(
    convInteger,
    { x: bytes(x), w: bytes(w), ...(xZero && { xZero: bytes(xZero) }), ...(wZero && { wZero: bytes(wZero) }) },
    { ...onnxWindow(kase.attributes), ...(group !== undefined && { groups: Number(group) }) },
  );
  return { outputs: { y } };
});

const tfjsTranspose: Operator = (kase, context) => {
  const { outputShape, strides, pad } = kase.attributes;
  const sizes = numbers(outputShape)!.slice(-3, -1);
  const step = numbers(strides)!;
  return batched(context.float(byName(kase, "x")), 2, (x) => {
    const fitting = sizes.map((size, i) => Math.ceil(size / (step[i] ?? step[0]!)));
    if (pad === "same" && `${fitting}` !== `${x.shape.slice(1, 3)}`)
      throw new Unsupported(
        `no convolution of [${sizes}] gives this x of [${x.shape.slice(1, 3)}]: tfjs ignores what is too much`,
      );
    return convolve(
      kase,
      context,
      x,
      context.float(byName(kase, "filter")),
      { layout: "nhwc", filter: "hwoi", strides: one(strides), padding: tfjsPadding(pad, true), outputSizes: sizes },
      { transposed: true },
    );
  });
};

const tfjs =
  (rank: number, depthwise = false): Operator =>
  (kase, context) => {
    const { strides, stride, pad, dataFormat = "", dilations, dilation, activation: name, leakyreluAlpha } = kase.attributes;
    const last = !String(dataFormat).startsWith("NC");
    const filter = context.float(argument(kase, "filter"));
    return batched(context.float(argument(kase, "x")), rank, (x) => {
      const channels = last ? x.shape.at(-1)! : x.shape[1]!;
      // [h, w, channels, multiplier] in memory is hwio of as many groups.
      const w = depthwise ? reshape(filter, [...filter.shape.slice(0, rank), 1, countOf(filter.shape.slice(rank))]) : filter;
      const slopes = byName(kase, "preluActivationWeights");
      const given = slopes ? context.float(slopes) : undefined;
      const image = given?.shape.filter((d) => d > 1);
      return convolve(
        kase,
        context,
        x,
        w,
        {
          layout: last ? "nhwc" : "nchw",
          filter: "hwio",
          padding: tfjsPadding(pad, last),
          strides: one(strides ?? stride),
          dilations: one(dilations ?? dilation),
          ...(depthwise && { groups: channels }),
          ...activation(name, [leakyreluAlpha as number | undefined]),
        },
        {
          bias: byName(kase, "bias"),
          slope: given && image && reshape(given, image.length === 1 ? image : image.length === 0 ? [1] : given.shape),
        },
      );
    });
  };

/** Depthwise, then pointwise. */
const separable: Operator = (kase, context) => {
  const { strides, pad, dilation } = kase.attributes;
  const depth = context.float(byName(kase, "depthwiseFilter"));
  const x = context.float(byName(kase, "x"));
  return batched(x, 2, async (image) => {
    const [h, v, channels, multiplier] = depth.shape as [number, number, number, number];
    const between = await context.run(
      conv,
      { x: image, w: reshape(depth, [h, v, 1, channels * multiplier]) },
      { layout: "nhwc", groups: channels, padding: tfjsPadding(pad, true), strides: one(strides), dilations: one(dilation) },
    );
    return convolve(kase, context, between, context.float(byName(kase, "pointwiseFilter")), { layout: "nhwc" });
  });
};

/** The operators of this family, those that wait for a kernel included. */
export const family: readonly string[] = [
  ...["onnx/Conv", "onnx/com.microsoft.FusedConv", "webnn/conv2d", "tfjs/conv1d", "tfjs/conv2d", "tfjs/conv3d"],
  ...["tfjs/fused.conv2d", "tfjs/depthwiseConv2d", "tfjs/fused.depthwiseConv2d", "tfjs/separableConv2d"],
  ...["onnx/ConvTranspose", "onnx/ConvInteger", "webnn/convTranspose2d", "tfjs/conv2dTranspose"],
  ...poolFamily,
];

export const operators: Operators = {
  ...poolOperators,
  "onnx/Conv": onnx,
  "onnx/com.microsoft.FusedConv": onnx,
  "webnn/conv2d": webnn(false),
  "onnx/ConvInteger": integer,
  "onnx/ConvTranspose": onnxTranspose,
  "webnn/convTranspose2d": webnn(true),
  "tfjs/conv2dTranspose": tfjsTranspose,
  "tfjs/conv1d": tfjs(1),
  "tfjs/conv2d": tfjs(2),
  "tfjs/conv3d": tfjs(3),
  "tfjs/fused.conv2d": tfjs(2),
  "tfjs/depthwiseConv2d": tfjs(2, true),
  "tfjs/fused.depthwiseConv2d": tfjs(2, true),
  "tfjs/separableConv2d": separable,
};
