// Residual networks: He, Zhang, Ren and Sun 2015, arXiv:1512.03385, with torchvision's names of weights.
import { foldBatchNorm, type Layout } from "@tilewright/kernels-conv";
import { add, of, pointwise, relu } from "@tilewright/kernels-pointwise";
import { decode, fail, type HostTensor, type Result, tensor, type Value } from "@tilewright/runtime";
import { type Layer, layer, type Parameter, type Scope } from "../layer.ts";
import { activation } from "../layers/activation.ts";
import { type Conv2dOptions, conv2d, globalAveragePool2d, maxPool2d } from "../layers/conv.ts";
import { dense } from "../layers/dense.ts";
import { batchNorm } from "../layers/norm.ts";
import { defineModel, type Model } from "../model.ts";
import { read } from "../storage.ts";

export interface ResnetOptions {
  /** Default 1000. */
  readonly classes?: number | undefined;
  /** Of x: [N, 3, H, W] ("nchw", the default) or [N, H, W, 3]. Weights are stored alike for both. */
  readonly layout?: Layout | undefined;
  readonly seed?: number | undefined;
}

interface Shape {
  readonly name: string;
  /** Blocks of each of the four stages. */
  readonly blocks: readonly number[];
  /** A block: two 3x3, or 1x1, 3x3 and 1x1 with four times the channels behind it. */
  readonly bottleneck: boolean;
}

/** x is [N, 3, H, W], normalised as the weights' training had it; `features` [N, 512 or 2048] are the means of the last channels, `logits` [N, classes]. */
export interface Resnet extends Model<"x", never, "features" | "logits"> {
  readonly shape: Shape;
  readonly options: ResnetOptions;
  /** Batch norms are part of the convolutions. */
  readonly folded: boolean;
}

const BASIC = { bottleneck: false };
const DEEP = { bottleneck: true };

/** 18 layers, 11.7 million parameters for 1000 classes. */
export const resnet18 = (options: ResnetOptions = {}): Resnet =>
  resnet({ name: "resnet18", blocks: [2, 2, 2, 2], ...BASIC }, options, false);
/** 34 layers, 21.8 million parameters. */
export const resnet34 = (options: ResnetOptions = {}): Resnet =>
  resnet({ name: "resnet34", blocks: [3, 4, 6, 3], ...BASIC }, options, false);
/** 50 layers, 25.6 million parameters; strides at the 3x3, as torchvision and Hugging Face have it. */
export const resnet50 = (options: ResnetOptions = {}): Resnet =>
  resnet({ name: "resnet50", blocks: [3, 4, 6, 3], ...DEEP }, options, false);

/**
 * The same network for inference: every batch norm is folded into the convolution before it, which takes a dispatch or two less for each. The model
 * that is given keeps its parameters, for those who train; the new one has copies, on the host until it is compiled.
 *
 *     const model = resnet18();
 *     await load(model, "https://…/model.safetensors");
 *     const fast = await foldResnet(model);
 */
export async function foldResnet(model: Resnet): Promise<Resnet> {
  if (model.folded) fail("foldResnet", "feature", "it is folded already.");
  const folded = resnet(model.shape, model.options, true);
  const from = (name: string): Promise<HostTensor> => read(model.parameters.get(name)!);
  for (const { name } of folded.parameters.values()) {
    const put = (to: string, value: HostTensor) => {
      (folded.parameters.get(to) as Parameter).value = value;
    };
    const norm = normOf(name);
    if (!norm) put(name, copyOf(await from(name)));
    else if (name.endsWith(".weight")) {
      const { w, bias } = foldBatchNorm({
        w: await from(name),
        mean: await from(`${norm}.running_mean`),
        variance: await from(`${norm}.running_var`),
        gamma: await from(`${norm}.weight`),
        beta: await from(`${norm}.bias`),
      });
      put(name, w);
      put(name.replace(/weight$/, "bias"), bias);
    }
  }
  return folded;
}

const copyOf = (value: HostTensor): HostTensor => tensor(Float32Array.from(decode(value as Result), Number), value.shape);

/** The batch norm behind a convolution's parameter. */
function normOf(parameter: string): string | undefined {
  const conv = parameter.replace(/\.(weight|bias)$/, "");
  if (/\.downsample\.0$/.test(conv)) return conv.replace(/0$/, "1");
  return /(^|\.)conv\d$/.test(conv) ? conv.replace(/conv(\d)$/, "bn$1") : undefined;
}

