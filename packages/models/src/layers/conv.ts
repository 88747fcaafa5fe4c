import {
  averagePool,
  type ConvOptions,
  conv,
  convMaxPool,
  type Layout,
  type MaxPoolOptions,
  maxPool,
} from "@tilewright/kernels-conv";
import { countOf, fail, showShape, type Value } from "@tilewright/runtime";
import { glorot, type Init, zeros } from "../init.ts";
import { type Layer, layer, type Scope } from "../layer.ts";

type Two = number | readonly [number, number];
type Sizes = readonly number[];
/** As many numbers as there are spatial dimensions. */
const spread = (value: number | Sizes, rank: number): Sizes => (typeof value === "number" ? Array(rank).fill(value) : value);

export interface ConvLayerOptions extends Pick<ConvOptions, "strides" | "dilations" | "padding" | "groups" | "alpha" | "beta"> {
  /** Of x and y: channels first ("nchw", the default) or last ("nhwc"), of any rank. */
  readonly layout?: Layout | undefined;
  /** How the weight is stored: "oihw" is [filters, channels, height, width], as PyTorch has it, the default for both layouts; "hwio" as Keras. */
  readonly filter?: "oihw" | "hwio" | undefined;
  /** Any of the convolution's own. */
  readonly activation?: Exclude<ConvOptions["activation"], "prelu"> | undefined;
  /** Default true. */
  readonly bias?: boolean | undefined;
  readonly init?: Init | undefined;
}
export type Conv2dOptions = ConvLayerOptions;
type Convolution = Layer<readonly [x: Value, residual?: Value | undefined]>;

/**
 * activation(x * W + b + residual) over the two spatial dimensions of x, [N, C, H, W] or [N, H, W, C]. Parameters: `weight`, `bias` [filters].
 * No padding unless given ("same-upper" keeps the size at stride 1). The residual, of y's shape, is a second input of `apply`.
 */
export const conv2d = (filters: number, kernel: Two, options?: ConvLayerOptions): Convolution =>
  convolution("conv2d", filters, spread(kernel, 2), options);

/** The same over the one spatial dimension of x, [N, C, L] or [N, L, C] (sequences with "nhwc"). `weight` is [filters, channels, size] or [size, channels, filters]. */
export const conv1d = (filters: number, size: number, options?: ConvLayerOptions): Convolution =>
  convolution("conv1d", filters, [size], options);

function convolution(
  kind: string,
  filters: number,
  kernel: Sizes,
  { layout = "nchw", filter = "oihw", bias = true, groups = 1, init, ...options }: ConvLayerOptions = {},
): Convolution {
  const all = { layout, filter, groups, ...options };
  const channelsIn = (x: Value) => channelsOf(kind, x, layout, kernel.length) / groups;
  const shapeFor = (channels: number) => (filter === "oihw" ? [filters, channels, ...kernel] : [...kernel, channels, filters]);
  const operands = (scope: Scope, x: Value) => {
    const channels = channelsIn(x);
    const taps = countOf(kernel);
    return {
      x,
      w: scope.parameter("weight", shapeFor(channels), init ?? glorot(channels * taps, (filters / groups) * taps)),
      bias: bias ? scope.parameter("bias", [filters], zeros) : undefined,
    };
  };
  return layer(kind, (scope, x, residual) => scope.tape.call(conv, { ...operands(scope, x), residual }, all), {
    adds: options.activation === undefined,
    ahead(next, x) {
      const { windows } = next as Partial<MaxPool>;
      if (windows?.layout !== layout || windows.pool.length !== kernel.length || x.dtype !== "f32") return undefined;
      const types = { x, w: { shape: shapeFor(channelsIn(x)), dtype: x.dtype } };
      const { pool } = windows;
      // The others have no fast variant.
      if (convMaxPool.problem(types, { ...all, pool }).spec.channels === undefined) return undefined;
      const { y } = conv.problem(types, all).types;
      return layer(kind, (scope, given: Value) => ({
        ...y!,
        next: scope.tape.call(convMaxPool, operands(scope, given), { ...all, pool }),
      }));
    },
  });
}

