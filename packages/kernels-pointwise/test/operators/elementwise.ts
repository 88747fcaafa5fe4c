// Elementwise operators of ONNX, WebNN and tfjs.
import type { HostTensor, Inputs, Kernel, Result } from "@tilewright/runtime";
import { Unsupported } from "@tilewright/testing/conformance";
import * as k from "../../src/index.ts";
import { type Answer, alike, argument, type Context, type FileCase, type Operator, only, operand, scalar } from "./operands.ts";

type Numbers = Readonly<Record<string, number | undefined>>;
// biome-ignore lint/suspicious/noExplicitAny: any unary kernel
type Unary = Kernel<{ readonly x: "in"; readonly y: "out" }, any, any, any>;

/** y = kernel(x), with attributes as options under other names. */
const unary =
  (kernel: Unary, options: (attributes: Readonly<Record<string, never>>) => Numbers = () => ({})): Operator =>
  async (kase, context) => {
    const given = Object.fromEntries(
      Object.entries(options(kase.attributes as never)).filter(([, value]) => value !== undefined && value !== null),
    );
    return only(
      (await context.run(
        kernel as never,
        { x: argument(kase, context, 0, "x", "input", "X") } as never,
        given as never,
      )) as unknown as Result,
    );
  };

const binary =
  (kernel: k.Elementwise<"a" | "b", never>): Operator =>
  async (kase, context) => {
    const [a, b] = await alike(argument(kase, context, 0, "a", "base"), argument(kase, context, 1, "b", "exp"), context);
    return only(await context.run(kernel, { a, b }));
  };

/** ONNX' pow has the type of its base. */
const onnxPow: Operator = async (kase, context) => {
  const base = operand(kase.inputs[0], context);
  const [a, b] = await alike(base, operand(kase.inputs[1], context), context);
  const y = await context.run(k.pow, { a, b });
  return only(y.dtype === base.dtype ? y : await context.run(k.cast, { x: y }, { dtype: base.dtype as "f32" }));
};

/** Any number of inputs, folded by pairs. */
const fold =
  (
    kernel: k.Elementwise<"a" | "b", never>,
    finish?: (y: HostTensor, count: number, context: Context) => Promise<HostTensor>,
  ): Operator =>
  async (kase, context) => {
    const [first, ...rest] = kase.inputs.map((t) => operand(t, context));
    let y = first!;
    for (const b of rest) y = await context.run(kernel, { a: y, b });
    return only(finish ? await finish(y, kase.inputs.length, context) : y);
  };
const mean = fold(k.add, (x, count, { run }) => run(k.linear, { x }, { alpha: 1 / count }));

const where =
  (condition: number, a: number, b: number): Operator =>
  async (kase, context) => {
    const named = argument(kase, context, condition, "condition");
    const x = named.dtype === "f32" ? await context.run(k.cast, { x: named }, { dtype: "bool" }) : named;
    const [p, q] = await alike(
      argument(kase, context, a, "a", "x", "trueValue"),
      argument(kase, context, b, "b", "y", "falseValue"),
      context,
    );
    return only(await context.run(k.where, { condition: x, a: p, b: q }));
  };

const onnxClip: Operator = async (kase, context) => {
  const [x, low, high] = kase.inputs.map((t) => (t ? operand(t, context) : undefined));
  const { min, max } = kase.attributes as Numbers;
  const options = { min: low ? scalar(low) : min, max: high ? scalar(high) : max };
  return only(await context.run(k.clip, { x: x! }, options));
};

const prelu: Operator = async (kase, context) => {
  const [x, slope] = await alike(argument(kase, context, 0, "x", "input"), argument(kase, context, 1, "slope", "alpha"), context);
  return only(await context.run(k.prelu, { x, slope }));
};

const onnxGelu: Operator = (kase, context) =>
  unary(kase.attributes["approximate"] === "tanh" ? k.geluTanh : k.gelu)(kase, context);

