import { defineKernel } from "@tilewright/runtime";
import type { ConvOptions } from "../conv.ts";
import { slide } from "../geometry.ts";
import { cost, operands, params, settle } from "../problem.ts";
import { quantized } from "../variants.ts";

const { x, w, ...sides } = operands;

/**
 * `conv` of a filter in 8 bits: y = activation(scale · (x * (w − zero)) + bias + residual), with float32 sums. ONNX: DequantizeLinear of w, then Conv.
 *
 * w is i8 or u8, in the shapes and layouts of `conv`, as `quantizeFilter` makes it; scales are [co] or one number, f32 or f16; zeros likewise,
 * of w's dtype, 0 unless given. x, bias, residual and slope are f32 or f16, as of `conv`. Sums are scaled when they are complete: what overflows is
 * the sum of x · (w − zero).
 */
export const convQuantized = defineKernel({
  name: "convQuantized",
  operands: { x, w, ...({ scales: "in", zeros: "in?" } as const), ...sides },
  params,
  resolve: (given, options: ConvOptions) =>
    settle(
      "convQuantized",
      false,
      given,
      options,
      options.filter ?? (options.layout === "nhwc" ? "hwio" : "oihw"),
      (spatial, kernel) => slide("convQuantized", spatial, kernel, options),
    ),
  variants: quantized,
  proof: () => import("./proof.ts"),
  cost,
});