const LAYOUTS = { nchw: ["[N, C, L]", "[N, C, H, W]"], nhwc: ["[N, L, C]", "[N, H, W, C]"] } as const;

function channelsOf(who: string, { shape }: Value, layout: Layout, rank: number): number {
  if (shape.length !== rank + 2)
    fail(
      who,
      "shape",
      `x is ${showShape(shape)}; needed are ${rank === 1 ? "three" : "four"} dimensions: ${LAYOUTS[layout][rank - 1]}.`,
    );
  return shape.at(layout === "nchw" ? 1 : -1)!;
}

export interface PoolLayerOptions extends Pick<MaxPoolOptions, "layout" | "padding" | "dilations" | "ceil"> {
  /** As the window unless given: windows lie side by side. */
  readonly strides?: number | readonly number[] | undefined;
}
export interface Pool2dOptions extends PoolLayerOptions {
  readonly strides?: Two | undefined;
}
export interface Pool1dOptions extends PoolLayerOptions {
  readonly strides?: number | undefined;
}

/** A pool whose windows lie side by side, so that a convolution may go ahead with it. */
interface MaxPool extends Layer {
  readonly windows: { readonly layout: Layout; readonly pool: Sizes } | undefined;
}

/** The greatest element of each window; behind a convolution of few input channels, and windows side by side, it costs no dispatch. */
export const maxPool2d = (size: Two, options?: Pool2dOptions): Layer => maxima("maxPool2d", spread(size, 2), options);

/** The greatest element of each window of [N, C, L] or [N, L, C]. */
export const maxPool1d = (size: number, options?: Pool1dOptions): Layer => maxima("maxPool1d", [size], options);

/** The mean of each window, over what of it lies inside. */
export const averagePool2d = (size: Two, options?: Pool2dOptions): Layer => means("averagePool2d", spread(size, 2), options);

/** The mean of each window of [N, C, L] or [N, L, C], over what of it lies inside. */
export const averagePool1d = (size: number, options?: Pool1dOptions): Layer => means("averagePool1d", [size], options);

function maxima(kind: string, kernel: Sizes, { strides = kernel, layout = "nchw", ...options }: PoolLayerOptions = {}): MaxPool {
  const beside = `${spread(strides, kernel.length)}` === `${kernel}` && Object.values(options).every((v) => v === undefined);
  return {
    ...layer(kind, ({ tape }, x: Value) => {
      channelsOf(kind, x, layout, kernel.length);
      return tape.call(maxPool, { x }, { kernel, strides, layout, ...options }).y;
    }),
    windows: beside ? { layout, pool: kernel } : undefined,
  };
}

const means = (kind: string, kernel: Sizes, { strides = kernel, ...options }: PoolLayerOptions = {}): Layer =>
  layer(kind, ({ tape }, x: Value) => {
    channelsOf(kind, x, options.layout ?? "nchw", kernel.length);
    return tape.call(averagePool, { x }, { kernel, strides, ...options });
  });

interface GlobalOptions {
  readonly layout?: Layout | undefined;
}

/** The mean of each channel: [N, C, H, W] (or [N, H, W, C]) to [N, C]. */
export const globalAveragePool2d = (options?: GlobalOptions): Layer => channelMeans("globalAveragePool2d", 2, options);

/** The mean of each channel: [N, C, L] (or [N, L, C]) to [N, C]. */
export const globalAveragePool1d = (options?: GlobalOptions): Layer => channelMeans("globalAveragePool1d", 1, options);

const channelMeans = (kind: string, rank: number, { layout = "nchw" }: GlobalOptions = {}): Layer =>
  layer(kind, ({ tape }, x: Value) => {
    const channels = channelsOf(kind, x, layout, rank);
    return tape.reshape(tape.call(averagePool, { x }, { kernel: "global", layout }), [x.shape[0]!, channels]);
  });

/** [N, a, b, …] as [N, a · b · …]; costs nothing. */
export const flatten = (): Layer =>
  layer("flatten", ({ tape }, x: Value) => tape.reshape(x, [x.shape[0] ?? 1, countOf(x.shape.slice(1))]));
