import { countOf, defineKernel, fail, showShape } from "@tilewright/runtime";
import type { ConvOptions } from "./conv.ts";
import { slide } from "./geometry.ts";
import { cost, type Filter, filterOf, type Given, operands, params, settle, tuneBy } from "./problem.ts";
import { checkOutputs, transformedShape, type WinogradSpec } from "./winograd.ts";

export interface ConvWinogradOptions extends ConvOptions {
  /** Outputs along a tile: 2 takes 2.25 times fewer multiplications than `conv`, 4 takes 4 times fewer. Default 2. */
  outputs?: 2 | 4 | undefined;
  /** w is what `winogradFilter` made of a filter with the same `outputs`: no call transforms it again. Default false. */
  transformed?: boolean | undefined;
  /** Output channels, where w is transformed: its shape tells only their next multiple of 4, which is the default. */
  channels?: number | undefined;
}

const WHO = "convWinograd";

function resolve(given: Given, options: ConvWinogradOptions) {
  const { outputs = 2, transformed = false } = options;
  const filter = filterOf(options);
  checkOutputs(WHO, outputs);
  const lie = (spatial: readonly number[], kernel: readonly number[]) => slide(WHO, spatial, kernel, options);
  const w = transformed ? untransformed(given, options, outputs, filter) : given.w;
  const settled = settle(WHO, false, { ...given, w }, options, filter, lie, ["outputs", "transformed", "channels"]);
  const { spec, params } = settled;
  const { kernel, strides, dilations } = spec;
  if (!spec.flat || `${kernel}` !== "1,3,3" || countOf([...strides, ...dilations, params.groups]) > 1)
    fail(
      WHO,
      "feature",
      `the kernel is ${kernel.join("x")}, strides ${strides.join("x")}, dilations ${dilations.join("x")}, groups ${params.groups}; needed is 3x3, and 1 of all else. Others are conv's.`,
    );
  return { ...settled, spec: { ...spec, outputs, ...(transformed && { transformed }) } as WinogradSpec };
}

/** The filter that a transformed one is of. */
function untransformed({ x, w }: Given, { layout = "nchw", channels }: ConvWinogradOptions, outputs: 2 | 4, filter: Filter) {
  const ci = x.shape[layout === "nhwc" ? x.shape.length - 1 : 1] ?? 0;
  const co = channels ?? w.shape[2] ?? 0;
  const needed = transformedShape(outputs, ci, co);
  if (w.dtype !== "f32" || `${w.shape}` !== `${needed}`)
    fail(
      WHO,
      "shape",
      `w is ${w.dtype} ${showShape(w.shape)}; needed is f32 ${showShape(needed)}, what winogradFilter makes of ${ci} to ${co} channels with outputs ${outputs}.`,
    );
  const sizes: Record<string, readonly number[]> = { o: [co], i: [ci], h: [3, 3], w: [] };
  return { shape: [...filter].flatMap((letter) => sizes[letter] ?? []), dtype: w.dtype };
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
  variants: [
    { name: "winograd", when: () => true, form: async () => (await import("./variants/winograd.ts")).winograd },
    {
      name: "naive",
      when: () => true,
      form: async () => ({
        ...(await import("./variants/naive.ts")).naive,
        refuses: ({ spec }) => ((spec as WinogradSpec).transformed ? "its filter is transformed" : undefined),
      }),
    },
  ],
  proof: () => import("./winograd-proof.ts"),
  cost,
  tuneBy,
});
