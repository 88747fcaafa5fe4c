import { defineKernel, fail } from "@tilewright/runtime";
import { slide } from "./geometry.ts";
import { type CommonOptions, cost, type Filter, type Given, operands, params, settle } from "./problem.ts";
import { bound, reference } from "./reference.ts";
import { depthwise } from "./variants/depthwise.ts";
import { direct } from "./variants/direct.ts";
import { naive } from "./variants/naive.ts";
import { quad } from "./variants/quad.ts";
import { staged } from "./variants/staged.ts";
import { winograd } from "./variants/winograd.ts";

export interface ConvOptions extends CommonOptions {
  /** Default "oihw" for nchw, "hwio" for nhwc. */
  filter?: Filter | undefined;
  /**
   * Allow Winograd's algorithm over tiles of 2x2 or 4x4 outputs, for 3x3 kernels of one group, strides and dilations 1 (others take no notice): 2.25
   * or 4 times fewer multiplications. Sums and differences of x and w are multiplied instead of these, so errors are larger: those of a tile go by
   * its largest elements, about 4 times (2) and 40 times (4) those of plain sums, and an infinity in x makes its tile NaN. Default none.
   */
  winograd?: 2 | 4 | undefined;
}

const ones = (sizes: readonly number[]) => sizes.every((size) => size === 1);

function resolve(given: Given, options: ConvOptions) {
  const { layout, filter = layout === "nhwc" ? "hwio" : "oihw", winograd } = options;
  if (winograd !== undefined && winograd !== 2 && winograd !== 4)
    fail("conv", "feature", `winograd is ${winograd}; needed is 2 or 4, the outputs along a tile.`);
  const settled = settle("conv", false, given, options, filter, (spatial, kernel) => slide("conv", spatial, kernel, options), [
    "winograd",
  ]);
  const { spec, params } = settled;
  const can = spec.flat && `${spec.kernel}` === "1,3,3" && ones(spec.strides) && ones(spec.dilations) && params.groups === 1;
  return can ? { ...settled, spec: { ...spec, winograd } } : settled;
}

/**
 * y = activation(x * w + bias + residual), cross-correlated as everywhere in deep learning, in 1 to 3 spatial dimensions, with float32 sums.
 *
 * nchw: x [batch, channels, …], y [batch, co, …]; nhwc: x [batch, …, channels], y [batch, …, co]. w in the layout `filter` says, its input
 * channels those of one group: [co, ci / groups, …] for oihw, […, ci / groups, co] for hwio. bias is [co] or one number, residual y's shape.
 * slope, of `prelu` alone, is [co], one number, or y's shape without the batch. f32 and f16 mix freely.
 * A spatial size of y is floor((size + padding - dilation · (kernel - 1) - 1) / stride) + 1.
 */
export const conv = defineKernel({
  name: "conv",
  operands,
  params,
  resolve,
  variants: [depthwise, winograd, quad, staged, direct, naive],
  reference,
  bound,
  cost,
});
