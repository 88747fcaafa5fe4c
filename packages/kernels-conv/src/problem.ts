// What a convolution and its transpose have in common: options, what is checked, and what their texts depend on.
import { countOf, fail, type Problem, showShape, sizeOf, type TensorType } from "@tilewright/runtime";
import { ACTIVATIONS, type Activation, DEFAULTS } from "./activation.ts";
import type { Finish } from "./epilogue.ts";
import {
  assemble,
  dissect,
  few,
  type Layout,
  rowsOf,
  spatialOf,
  type Taps,
  type WindowOptions,
  type Windows,
} from "./geometry.ts";

/**
 * How a filter is stored: o output and i input channels, hw its spatial dimensions (1 to 3 of them). With groups one of the two counts
 * those of a group alone: i in a convolution, o in its transpose.
 */
export type Filter = "oihw" | "iohw" | "hwio" | "hwoi" | "ohwi" | "ihwo";

export interface CommonOptions extends WindowOptions {
  /** Of x, y and residual. Default "nchw". */
  layout?: Layout | undefined;
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
export type Size = "batch" | "groups" | "ci" | "co" | "xd" | "xh" | "xw" | "yd" | "yh" | "yw" | "pd" | "ph" | "pw";
/** `chunk` counts the turns of a plan that does y piece by piece. */
export type P = Size | "alpha" | "beta" | "chunk";

/** What changes any convolution's text. Kernel extent, strides and dilations do: their loops and windows are unrolled. */
export interface Place extends Taps {
  /** Channels are last. */
  readonly last: boolean;
  /** Strides spread x instead of thinning y. */
  readonly transposed: boolean;
  readonly filter: Filter;
  /** Some tap falls past an edge, or between elements of x. */
  readonly padded: boolean;
  /** Read as vec4: x along channels (nhwc) or pixels (nchw), w along its innermost dimension. */
  readonly vecX: boolean;
  readonly vecW: boolean;
  /** Channels last, one group, and channels no multiple of 4: what lies under a row of taps is one stretch of x, and of the filter. */
  readonly run: boolean;
  /** Four neighbours of y are a vec4. */
  readonly vecY: boolean;
  /** Channels of y, all groups together, are a multiple of 4. */
  readonly vecC: boolean;
  /** At most two spatial dimensions: depth is 1. */
  readonly flat: boolean;
  /** Depthwise, channels first, and rows of x and y are a multiple of 4: padding in front of a row, modulo 4. */
  readonly rowed: number | undefined;
  /** Depthwise, with few enough outputs: see {@link few}. */
  readonly few: boolean;
  /** Input channels of a group are no multiple of 4. */
  readonly tail: boolean;
  /** One input and one output channel a group. */
  readonly depthwise: boolean;
  /** Nothing to multiply: x and w are not bound. */
  readonly empty: boolean;
}

/** What changes the text of one in floating point. */
export interface Spec extends Place, Finish {
  /** y is f16. */
  readonly half: boolean;
  /** Zero points of a quantised filter: "" one for all, "c" one for each channel of y. */
  readonly zeros?: "" | "c" | undefined;
}

export const operands = { x: "in", w: "in", bias: "in?", residual: "in?", slope: "in?", y: "out" } as const;
export const sizes = {
  ...({ batch: "u32", groups: "u32", ci: "u32", co: "u32" } as const),
  ...({ xd: "u32", xh: "u32", xw: "u32", yd: "u32", yh: "u32", yw: "u32", pd: "u32", ph: "u32", pw: "u32" } as const),
};
export const params = { ...sizes, ...({ alpha: "f32", beta: "f32", chunk: "u32" } as const) };
export const tuneBy = { params: Object.keys(sizes) as Size[] };

export interface Given {
  readonly x: TensorType;
  readonly w: TensorType;
  /** Of a quantised filter, then in i8 or u8. */
  readonly scales?: TensorType | undefined;
  readonly zeros?: TensorType | undefined;
  readonly bias?: TensorType | undefined;
  readonly residual?: TensorType | undefined;
  readonly slope?: TensorType | undefined;
}

const FILTERS: readonly string[] = ["oihw", "iohw", "hwio", "hwoi", "ohwi", "ihwo"] satisfies Filter[];

function checkFloat(who: string, name: string, dtype: string | undefined): void {
  if (dtype !== "f32" && dtype !== "f16") fail(who, "dtype", `${name} is ${dtype}; needed is f32 or f16.`);
}

/** A value for each channel, or one for all. */
function channelwise(who: string, name: string, { shape }: TensorType, channels: number, more = ""): "" | "c" {
  if (`${shape}` === `${[channels]}`) return "c";
  if (countOf(shape) === 1) return "";
  const needed = `[${channels}], one for each channel of y, or one number`;
  return fail(who, "shape", `${name} is ${showShape(shape)}; needed is ${needed}${more}.`);
}

/** A convolution's filter layout. */
export const filterOf = ({
  layout,
  filter = layout === "nhwc" ? "hwio" : "oihw",
}: {
  readonly layout?: Layout | undefined;
  readonly filter?: Filter | undefined;
}): Filter => filter;

/** The filter's sizes. */
export function measure(who: string, { shape }: TensorType, filter: string, rank: number) {
  if (!FILTERS.includes(filter)) fail(who, "feature", `there is no filter layout "${filter}"; there are ${FILTERS.join(", ")}.`);
  if (shape.length !== rank + 2)
    fail(
      who,
      "shape",
      `w is ${showShape(shape)}; needed is rank ${rank + 2}: ${filter} with ${rank} spatial dimension${rank > 1 ? "s" : ""}, as x has.`,
    );
  const at = filter.indexOf("hw");
  // Letters behind hw stand behind all spatial dimensions.
  const size = (letter: string) =>
    shape[filter.indexOf(letter) < at ? filter.indexOf(letter) : filter.indexOf(letter) - 2 + rank]!;
  return { o: size("o"), i: size("i"), kernel: shape.slice(at, at + rank) };
}

/** A spatial extent as one row, where windows are single elements. */
const flat = (sizes: readonly number[]): readonly [number, number, number] => [1, 1, countOf(sizes)];

const OPTIONS = ["layout", "filter", "groups", "strides", "dilations", "padding", "activation", "alpha", "beta", "dtype"];

/**
 * Sizes and places: what every kind of convolution resolves alike.
 * @param lay where windows lie, given x's spatial sizes and the kernel's
 * @throws KernelError
 */
export function place(
  who: string,
  transposed: boolean,
  { x, w }: Pick<Given, "x" | "w">,
  { layout = "nchw", groups = 1 }: Pick<CommonOptions, "layout" | "groups">,
  filter: Filter,
  lay: (spatial: readonly number[], kernel: readonly number[]) => Windows,
) {
  const { last, batch, channels, spatial } = dissect(who, "x", x, layout);
  const rank = spatial.length;
  const { o, i, kernel } = measure(who, w, filter, rank);
  const [outer, mine] = transposed ? [channels, i] : [o, i * groups];
  if (!Number.isSafeInteger(groups) || groups < 1 || channels !== mine || outer % groups > 0) {
    const hint = !transposed && channels === i && groups > 1 ? " Filters hold the input channels of one group only." : "";
    fail(
      who,
      "shape",
      `x has ${channels} channels, w ${showShape(w.shape)} is ${filter}, groups are ${groups}; needed are ${mine} channels of x, and ${transposed ? "inputs" : "outputs"} that groups divide.${hint}`,
    );
  }
  const [all, ci, co] = transposed ? [o * groups, i / groups, o] : [o, i, o / groups];
  const lie = lay(spatial, kernel);
  const shape = assemble(last, batch, all, spatialOf(lie.output, rank));
  const single = [...lie.kernel, ...lie.strides].every((v) => v === 1) && `${lie.input}` === `${lie.output}`;
  const [input, output] = single ? [flat(lie.input), flat(lie.output)] : [lie.input, lie.output];
  const [yw, xw] = [output[2], input[2]];
  // Rows of pixels lie alike in x and in y, a multiple of 4 long.
  const alike = lie.kernel[2] === 1 && lie.strides[2] === 1 && lie.begin[2] === 0 && xw === yw && yw % 4 === 0;
  const depthwise = groups > 1 && ci === 1 && co === 1;
  const rowed = depthwise ? rowsOf(last, xw, yw, lie.begin[2]) : undefined;
  const fours = last ? all % 4 === 0 : rowed !== undefined;
  const innermost = (countOf(kernel) === 1 ? filter.replace("hw", "") : filter).at(-1);
  return {
    shape,
    all,
    params: {
      ...{ batch, groups, ci, co, xd: input[0], xh: input[1], xw, yd: output[0], yh: output[1], yw },
      ...{ pd: lie.begin[0], ph: lie.begin[1], pw: lie.begin[2] },
    },
    spec: {
      transposed,
      last,
      filter,
      kernel: lie.kernel,
      strides: lie.strides,
      dilations: lie.dilations,
      padded: lie.padded,
      vecX: last ? ci % 4 === 0 : alike,
      vecW: innermost !== "w" && (innermost === "i" ? ci : co) % 4 === 0,
      run:
        last &&
        !transposed &&
        groups === 1 &&
        ci % 4 > 0 &&
        lie.kernel[2] > 1 &&
        lie.dilations[2] === 1 &&
        filter.includes("hwi"),
      vecY: (last ? co : yw) % 4 === 0,
      vecC: all % 4 === 0,
      flat: rank < 3,
      rowed,
      few: depthwise && few(countOf(shape) / (fours ? 4 : 1)),
      tail: ci % 4 > 0,
      depthwise,
      empty: countOf(x.shape) === 0 || countOf(w.shape) === 0,
    },
  };
}

/** Everything that the kernels in floating point resolve alike. @throws KernelError */
export function settle(
  who: string,
  transposed: boolean,
  { x, w, scales, zeros, bias, residual, slope }: Given,
  options: CommonOptions,
  filter: Filter,
  lay: (spatial: readonly number[], kernel: readonly number[]) => Windows,
  own: readonly string[] = [],
) {
  const { activation, dtype = x.dtype as "f32" | "f16" } = options;
  const { alpha = DEFAULTS[activation ?? ""]?.[0] ?? 0, beta = DEFAULTS[activation ?? ""]?.[1] ?? 0 } = options;
  for (const key in options)
    if (![...OPTIONS, ...own].includes(key))
      fail(who, "feature", `there is no option ${key}; there are ${[...OPTIONS, ...own].join(", ")}.`);
  for (const [name, type] of Object.entries({ x, ...(scales ? { scales } : { w }), bias, slope, "options.dtype": { dtype } }))
    if (type) checkFloat(who, name, type.dtype);
  if (scales && w.dtype !== "i8" && w.dtype !== "u8")
    fail(who, "dtype", `w is ${w.dtype}; needed is i8 or u8, as quantizeFilter gives it. Floats are convolved by conv.`);
  if (zeros && zeros.dtype !== w.dtype) fail(who, "dtype", `zeros is ${zeros.dtype}; needed is w's dtype, ${w.dtype}.`);
  if (typeof alpha !== "number" || typeof beta !== "number")
    fail(who, "dtype", `alpha is ${alpha} and beta is ${beta}; needed are numbers.`);
  if (activation && !ACTIVATIONS.includes(activation))
    fail(who, "feature", `there is no activation "${activation}"; there are ${ACTIVATIONS.join(", ")}.`);
  if ((activation === "prelu") !== !!slope)
    fail(
      who,
      "shape",
      `slope is ${slope ? "given" : "missing"}, but activation is ${activation ?? "none"}; prelu and slope go together.`,
    );
  const { shape, all, params, spec: lies } = place(who, transposed, { x, w }, options, filter, lay);
  if (residual) {
    checkFloat(who, "residual", residual.dtype);
    if (`${residual.shape}` !== `${shape}`)
      fail(who, "shape", `residual is ${showShape(residual.shape)}; needed is y's shape ${showShape(shape)}.`);
  }
  const image = shape.slice(1);
  const perElement = slope && `${slope.shape}` === `${image}`;
  const orAll = `, or ${showShape(image)} for each element of an image`;
  const spec: Spec = {
    ...lies,
    bias: bias && channelwise(who, "bias", bias, all),
    ...(scales && { scales: channelwise(who, "scales", scales, all) }),
    ...(zeros && { zeros: channelwise(who, "zeros", zeros, all) }),
    residual: !!residual,
    slope: perElement ? "all" : slope && channelwise(who, "slope", slope, all, orAll),
    activation,
    half: dtype === "f16",
  };
  return { params: { ...params, alpha, beta, chunk: 0 }, spec, outputs: { y: { shape, dtype } } };
}

/** Any convolution's problem. */
export type Placed = Omit<Problem<Size, Place>, "open">;

export const cost = ({ params: { ci, co }, spec, types }: Placed) => ({
  // Each element of y meets every tap, or each element of x does.
  flops: 2 * countOf(spec.kernel) * (spec.transposed ? co * countOf(types["x"]!.shape) : ci * countOf(types["y"]!.shape)),
  bytes: Object.values(types).reduce((sum, type) => sum + sizeOf(type), 0),
});
