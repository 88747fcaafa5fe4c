import { countOf, defineKernel, fail, showShape, type TensorType } from "@tilewright/runtime";
import { type Layout, slide, type WindowOptions } from "../geometry.ts";
import { cost, type Filter, type Place, place, sizes } from "../problem.ts";

export interface ConvIntegerOptions extends WindowOptions {
  /** Of x and y. Default "nchw". */
  layout?: Layout | undefined;
  /** Default "oihw" for nchw, "hwio" for nhwc. */
  filter?: Filter | undefined;
  /** As of `conv`. Default 1. */
  groups?: number | undefined;
}

/** What changes convInteger's text. */
export interface Spec extends Place {
  readonly xZero: boolean;
  /** "" one for all, "c" one for each output channel. */
  readonly wZero: "" | "c" | undefined;
}

const WHO = "convInteger";
const OPTIONS = ["layout", "filter", "groups", "strides", "dilations", "padding"];

function zeroOf(
  name: string,
  of: string,
  zero: TensorType | undefined,
  { dtype }: TensorType,
  channels?: number,
): "" | "c" | undefined {
  if (!zero) return undefined;
  if (zero.dtype !== dtype) fail(WHO, "dtype", `${name} is ${zero.dtype}; needed is ${of}'s dtype, ${dtype}.`);
  if (countOf(zero.shape) === 1) return "";
  if (channels !== undefined && `${zero.shape}` === `${[channels]}`) return "c";
  const or = channels === undefined ? "" : `, or [${channels}], one for each channel of y`;
  return fail(WHO, "shape", `${name} is ${showShape(zero.shape)}; needed is one number${or}.`);
}

/**
 * y = Σ (x - xZero) · (w - wZero): exact, modulo 2^32. x and w are i8 or u8, signs mixed at will, y is i32; shapes and layouts as of `conv`.
 * xZero is one number of x's dtype; wZero one number or [co], of w's. Padding counts as zero points: nothing is added. ONNX ConvInteger.
 */
export const convInteger = defineKernel({
  name: WHO,
  operands: { x: "in", w: "in", xZero: "in?", wZero: "in?", y: "out" },
  params: sizes,

  resolve({ x, w, xZero, wZero }, options: ConvIntegerOptions) {
    for (const key in options)
      if (!OPTIONS.includes(key)) fail(WHO, "feature", `there is no option ${key}; there are ${OPTIONS.join(", ")}.`);
    for (const [name, { dtype }] of Object.entries({ x, w }))
      if (dtype !== "i8" && dtype !== "u8")
        fail(WHO, "dtype", `${name} is ${dtype}; needed is i8 or u8. Floats are convolved by conv.`);
    const filter = options.filter ?? (options.layout === "nhwc" ? "hwio" : "oihw");
    const { shape, all, params, spec } = place(WHO, false, { x, w }, options, filter, (spatial, kernel) =>
      slide(WHO, spatial, kernel, options),
    );
    return {
      params,
      spec: { ...spec, xZero: zeroOf("xZero", "x", xZero, x) !== undefined, wZero: zeroOf("wZero", "w", wZero, w, all) },
      outputs: { y: { shape, dtype: "i32" as const } },
    };
  },

  variants: [{ name: "naive", when: () => true, form: async () => (await import("./naive.ts")).naive }],
  proof: () => import("./proof.ts"),
  cost,
});
