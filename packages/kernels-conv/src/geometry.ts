// Windows that slide over one, two or three spatial dimensions: padding, strides, dilations and the sizes that follow. Shared by convolutions and pools.
import { fail, showShape, type TensorType } from "@tilewright/runtime";

/** Depth, height, width; dimensions that a tensor lacks are 1 in front. */
export type Three = readonly [number, number, number];

/** `valid`: none. `same-upper`, `same-lower`: as much as makes ceil(size / stride) outputs, the odd one behind or before. */
export type Padding = "valid" | "same-upper" | "same-lower" | number | readonly number[];

export interface WindowOptions {
  /** One for all spatial dimensions, or one each. Default 1. */
  strides?: number | readonly number[] | undefined;
  /** Distance between neighbouring taps. Default 1. */
  dilations?: number | readonly number[] | undefined;
  /** One number for all sides, one for each dimension, or all beginnings, then all ends (ONNX). Default "valid". */
  padding?: Padding | undefined;
}

/** Channels first (`nchw`; for one dimension NCW, for three NCDHW) or last (`nhwc`). */
export type Layout = "nchw" | "nhwc";

/** What of a window stands in a text. */
export interface Taps {
  readonly kernel: Three;
  readonly strides: Three;
  readonly dilations: Three;
}

export interface Windows extends Taps {
  /** Padding before the first element. */
  readonly begin: Three;
  /** Padding behind the last, as asked for. */
  readonly end: Three;
  readonly input: Three;
  readonly output: Three;
  /** Some window reaches past an edge. */
  readonly padded: boolean;
}

const three = (values: readonly number[], filler: number): Three =>
  [...Array<number>(3 - values.length).fill(filler), ...values] as unknown as Three;

/** Windows of up to three dimensions as windows of three. */
const inThree = (
  { begin, end, ...sizes }: { readonly [K in Exclude<keyof Windows, "padded">]: readonly number[] },
  padded: boolean,
): Windows => ({
  kernel: three(sizes.kernel, 1),
  strides: three(sizes.strides, 1),
  dilations: three(sizes.dilations, 1),
  begin: three(begin, 0),
  end: three(end, 0),
  input: three(sizes.input, 1),
  output: three(sizes.output, 1),
  padded,
});

/** One number a spatial dimension. */
export function each(
  who: string,
  name: string,
  given: number | readonly number[] | undefined,
  rank: number,
  least = 1,
  preset = 1,
): readonly number[] {
  const values = given === undefined || typeof given === "number" ? Array<number>(rank).fill(given ?? preset) : given;
  if (values.length !== rank || values.some((v) => !Number.isSafeInteger(v) || v < least))
    fail(who, "shape", `${name} is ${JSON.stringify(given)}; needed is an integer >= ${least}, or ${rank} of them.`);
  return values;
}

/** Batch, channels and spatial sizes of a tensor. @throws KernelError `shape` */
export function dissect(who: string, name: string, { shape }: TensorType, layout: Layout) {
  if (layout !== "nchw" && layout !== "nhwc")
    fail(who, "feature", `there is no layout "${layout}"; there are nchw (channels first) and nhwc (channels last).`);
  if (shape.length < 3 || shape.length > 5)
    fail(
      who,
      "shape",
      `${name} is ${showShape(shape)}; needed are a batch, channels and 1 to 3 spatial dimensions. One image? Its batch is 1.`,
    );
  const last = layout === "nhwc";
  return {
    last,
    batch: shape[0]!,
    channels: last ? shape.at(-1)! : shape[1]!,
    spatial: last ? shape.slice(1, -1) : shape.slice(2),
  };
}

/** The shape of a tensor of a layout. */
export const assemble = (last: boolean, batch: number, channels: number, spatial: readonly number[]): number[] =>
  last ? [batch, ...spatial, channels] : [batch, channels, ...spatial];

/** Spatial sizes without the dimensions that were put in front. */
export const spatialOf = (sizes: Three, rank: number): readonly number[] => sizes.slice(3 - rank);

/** Channels first, and rows of x and of y are a multiple of 4, so that they may be read and written as vec4: padding in front of one, modulo 4. */
export const rowsOf = (last: boolean, xw: number, yw: number, pw: number): number | undefined =>
  !last && xw > 0 && xw % 4 === 0 && yw % 4 === 0 ? pw % 4 : undefined;