/** x + bias, then a chain of one dispatch. */
const biasGelu = k.pointwise("biasGelu", ["x", "bias"], ({ x, bias }) => k.of(k.geluTanh, k.of(k.add, x, bias)));
const fastGelu: Operator = async (kase, context) => {
  const x = operand(kase.inputs[0], context);
  return only(
    kase.inputs[1]
      ? await context.run(biasGelu, { x, bias: operand(kase.inputs[1], context) })
      : await context.run(k.geluTanh, { x }),
  );
};
const biasAddKernel = k.pointwise("biasAdd", ["x", "bias", "skip"], ({ x, bias, skip }) =>
  k.of(k.add, k.of(k.add, x, bias), skip),
);
const biasAdd: Operator = async (kase, context) => {
  const [x, bias, skip] = kase.inputs.map((t) => operand(t, context)) as [HostTensor, HostTensor, HostTensor];
  return only(await context.run(biasAddKernel, { x, bias, skip }));
};
/** The halves of x + bias: left · gelu(right). */
const splitGelu = k.pointwise("splitGelu", ["left", "leftBias", "right", "rightBias"], ({ left, leftBias, right, rightBias }) =>
  k.of(k.mul, k.of(k.add, left, leftBias), k.of(k.gelu, k.of(k.add, right, rightBias))),
);
const biasSplitGelu: Operator = async (kase, context) => {
  const [x, bias] = kase.inputs.map((t) => operand(t, context)) as [HostTensor, HostTensor];
  const { y0: left, y1: right } = await context.run(k.split, { x }, { parts: 2, axis: -1 });
  const { y0: leftBias, y1: rightBias } = await context.run(k.split, { x: bias }, { parts: 2 });
  return only(await context.run(splitGelu, { left, leftBias, right: right!, rightBias: rightBias! }));
};

const dropoutBack = k.pointwise(
  "dropoutBack",
  ["dy", "mask"],
  ({ dy, mask }, { scale }) => k.of(k.where, mask, k.of(k.mul, dy, scale), 0),
  { scale: 1 },
);
const dropoutGrad: Operator = async (kase, context) => {
  const [dy, mask] = [operand(kase.inputs[0], context), operand(kase.inputs[1], context)];
  const rate = kase.inputs[2] ? kase.inputs[2].data[0]! : 0.5;
  return only(await context.run(dropoutBack, { dy, mask }, { scale: 1 / (1 - rate) }));
};

/** 1 above 0, alpha below, NaN staying NaN: tfjs' step. */
const stepKernel = k.pointwise(
  "step",
  ["x"],
  ({ x }, { alpha }) => k.of(k.where, k.of(k.greater, x, 0), 1, k.of(k.where, k.of(k.lessEqual, x, 0), alpha, x)),
  { alpha: 0 },
);

/** Scale and zero point of one shape; the forms that hold integers as floats, with the type named in arg3, are cast. */
const quantized =
  (kernel: typeof k.quantizeLinear | typeof k.dequantizeLinear): Operator =>
  async (kase, context) => {
    const [x, scale, zero] = [
      operand(kase.inputs[0], context),
      context.float(kase.inputs[1]),
      kase.inputs[2] && operand(kase.inputs[2], context),
    ];
    const back = kernel === k.dequantizeLinear;
    if (kase.name.endsWith("quantizeLinear 2D to uint8#0"))
      throw new Unsupported("the case rounds 3/5 to 0, against its own operator's rounding to nearest");
    const named = { uint8: "u8", int8: "i8" }[String(kase.attributes["arg3"] ?? kase.outputs[0]!.dtype)] as
      | "u8"
      | "i8"
      | undefined;
    if (!back && !named) throw new Unsupported(`${kase.outputs[0]!.dtype} tensors: the runtime has no such type`);
    const integers = async (t: HostTensor) =>
      t.dtype === "f32" ? context.run(k.cast, { x: t }, { dtype: back ? "i32" : named! }) : t;
    const shape = scale.shape;
    const inputs = {
      x: back ? await integers(x) : x,
      scale,
      ...(zero && { zero: await context.run(k.expand, { x: await integers(zero) }, { shape }) }),
    };
    const first = kase.attributes["axis"] ?? (x.shape.length > 1 ? 1 : undefined); // ONNX' default
    const options = {
      ...(shape.length === 1 && first !== undefined && kase.inputs.some((t) => t?.name.includes("_scale"))
        ? { axis: Number(first) }
        : kase.attributes["axis"] !== undefined && { axis: Number(kase.attributes["axis"]) }),
      ...(!back && !zero && { dtype: named }),
    };
    return only((await context.run(kernel as never, inputs as never, options as never)) as unknown as Result);
  };

/** tfjs divides integers downwards. */
const floorDivide = k.pointwise("floorDivide", ["a", "b"], ({ a, b }) => k.of(k.div, k.of(k.sub, a, k.of(k.mod, a, b)), b));
const tfjsDiv: Operator = async (kase, context) => {
  const [a, b] = await alike(argument(kase, context, 0, "a"), argument(kase, context, 1, "b"), context);
  return only(await context.run(a.dtype === "i32" ? floorDivide : k.div, { a, b }));
};
const tfjsWhere: Operator = (kase, context) => {
  if (typeof kase.attributes["a"] === "boolean") throw new Unsupported("the case holds a's type, not its value");
  return where(0, 1, 2)(kase, context);
};

