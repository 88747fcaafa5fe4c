import { countOf, defineKernel, fail, showShape, sizeOf, type TensorType } from "@tilewright/runtime";
import { ACTIVATIONS, type Activation, DEFAULTS, type Finish } from "./epilogue.ts";
import { assemble, dissect, type Layout, slide, spatialOf, type Taps, type WindowOptions } from "./geometry.ts";
import { bound, reference } from "./reference.ts";
import { depthwise } from "./variants/depthwise.ts";
import { direct } from "./variants/direct.ts";
import { naive } from "./variants/naive.ts";
import { quad } from "./variants/quad.ts";

/** How a filter is stored: o output channels, i input channels of one group, hw its spatial dimensions (1 to 3 of them). */
export type Filter = "oihw" | "hwio" | "ohwi" | "ihwo";

export interface ConvOptions extends WindowOptions {
  /** Of x, y and residual. Default "nchw". */
  layout?: Layout | undefined;
  /** Default "oihw" for nchw, "hwio" for nhwc. */
  filter?: Filter | undefined;
  /** Channels fall into this many groups, each convolved by itself; as many as channels: depthwise. Default 1. */
  groups?: number | undefined;
  /** Applied last, after bias and residual. */
  activation?: Activation | undefined;
  /** Of the activation: `clip`'s least, `leaky-relu`'s and `elu`'s factor, `hard-sigmoid`'s slope. Defaults as in ONNX; `clip` 0. */
  alpha?: number | undefined;
  /** `clip`'s most (default 6), `hard-sigmoid`'s offset (default 0.5). */
  beta?: number | undefined;
  /** Of the output; x's unless given. */
  dtype?: "f32" | "f16" | undefined;
}

/** Sizes: `ci`, `co` channels of one group; x and y in depth, height and width; `pd`, `ph`, `pw` padding before. */
export type P =
  | ("batch" | "groups" | "ci" | "co" | "xd" | "xh" | "xw" | "yd" | "yh" | "yw" | "pd" | "ph" | "pw")
  | ("alpha" | "beta");

/** What changes conv's text. Kernel extent, strides and dilations do: their loops and windows are unrolled. */
export interface Spec extends Taps, Finish {
  readonly filter: Filter;
  /** Some tap falls past an edge. */
  readonly padded: boolean;
  /** Kernel, strides and dilations are 1 and nothing is padded: a matrix product. */
  readonly pointwise: boolean;
  /** Read as vec4: x along channels (nhwc) or pixels (nchw), w along its innermost dimension. */
  readonly vecX: boolean;
  readonly vecW: boolean;
  /** Channels of y, all groups together, are a multiple of 4. */
  readonly vecC: boolean;
  /** Input channels of a group are no multiple of 4. */
  readonly tail: boolean;
  /** One input and one output channel a group. */
  readonly depthwise: boolean;
  /** Nothing to multiply: x and w are not bound. */
  readonly empty: boolean;
  /** y is f16. */
  readonly half: boolean;
}

const WHO = "conv";
const FILTERS: readonly Filter[] = ["oihw", "hwio", "ohwi", "ihwo"];

export function checkFloat(who: string, name: string, dtype: string | undefined): void {
  if (dtype !== "f32" && dtype !== "f16") fail(who, "dtype", `${name} is ${dtype}; needed is f32 or f16.`);
}

/** A value for each channel, or one for all. */
function channelwise(name: string, { shape, dtype }: TensorType, channels: number, more = ""): "" | "c" {
  checkFloat(WHO, name, dtype);
  if (`${shape}` === `${[channels]}`) return "c";
  if (countOf(shape) === 1) return "";
  const needed = `[${channels}], one for each channel of y, or one number`;
  return fail(WHO, "shape", `${name} is ${showShape(shape)}; needed is ${needed}${more}.`);
}

/** The filter's sizes. */
function filterOf(w: TensorType, filter: Filter, rank: number) {
  if (!FILTERS.includes(filter)) fail(WHO, "feature", `there is no filter layout "${filter}"; there are ${FILTERS.join(", ")}.`);
  const { shape } = w;
  if (shape.length !== rank + 2)
    fail(
      WHO,
      "shape",
      `w is ${showShape(shape)}; needed is rank ${rank + 2}: ${filter} with ${rank} spatial dimension${rank > 1 ? "s" : ""}, as x has.`,
    );
  const at = filter.indexOf("hw");
  // Letters behind hw stand behind all spatial dimensions.
  const size = (letter: string) =>
    shape[filter.indexOf(letter) < at ? filter.indexOf(letter) : filter.indexOf(letter) - 2 + rank]!;
  return { co: size("o"), ci: size("i"), kernel: shape.slice(at, at + rank) };
}

/** A spatial extent as one row, where windows are single elements. */
const flat = (sizes: readonly number[]): readonly [number, number, number] => [1, 1, countOf(sizes)];

/**
 * y = activation(x * w + bias + residual), cross-correlated as everywhere in deep learning, in 1 to 3 spatial dimensions, with float32 sums.
 *
 * nchw: x [batch, channels, …], y [batch, co, …]; nhwc: x [batch, …, channels], y [batch, …, co]. w in the layout `filter` says, its input
 * channels those of one group: [co, ci / groups, …] for oihw, […, ci / groups, co] for hwio. bias is [co] or one number, residual y's shape.
 * slope, of `prelu` alone, is [co], one number, or y's shape without the batch. f32 and f16 mix freely.
 * A spatial size of y is floor((size + padding - dilation · (kernel - 1) - 1) / stride) + 1.
 */