/** Padding before and behind each dimension; `needed(i)` is what "same" has to share out. */
function sides(
  who: string,
  padding: Padding,
  rank: number,
  needed: (i: number) => number,
): [begin: readonly number[], end: readonly number[]] {
  if (typeof padding === "string") {
    if (!["valid", "same-upper", "same-lower"].includes(padding))
      fail(who, "feature", `there is no padding "${padding}"; there are valid, same-upper, same-lower, or numbers.`);
    const total = Array.from({ length: rank }, (_, i) => (padding === "valid" ? 0 : needed(i)));
    const less = total.map((t) => Math.floor(t / 2));
    const more = total.map((t, i) => t - less[i]!);
    return padding === "same-lower" ? [more, less] : [less, more];
  }
  if (typeof padding !== "number" && padding.length === 2 * rank) {
    each(who, "padding", padding, 2 * rank, 0);
    return [padding.slice(0, rank), padding.slice(rank)];
  }
  const both = each(who, "padding", padding, rank, 0, 0);
  return [both, both];
}

/** Where windows lie. `ceil`: a last window that only begins inside counts too. @throws KernelError `shape` */
export function slide(
  who: string,
  spatial: readonly number[],
  kernel: readonly number[],
  { strides, dilations, padding = "valid" }: WindowOptions,
  ceil = false,
): Windows {
  const rank = spatial.length;
  const s = each(who, "strides", strides, rank);
  const d = each(who, "dilations", dilations, rank);
  const reach = kernel.map((k, i) => (k - 1) * d[i]! + 1);
  const [begin, end] = sides(who, padding, rank, (i) =>
    Math.max(0, (Math.ceil(spatial[i]! / s[i]!) - 1) * s[i]! + reach[i]! - spatial[i]!),
  );
  const output = spatial.map((size, i) => {
    const steps = (size + begin[i]! + end[i]! - reach[i]!) / s[i]!;
    if (steps < 0)
      fail(
        who,
        "shape",
        `windows of ${showShape(reach)} (dilated) do not fit into ${showShape(spatial)} with padding ${showShape([...begin, ...end])}.`,
      );
    const count = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A window that begins in the padding behind is none.
    return ceil && (count - 1) * s[i]! >= size + begin[i]! ? count - 1 : count;
  });
  const padded = spatial.some((size, i) => begin[i]! > 0 || (output[i]! - 1) * s[i]! + reach[i]! > size);
  return inThree({ kernel, strides: s, dilations: d, begin, end, input: spatial, output }, padded);
}

export interface SpreadOptions extends WindowOptions {
  outputPadding?: number | readonly number[] | undefined;
  outputSizes?: readonly number[] | undefined;
}

/** Where the windows of y lie that elements of x are spread over. @throws KernelError `shape` */
export function spread(
  who: string,
  spatial: readonly number[],
  kernel: readonly number[],
  { strides, dilations, padding = "valid", outputPadding, outputSizes }: SpreadOptions,
): Windows {
  const rank = spatial.length;
  const s = each(who, "strides", strides, rank);
  const d = each(who, "dilations", dilations, rank);
  const more = each(who, "outputPadding", outputPadding, rank, 0, 0);
  const sizes = outputSizes && each(who, "outputSizes", outputSizes, rank, 0);
  // All that windows cover; an x of nothing covers nothing.
  const whole = spatial.map((size, i) => (size > 0 ? s[i]! * (size - 1) + (kernel[i]! - 1) * d[i]! + 1 : 0) + more[i]!);
  const same = typeof padding === "string" && padding !== "valid";
  const [begin, end] = sides(who, padding, rank, (i) => Math.max(0, whole[i]! - (sizes?.[i] ?? spatial[i]! * s[i]!)));
  const output = whole.map((size, i) => sizes?.[i] ?? (same ? spatial[i]! * s[i]! : size - begin[i]! - end[i]!));
  if (output.some((size) => size < 0))
    fail(who, "shape", `padding ${showShape([...begin, ...end])} leaves nothing of y, which without it is ${showShape(whole)}.`);
  const plain = [...kernel, ...s].every((v) => v === 1) && output.every((size, i) => begin[i] === 0 && size === spatial[i]);
  return inThree({ kernel, strides: s, dilations: d, begin, end, input: spatial, output }, !plain);
}

/**
 * Whether threads, each with an output of `count` or more, are few enough to be told apart by divisions in float32: (n + 0.5) / d is at least
 * 0.5 / d from an integer and off by 2.5 ULP at most, so it is as good as n / d below 2^23 / 5. CPUs divide integers one lane at a time.
 */
export const few = (count: number): boolean => count < 2 ** 20;
