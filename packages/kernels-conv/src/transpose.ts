import { defineKernel } from "@tilewright/runtime";
import { spread } from "./geometry.ts";
import { type CommonOptions, cost, type Filter, operands, params, settle, tuneBy } from "./problem.ts";
import { spreading } from "./variants.ts";

export interface ConvTransposeOptions extends CommonOptions {
  /** Default "iohw" for nchw, "hwoi" for nhwc. */
  filter?: Filter | undefined;
  /** Added to y's sizes behind. Default 0. */
  outputPadding?: number | readonly number[] | undefined;
  /** y's spatial sizes instead: with padding in numbers what they leave over is at the end, with same-upper or same-lower padding is what they need. */
  outputSizes?: readonly number[] | undefined;
}

/**
 * The transpose of a convolution (its gradient by x): each element of x is spread over a window of y, windows `strides` apart, in 1 to 3
 * spatial dimensions, with float32 sums; then bias, residual and activation as of `conv`.
 *
 * Layouts of x and y as of `conv`. w is [ci, co / groups, …] for iohw, […, co / groups, ci] for hwoi: output channels are those of one group.
 * A spatial size of y is stride · (size - 1) + outputPadding + dilation · (kernel - 1) + 1 - padding, or with same padding size · stride.
 */
export const convTranspose = defineKernel({
  name: "convTranspose",
  operands,
  params,
  resolve: (given, options: ConvTransposeOptions) =>
    settle(
      "convTranspose",
      true,
      given,
      options,
      options.filter ?? (options.layout === "nhwc" ? "hwoi" : "iohw"),
      (spatial, kernel) => spread("convTranspose", spatial, kernel, options),
      ["outputPadding", "outputSizes"],
    ),
  variants: spreading,
  proof: () => import("./proof.ts"),
  cost,
  tuneBy,
});