const addRelu = /* @__PURE__ */ pointwise("addRelu", ["a", "b"], ({ a, b }) => of(relu, of(add, a, b)));

/** A convolution, its batch norm, and relu or none; with a residual relu(norm(conv(x)) + residual). */
type Unit = (
  scope: Scope,
  names: readonly [conv: string, norm: string],
  conv: readonly [filters: number, size: number, strides?: number],
  x: Value,
  how?: { readonly relu?: boolean; readonly residual?: Value },
) => Value;

function unit(layout: Layout, folded: boolean): Unit {
  const norm = batchNorm({ axis: layout === "nchw" ? 1 : -1 });
  const rectify = activation("relu");
  return (scope, [conv, bn], [filters, size, strides = 1], x, { relu: rectified = true, residual } = {}) => {
    const options: Conv2dOptions = { layout, strides, padding: (size - 1) / 2, bias: folded };
    if (folded)
      return scope.run(conv, conv2d(filters, size, rectified ? { ...options, activation: "relu" } : options), x, residual);
    const y = scope.run(bn, norm, scope.run(conv, conv2d(filters, size, options), x));
    if (residual) return scope.tape.call(addRelu, { a: y, b: residual });
    return rectified ? rectify.apply(scope, y) : y;
  };
}

/** Units with a way around them, which is a 1x1 convolution where sizes change. */
const block = (make: Unit, { bottleneck }: Shape, width: number, strides: number, around: boolean): Layer =>
  layer("residualBlock", (scope, x: Value) => {
    const names = (i: number) => [`conv${i}`, `bn${i}`] as const;
    const out = bottleneck ? 4 * width : width;
    const straight = { relu: false };
    const residual = around ? make(scope, ["downsample.0", "downsample.1"], [out, 1, strides], x, straight) : x;
    if (!bottleneck) return make(scope, names(2), [out, 3], make(scope, names(1), [width, 3, strides], x), { residual });
    const inner = make(scope, names(2), [width, 3, strides], make(scope, names(1), [width, 1], x));
    return make(scope, names(3), [out, 1], inner, { residual });
  });

function resnet(shape: Shape, options: ResnetOptions, folded: boolean): Resnet {
  const { classes = 1000, layout = "nchw", seed = 0 } = options;
  const make = unit(layout, folded);
  const model = defineModel<"x", never, "features" | "logits">(
    {
      name: shape.name,
      sample: { x: { shape: layout === "nchw" ? [1, 3, 32, 32] : [1, 32, 32, 3], dtype: "f32" } },
      forward(scope, { x }) {
        const stem = make(scope, ["conv1", "bn1"], [64, 7, 2], x);
        let y = scope.run("maxpool", maxPool2d(3, { strides: 2, padding: 1, layout }), stem);
        shape.blocks.forEach((count, stage) => {
          for (let i = 0; i < count; i++) {
            const strides = i === 0 && stage > 0 ? 2 : 1;
            const around = i === 0 && (stage > 0 || shape.bottleneck);
            y = scope.run(`layer${stage + 1}.${i}`, block(make, shape, 64 << stage, strides, around), y);
          }
        });
        const features = scope.run("avgpool", globalAveragePool2d({ layout }), y);
        return { features, logits: scope.run("fc", dense(classes), features) };
      },
      rename: torchvisionName,
    },
    { seed },
  );
  return { ...model, shape, options, folded };
}

/** The name of Hugging Face's and of torchvision's weights; what counts batches is not read. */
function torchvisionName(name: string): string | undefined {
  const own = name
    .replace(/^resnet\.embedder\.embedder\./, "1.")
    .replace(/^resnet\.encoder\.stages\.(\d+)\.layers\.(\d+)\./, (_, stage, i) => `layer${Number(stage) + 1}.${i}.`)
    .replace(/layer\.(\d+)\.(?=(convolution|normalization)\.)/, (_, i) => `${Number(i) + 1}.`)
    .replace(/shortcut\.convolution\./, "downsample.0.")
    .replace(/shortcut\.normalization\./, "downsample.1.")
    .replace(/(\d)\.convolution\./, "conv$1.")
    .replace(/(\d)\.normalization\./, "bn$1.")
    .replace(/^classifier\.1\./, "fc.");
  return own.endsWith(".num_batches_tracked") ? undefined : own;
}
