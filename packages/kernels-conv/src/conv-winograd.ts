import { countOf, defineKernel, fail } from "@tilewright/runtime";
import type { ConvOptions } from "./conv.ts";
import { slide } from "./geometry.ts";
import { cost, filterOf, type Given, operands, params, settle } from "./problem.ts";
import { naive } from "./variants/naive.ts";
import { winograd } from "./variants/winograd.ts";

export interface ConvWinogradOptions extends ConvOptions {
  /** Outputs along a tile: 2 takes 2.25 times fewer multiplications than `conv`, 4 takes 4 times fewer. Default 2. */
  outputs?: 2 | 4 | undefined;
}

const WHO = "convWinograd";

function resolve(given: Given, options: ConvWinogradOptions) {
  const { outputs = 2 } = options;
  if (outputs !== 2 && outputs !== 4) fail(WHO, "feature", `outputs is ${outputs}; needed is 2 or 4, along a tile.`);
  const lie = (spatial: readonly number[], kernel: readonly number[]) => slide(WHO, spatial, kernel, options);
  const settled = settle(WHO, false, given, options, filterOf(options), lie, ["outputs"]);
  const { spec, params } = settled;
  const { kernel, strides, dilations } = spec;
  if (!spec.flat || `${kernel}` !== "1,3,3" || countOf([...strides, ...dilations, params.groups]) > 1)
    fail(
      WHO,
      "feature",
      `the kernel is ${kernel.join("x")}, strides ${strides.join("x")}, dilations ${dilations.join("x")}, groups ${params.groups}; needed is 3x3, and 1 of all else. Others are conv's.`,
    );
  return { ...settled, spec: { ...spec, outputs } };
}

/**
 * `conv` of 3x3 kernels of one group, strides and dilations 1, by Winograd's algorithm: sums and differences of x and of w are multiplied instead of
 * these. Errors go by the largest elements of a tile: of uniform data in 64 channels no larger than conv's for 2x2 outputs a tile, 4 to 5 times for 4x4
 * (measured); the bound is wider, and computed. An infinity or NaN in x makes its whole tile NaN. Scratch holds transforms of w, x and y.
 */
export const convWinograd = defineKernel({
  name: WHO,
  operands,
  params,
  resolve,
  variants: [winograd, naive],
  proof: () => import("./winograd-proof.ts"),
  cost,
});
