import { countOf, type DType, defineKernel, fail, type Problem, showShape, sizeOf, type TensorType } from "@tilewright/runtime";
import { assemble, dissect, each, type Layout, spatialOf, spread, type Taps, type WindowOptions } from "../geometry.ts";

export interface MaxUnpoolOptions extends WindowOptions {
  /** The windows' extent, and with strides, dilations and padding where they lie in y: as the pool had them in its x. */
  kernel: number | readonly number[];
  /** Of x, indices and y. Default "nchw". */
  layout?: Layout | undefined;
  /** y's spatial sizes: those of the pool's x. Default stride · (size − 1) + dilation · (kernel − 1) + 1 − padding. */
  outputSizes?: readonly number[] | undefined;
  /**
   * How indices count: through all of a tensor row-major as it lies in memory, or column-major within an image, as `maxPool` gives them; or,
   * `plane`, row-major through the one image of a channel (PyTorch). Default "row-major".
   */
  indices?: "row-major" | "column-major" | "plane" | undefined;
  /** The spatial sizes that indices count in; y's unless given. ONNX counts in those that y has without `output_shape`. */
  indexSizes?: readonly number[] | undefined;
}

/** x and y in depth, height and width, and what indices count in; `pd`, `ph`, `pw` padding before. */
export type UnpoolP = "batch" | "channels" | "xd" | "xh" | "xw" | "yd" | "yh" | "yw" | "id" | "ih" | "iw" | "pd" | "ph" | "pw";

/** What changes the text. */
export interface UnpoolSpec extends Taps {
  readonly last: boolean;
  readonly order: "row-major" | "column-major" | "plane";
  /** Channels are a multiple of 4. */
  readonly vecC: boolean;
  readonly dtype: DType;
}

const WHO = "maxUnpool";
const ORDERS: readonly string[] = ["row-major", "column-major", "plane"];
const DTYPES: readonly DType[] = ["f32", "f16", "i8", "u8"];

function resolve(
  { x, indices }: { readonly x: TensorType; readonly indices: TensorType },
  {
    kernel,
    layout = "nchw",
    strides,
    dilations,
    padding,
    outputSizes,
    indices: order = "row-major",
    indexSizes,
    ...unknown
  }: MaxUnpoolOptions,
) {
  for (const key in unknown)
    fail(
      WHO,
      "feature",
      `there is no option ${key}; there are kernel, layout, strides, dilations, padding, outputSizes, indices, indexSizes.`,
    );
  if (!DTYPES.includes(x.dtype)) fail(WHO, "dtype", `x is ${x.dtype}; needed is ${DTYPES.join(", ")}.`);
  if (indices.dtype !== "u32" && indices.dtype !== "i32")
    fail(WHO, "dtype", `indices is ${indices.dtype}; needed is u32 or i32.`);
  if (`${indices.shape}` !== `${x.shape}`)
    fail(WHO, "shape", `indices is ${showShape(indices.shape)}; needed is x's shape ${showShape(x.shape)}.`);
  if (!ORDERS.includes(order)) fail(WHO, "feature", `there are no indices "${order}"; there are ${ORDERS.join(", ")}.`);
  const { last, batch, channels, spatial } = dissect(WHO, "x", x, layout);
  const rank = spatial.length;
  const windows = { strides, dilations, padding, outputSizes };
  const lie = spread(WHO, spatial, each(WHO, "kernel", kernel, rank), windows);
  const inY = spatialOf(lie.output, rank);
  const counted = indexSizes ? each(WHO, "indexSizes", indexSizes, rank, 0) : inY;
  const [[xd, xh, xw], [yd, yh, yw], [pd, ph, pw]] = [lie.input, lie.output, lie.begin];
  const [iw = 1, ih = 1, id = 1] = [...counted].reverse();
  const spec: UnpoolSpec = {
    last,
    order,
    kernel: lie.kernel,
    strides: lie.strides,
    dilations: lie.dilations,
    vecC: channels % 4 === 0,
    dtype: x.dtype,
  };
  return {
    params: { batch, channels, xd, xh, xw, yd, yh, yw, id, ih, iw, pd, ph, pw },
    spec,
    outputs: { y: { shape: assemble(last, batch, channels, inY), dtype: x.dtype } },
  };
}

/**
 * Puts maxima back where `maxPool` found them: y[indices[i]] = x[i], the rest 0, in 1 to 3 spatial dimensions. x is [batch, channels, …] (nchw)
 * or [batch, …, channels] (nhwc) of f32, f16, i8 or u8, indices are of its shape, u32 or i32. ONNX MaxUnpool, PyTorch max_unpool.
 *
 * Of several that point at one element the last of x's image counts. An index must lie in its window; one that lies elsewhere counts nothing
 * (`scatterND` of kernels-reduction takes any).
 */
export const maxUnpool = defineKernel({
  name: WHO,
  operands: { x: "in", indices: "in", y: "out" },
  params: {
    ...({ batch: "u32", channels: "u32", xd: "u32", xh: "u32", xw: "u32", yd: "u32", yh: "u32", yw: "u32" } as const),
    ...({ id: "u32", ih: "u32", iw: "u32", pd: "u32", ph: "u32", pw: "u32" } as const),
  },
  resolve,
  variants: [{ name: "gather", when: () => true, form: async () => (await import("./gather.ts")).gather }],
  proof: () => import("./unpool-proof.ts"),
  cost: ({ types }: Problem<UnpoolP, UnpoolSpec>) => ({
    flops: countOf(types["y"]!.shape),
    bytes: Object.values(types).reduce((sum, type) => sum + sizeOf(type), 0),
  }),
});
