import { averagePool, type ConvOptions, conv, type Layout, type MaxPoolOptions, maxPool } from "@tilewright/kernels-conv";
import { countOf, fail, showShape, type Value } from "@tilewright/runtime";
import { glorot, type Init, zeros } from "../init.ts";
import { type Layer, layer } from "../layer.ts";

type Two = number | readonly [number, number];
const two = (value: Two): readonly [number, number] => (typeof value === "number" ? [value, value] : value);

export interface Conv2dOptions extends Pick<ConvOptions, "strides" | "dilations" | "padding" | "groups" | "alpha" | "beta"> {
  /** Of x and y. Default "nchw". */
  readonly layout?: Layout | undefined;
  /** How the weight is stored: "oihw" is [filters, channels, height, width], as PyTorch has it, the default for both layouts; "hwio" as Keras. */
  readonly filter?: "oihw" | "hwio" | undefined;
  /** Any of the convolution's own. */
  readonly activation?: Exclude<ConvOptions["activation"], "prelu"> | undefined;
  /** Default true. */
  readonly bias?: boolean | undefined;
  readonly init?: Init | undefined;
}

/**
 * activation(x * W + b + residual) over the two spatial dimensions of x, [N, C, H, W] or [N, H, W, C]. Parameters: `weight`, `bias` [filters].
 * No padding unless given ("same-upper" keeps the size at stride 1). The residual, of y's shape, is a second input of `apply`.
 */
export function conv2d(
  filters: number,
  kernel: Two,
  { layout = "nchw", filter = "oihw", bias = true, groups = 1, init, ...options }: Conv2dOptions = {},
): Layer<readonly [x: Value, residual?: Value | undefined]> {
  const [h, w] = two(kernel);
  return layer(
    "conv2d",
    (scope, x, residual) => {
      const channels = channelsOf("conv2d", x, layout) / groups;
      const shape = filter === "oihw" ? [filters, channels, h, w] : [h, w, channels, filters];
      return scope.tape.call(
        conv,
        {
          x,
          w: scope.parameter("weight", shape, init ?? glorot(channels * h * w, (filters / groups) * h * w)),
          bias: bias ? scope.parameter("bias", [filters], zeros) : undefined,
          residual,
        },
        { layout, filter, groups, ...options },
      );
    },
    { adds: options.activation === undefined },
  );
}

function channelsOf(who: string, { shape }: Value, layout: Layout): number {
  if (shape.length !== 4)
    fail(
      who,
      "shape",
      `x is ${showShape(shape)}; needed are four dimensions: ${layout === "nchw" ? "[N, C, H, W]" : "[N, H, W, C]"}.`,
    );
  return shape[layout === "nchw" ? 1 : 3]!;
}

export interface Pool2dOptions extends Pick<MaxPoolOptions, "layout" | "padding" | "dilations" | "ceil"> {
  /** As the window unless given: windows lie side by side. */
  readonly strides?: Two | undefined;
}

/** The greatest element of each window. */
export const maxPool2d = (size: Two, { strides = size, ...options }: Pool2dOptions = {}): Layer =>
  layer("maxPool2d", ({ tape }, x: Value) => {
    channelsOf("maxPool2d", x, options.layout ?? "nchw");
    return tape.call(maxPool, { x }, { kernel: two(size), strides: two(strides), ...options }).y;
  });

/** The mean of each window, over what of it lies inside. */
export const averagePool2d = (size: Two, { strides = size, ...options }: Pool2dOptions = {}): Layer =>
  layer("averagePool2d", ({ tape }, x: Value) => {
    channelsOf("averagePool2d", x, options.layout ?? "nchw");
    return tape.call(averagePool, { x }, { kernel: two(size), strides: two(strides), ...options });
  });

/** The mean of each channel: [N, C, H, W] (or [N, H, W, C]) to [N, C]. */
export const globalAveragePool2d = ({ layout = "nchw" }: { readonly layout?: Layout | undefined } = {}): Layer =>
  layer("globalAveragePool2d", ({ tape }, x: Value) => {
    const channels = channelsOf("globalAveragePool2d", x, layout);
    return tape.reshape(tape.call(averagePool, { x }, { kernel: "global", layout }), [x.shape[0]!, channels]);
  });

/** [N, a, b, …] as [N, a · b · …]; costs nothing. */
export const flatten = (): Layer =>
  layer("flatten", ({ tape }, x: Value) => tape.reshape(x, [x.shape[0] ?? 1, countOf(x.shape.slice(1))]));