export const conv = defineKernel({
  name: WHO,
  operands: { x: "in", w: "in", bias: "in?", residual: "in?", slope: "in?", y: "out" },
  params: {
    ...{ batch: "u32", groups: "u32", ci: "u32", co: "u32" },
    ...{ xd: "u32", xh: "u32", xw: "u32", yd: "u32", yh: "u32", yw: "u32", pd: "u32", ph: "u32", pw: "u32" },
    ...{ alpha: "f32", beta: "f32" },
  } as const,

  resolve({ x, w, bias, residual, slope }, options: ConvOptions) {
    const {
      layout = "nchw",
      filter = layout === "nhwc" ? "hwio" : "oihw",
      groups = 1,
      activation,
      dtype = x.dtype as "f32" | "f16",
      strides,
      dilations,
      padding,
      alpha = DEFAULTS[activation ?? ""]?.[0] ?? 0,
      beta = DEFAULTS[activation ?? ""]?.[1] ?? 0,
      ...unknown
    } = options;
    for (const key in unknown)
      fail(
        WHO,
        "feature",
        `there is no option ${key}; there are layout, filter, groups, strides, dilations, padding, activation, alpha, beta, dtype.`,
      );
    checkFloat(WHO, "x", x.dtype);
    checkFloat(WHO, "w", w.dtype);
    checkFloat(WHO, "options.dtype", dtype);
    const { last, batch, channels, spatial } = dissect(WHO, "x", x, layout);
    const rank = spatial.length;
    const { co: all, ci, kernel } = filterOf(w, filter, rank);
    if (!Number.isSafeInteger(groups) || groups < 1 || channels !== ci * groups || all % groups > 0) {
      const hint = channels === ci && groups > 1 ? " Filters hold the channels of one group only." : "";
      fail(
        WHO,
        "shape",
        `x has ${channels} channels, w ${showShape(w.shape)} (${filter}) takes ${ci} of each of ${groups} groups and gives ${all}; needed are ${ci * groups} channels, and outputs that groups divide.${hint}`,
      );
    }
    if (activation && !ACTIVATIONS.includes(activation))
      fail(WHO, "feature", `there is no activation "${activation}"; there are ${ACTIVATIONS.join(", ")}.`);
    if ((activation === "prelu") !== !!slope)
      fail(
        WHO,
        "shape",
        `slope is ${slope ? "given" : "missing"}, but activation is ${activation ?? "none"}; they go together: prelu.`,
      );
    const lie = slide(WHO, spatial, kernel, { strides, dilations, padding });
    const shape = assemble(last, batch, all, spatialOf(lie.output, rank));
    if (residual) {
      checkFloat(WHO, "residual", residual.dtype);
      if (`${residual.shape}` !== `${shape}`)
        fail(WHO, "shape", `residual is ${showShape(residual.shape)}; needed is y's shape ${showShape(shape)}.`);
    }
    const biases = bias && channelwise("bias", bias, all);
    const image = shape.slice(1);
    const perElement = slope && `${slope.shape}` === `${image}`;
    if (perElement) checkFloat(WHO, "slope", slope.dtype);
    const orAll = `, or ${showShape(image)} for each element of an image`;
    const slopes = perElement ? ("all" as const) : slope && channelwise("slope", slope, all, orAll);
    const co = all / groups;
    const single = ({ kernel: k, strides: s }: Taps) => [...k, ...s].every((v) => v === 1);
    const pointwise = single(lie) && !lie.padded;
    const [input, output] = pointwise ? [flat(lie.input), flat(lie.output)] : [lie.input, lie.output];
    const [yw, xw] = [output[2], input[2]];
    const [, , kw] = lie.kernel;
    // Rows of pixels lie alike in x and in y, a multiple of 4 long.
    const alike = kw === 1 && lie.strides[2] === 1 && lie.begin[2] === 0 && xw === yw && yw % 4 === 0;
    const inner = { oihw: countOf(kernel) === 1 ? ci : 1, hwio: co, ohwi: ci, ihwo: co }[filter];
    return {
      params: {
        ...{ batch, groups, ci, co, xd: input[0], xh: input[1], xw, yd: output[0], yh: output[1], yw },
        ...{ pd: lie.begin[0], ph: lie.begin[1], pw: lie.begin[2], alpha, beta },
      },
      spec: {
        last,
        filter,
        kernel: lie.kernel,
        strides: lie.strides,
        dilations: lie.dilations,
        padded: lie.padded,
        pointwise,
        vecX: last ? ci % 4 === 0 : alike,
        vecW: inner % 4 === 0,
        vecY: (last ? co : yw) % 4 === 0,
        vecC: all % 4 === 0,
        tail: ci % 4 > 0,
        depthwise: groups > 1 && ci === 1 && co === 1,
        empty: countOf(x.shape) === 0 || countOf(w.shape) === 0,
        bias: biases,
        residual: !!residual,
        slope: slopes,
        activation,
        half: dtype === "f16",
      },
      outputs: { y: { shape, dtype } },
    };
  },

  variants: [depthwise, quad, direct, naive],

  reference,
  bound,

  cost: ({ params, spec, types }) => ({
    flops: 2 * params.ci * countOf(spec.kernel) * countOf(types["y"]!.shape),
    bytes: Object.values(types).reduce((sum, type) => sum + sizeOf(type), 0),
  }),
});
