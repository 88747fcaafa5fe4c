// Pools of other worlds as calls of ours.
import type { DType, HostTensor } from "@tilewright/runtime";
import {
  type Answer,
  type Context,
  type FileCase,
  type FileTensor,
  type Operator,
  type Operators,
  Unsupported,
} from "@tilewright/testing/conformance";
import { type AveragePoolOptions, averagePool, type LpPoolOptions, lpPool, type MaxPoolOptions, maxPool } from "../src/index.ts";
import { argument, batched, byName, inOrder, numbers, one, onnxWindow, tfjsPadding } from "./conformance-shared.ts";

type Kind = "max" | "average" | "lp";
type Options = MaxPoolOptions & AveragePoolOptions & LpPoolOptions;

const BYTES: Readonly<Record<string, DType>> = { int8: "i8", uint8: "u8" };
const input = (tensor: FileTensor | null | undefined, { float }: Context): HostTensor => {
  const bytes = tensor && BYTES[tensor.dtype];
  return bytes ? { data: tensor.data, shape: tensor.dims, dtype: bytes } : float(tensor);
};

async function pool(kase: FileCase, { run }: Context, kind: Kind, x: HostTensor, options: Options): Promise<Answer> {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const [y, found] = kase.outputs;
  const largest = Array.from(x.data as ArrayLike<number>).reduce((a, b) => Math.max(a, Math.abs(b) || 0), 0);
  if (kind === "max") {
    const both = await run(maxPool, { x }, given);
    return { outputs: { [y?.name ?? ""]: both.y, ...(found && { [found.name || "indices"]: both.indices! }) } };
  }
  const result = kind === "average" ? await run(averagePool, { x }, given) : await run(lpPool, { x }, given);
  return { outputs: { [y?.name ?? ""]: result }, sum: { terms: 8, largest } };
}

const onnx = (kind: Kind, global = false): Operator =>
  inOrder((kase, context) => {
    const { kernel_shape, ceil_mode, count_include_pad, p, storage_order } = kase.attributes;
    return pool(kase, context, kind, input(kase.inputs[0], context), {
      ...(global ? {} : { kernel: numbers(kernel_shape), ...onnxWindow(kase.attributes) }),
      ...(ceil_mode === 1 && { ceil: true }),
      ...(count_include_pad === 1 && { countPadding: true }),
      ...(p !== undefined && { p: Number(p) }),
      ...(kase.outputs[1] && { indices: storage_order === 1 ? "column-major" : "row-major" }),
    });
  });

const webnn =
  (kind: Kind): Operator =>
  async (kase, context) => {
    const { windowDimensions, padding, strides, dilations, layout = "nchw", roundingType, outputSizes } = kase.attributes;
    const [top = 0, bottom = 0, left = 0, right = 0] = numbers(padding) ?? [];
    const sizes = numbers(outputSizes);
    const call = (ceil: boolean) =>
      pool(kase, context, kind, input(kase.inputs[0], context), {
        ...(windowDimensions !== undefined && { kernel: numbers(windowDimensions) }),
        padding: [top, left, bottom, right],
        strides: numbers(strides),
        dilations: numbers(dilations),
        layout: layout as "nchw",
        ceil,
      });
    // Where WebNN is told the sizes, it looks up which rounding gives them.
    if (!sizes) return call(roundingType === "ceil");
    const answers = [await call(false), await call(true)];
    const fits = ({ outputs }: Answer) => {
      const { shape } = Object.values(outputs)[0] as HostTensor;
      return `${layout === "nchw" ? shape.slice(2) : shape.slice(1, 3)}` === `${sizes}`;
    };
    return answers.find(fits) ?? answers[0]!;
  };

const tfjs =
  (preset: Kind | undefined): Operator =>
  (kase, context) => {
    const { filterSize, windowShape, strides, pad, dilations, poolingType } = kase.attributes;
    const kind = preset ?? (poolingType === "max" ? "max" : "average");
    const kernel = one(filterSize ?? windowShape);
    return batched(input(argument(kase, "x") ?? byName(kase, "input"), context), 2, (x) => {
      const padding = tfjsPadding(pad, true);
      if (kernel === 1 && padding === 1)
        throw new Unsupported(
          "tfjs gives back its input where the window is 1 and the sizes agree, strides and padding notwithstanding",
        );
      return pool(kase, context, kind, x, {
        layout: "nhwc",
        kernel,
        padding,
        strides: one(strides ?? 1),
        dilations: one(dilations),
      });
    });
  };

export const poolFamily: readonly string[] = [
  ...["onnx/MaxPool", "onnx/AveragePool", "onnx/LpPool", "onnx/GlobalAveragePool", "onnx/GlobalMaxPool"],
  ...["webnn/maxPool2d", "webnn/averagePool2d", "webnn/l2Pool2d", "tfjs/maxPool", "tfjs/avgPool", "tfjs/pool"],
];

export const poolOperators: Operators = {
  "onnx/MaxPool": onnx("max"),
  "onnx/AveragePool": onnx("average"),
  "onnx/LpPool": onnx("lp"),
  "onnx/GlobalAveragePool": onnx("average", true),
  "onnx/GlobalMaxPool": onnx("max", true),
  "webnn/maxPool2d": webnn("max"),
  "webnn/averagePool2d": webnn("average"),
  "webnn/l2Pool2d": webnn("lp"),
  "tfjs/maxPool": tfjs("max"),
  "tfjs/avgPool": tfjs("average"),
  "tfjs/pool": tfjs(undefined),
};
