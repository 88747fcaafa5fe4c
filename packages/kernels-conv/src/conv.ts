import { defineKernel } from "@tilewright/runtime";
import { slide } from "./geometry.ts";
import { type CommonOptions, cost, type Filter, filterOf, operands, params, settle, tuneBy } from "./problem.ts";
import { sliding } from "./variants.ts";

export interface ConvOptions extends CommonOptions {
  /** Default "oihw" for nchw, "hwio" for nhwc. */
  filter?: Filter | undefined;
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
  resolve: (given, options: ConvOptions) =>
    settle("conv", false, given, options, filterOf(options), (spatial, kernel) => slide("conv", spatial, kernel, options)),
  variants: sliding,
  proof: () => import("./proof.ts"),
  cost,
  tuneBy,
});
