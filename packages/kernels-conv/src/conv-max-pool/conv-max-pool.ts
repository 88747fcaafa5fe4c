import { countOf, defineKernel, fail, type Problem } from "@tilewright/runtime";
import type { ConvOptions } from "../conv.ts";
import { each, slide, spatialOf, type Three, type Windows } from "../geometry.ts";
import { type Spec as ConvSpec, cost, filterOf, type Given, operands, type P, params, settle, tuneBy } from "../problem.ts";

export interface ConvMaxPoolOptions extends ConvOptions {
  /** Extent of the pool's windows, which lie side by side: one number for all spatial dimensions, or one each. Default 2. */
  pool?: number | readonly number[] | undefined;
}

export interface Spec extends ConvSpec {
  readonly pool: Three;
  /** Input channels, where a thread can hold all that lies under its windows: their loops are unrolled. */
  readonly channels: number | undefined;
  /** Four neighbouring elements of y's plane are a vec4. */
  readonly vecPlane: boolean;
}

const WHO = "convMaxPool";

/**
 * Multiply-adds and vec4 of x that `stem` unrolls at most. CPU drivers compile this in the time that conv and maxPool take them; a 5x5 kernel (100, 36)
 * or a 3x3 one over three channels (108, 48) four times as long, and ran little faster than the two.
 */
const MOST = { statements: 64, field: 32 };

/** Where elements of x lie that some tap meets from some place of a pool's window, in each dimension, counted from the window's corner. */
export const field = ({ pool, kernel, strides, dilations }: Pick<Spec, "pool" | "kernel" | "strides" | "dilations">) =>
  pool.map((places, i) => {
    const met = Array.from({ length: places }, (_, place) =>
      Array.from({ length: kernel[i]! }, (_, tap) => place * strides[i]! + tap * dilations[i]!),
    );
    return [...new Set(met.flat())].sort((a, b) => a - b);
  });

function resolve(given: Omit<Given, "residual">, options: ConvMaxPoolOptions) {
  let pool: Three = [1, 1, 1];
  const lay = (spatial: readonly number[], kernel: readonly number[]): Windows => {
    const middle = slide(WHO, spatial, kernel, options);
    const rank = spatial.length;
    const strides = each(WHO, "pool", options.pool, rank, 1, 2);
    const windows = slide(WHO, spatialOf(middle.output, rank), strides, { strides });
    pool = windows.kernel;
    return { ...middle, output: windows.output };
  };
  const settled = settle(WHO, false, given, options, filterOf(options), lay, ["pool"]);
  const { params, spec } = settled;
  if (spec.slope === "all")
    fail(
      WHO,
      "shape",
      `slope is [${given.slope!.shape}]; needed is [${params.groups * params.co}], one for each channel of y, or one number.`,
    );
  const whole = { ...spec, pool, vecPlane: (params.yd * params.yh * params.yw) % 4 === 0 };
  const statements = params.ci * countOf(spec.kernel) * countOf(pool);
  const held = params.ci * countOf(field(whole).map((places) => places.length));
  const few = spec.flat && params.groups === 1 && statements <= MOST.statements && held <= MOST.field;
  return { ...settled, spec: { ...whole, channels: few ? params.ci : undefined } satisfies Spec };
}

const { residual: _, ...mine } = operands;

/**
 * `conv`, and the greatest element of each window of what it gives, windows lying side by side: `maxPool` with strides of its kernel. What is between
 * them is not stored. Operands, options and layouts are conv's but for residual, and slope is [co] or one number. A spatial size of y is that of
 * conv divided by the pool's extent, rounded down. NaN wins.
 */
export const convMaxPool = defineKernel({
  name: WHO,
  operands: mine,
  params,
  resolve,
  variants: [
    { name: "stem", when: () => true, form: async () => (await import("./stem.ts")).stem },
    { name: "naive", when: () => true, form: async () => (await import("./naive.ts")).naive },
  ],
  proof: () => import("./proof.ts"),
  cost: (problem: Problem<P, Spec>) => {
    const { flops, bytes } = cost(problem);
    return { flops: flops * countOf(problem.spec.pool), bytes };
  },
  tuneBy,
});