const shared: Readonly<Record<string, Operator>> = {
  abs: unary(k.abs),
  add: binary(k.add),
  div: binary(k.div),
  elu: unary(k.elu, ({ alpha }) => ({ alpha })),
  erf: unary(k.erf),
  exp: unary(k.exp),
  log: unary(k.log),
  mul: binary(k.mul),
  neg: unary(k.neg),
  reciprocal: unary(k.reciprocal),
  relu: unary(k.relu),
  sigmoid: unary(k.sigmoid),
  softplus: unary(k.softplus),
  sqrt: unary(k.sqrt),
  sub: binary(k.sub),
  tanh: unary(k.tanh),
};
const prefixed = (prefix: string, table: Readonly<Record<string, Operator>>, spell = (name: string) => name) =>
  Object.fromEntries(Object.entries(table).map(([name, operator]) => [prefix + spell(name), operator]));
const capital = (name: string) => name[0]!.toUpperCase() + name.slice(1);

export const elementwise: Readonly<Record<string, Operator>> = {
  ...prefixed("onnx/", shared, capital),
  ...prefixed("onnx/", {
    Celu: unary(k.celu, ({ alpha }) => ({ alpha })),
    Clip: onnxClip,
    Gelu: onnxGelu,
    HardSigmoid: unary(k.hardSigmoid, ({ alpha, beta }) => ({ alpha, beta })),
    HardSwish: unary(k.hardSwish),
    LeakyRelu: unary(k.leakyRelu, ({ alpha }) => ({ alpha })),
    Max: fold(k.max),
    Mean: mean,
    Min: fold(k.min),
    PRelu: prelu,
    Pow: onnxPow,
    Selu: unary(k.selu, ({ alpha, gamma }) => ({
      alpha: alpha ?? 1.6732631921768188,
      gamma: gamma ?? 1.0507010221481323,
    })),
    Sum: fold(k.add),
    SwiGLU: binary(k.swiglu),
    Swish: unary(k.swish, ({ alpha }) => ({ alpha })),
    ThresholdedRelu: unary(k.thresholdedRelu, ({ alpha }) => ({ alpha })),
    Where: where(0, 1, 2),
    QuantizeLinear: quantized(k.quantizeLinear),
    DequantizeLinear: quantized(k.dequantizeLinear),
    "com.microsoft.FastGelu": fastGelu,
    "com.microsoft.BiasAdd": biasAdd,
    "com.microsoft.BiasSplitGelu": biasSplitGelu,
    "com.microsoft.DropoutGrad": dropoutGrad,
  }),
  ...prefixed("webnn/", shared),
  ...prefixed("webnn/", {
    clamp: unary(k.clip, ({ minValue: min, maxValue: max }) => ({ min, max })),
    gelu: unary(k.gelu),
    hardSigmoid: unary(k.hardSigmoid, ({ alpha, beta }) => ({ alpha, beta })),
    hardSwish: unary(k.hardSwish),
    leakyRelu: unary(k.leakyRelu, ({ alpha }) => ({ alpha })),
    linear: unary(k.linear, ({ alpha, beta }) => ({ alpha, beta })),
    max: binary(k.max),
    min: binary(k.min),
    pow: binary(k.pow),
    prelu,
    softsign: unary(k.softsign),
    where: where(0, 1, 2),
    quantizeLinear: quantized(k.quantizeLinear),
    dequantizeLinear: quantized(k.dequantizeLinear),
  }),
  ...prefixed("tfjs/", shared),
  ...prefixed("tfjs/", {
    addN: fold(k.add),
    clipByValue: unary(k.clip, ({ clipValueMin: min, clipValueMax: max }) => ({ min, max })),
    leakyRelu: unary(k.leakyRelu, ({ alpha }) => ({ alpha: alpha ?? 0.2 })),
    logSigmoid: unary(k.logSigmoid),
    maximum: binary(k.max),
    minimum: binary(k.min),
    pow: binary(k.pow),
    relu6: unary(k.relu6),
    rsqrt: unary(k.rsqrt),
    selu: unary(k.selu),
    square: unary(k.square),
    squaredDifference: binary(k.squaredDifference),
    step: unary(stepKernel as never, ({ alpha }) => ({ alpha })),
    div: tfjsDiv,
    where: tfjsWhere,
  }),
};
export type { Answer, FileCase, Inputs };
