// Between pixels and channels.
import { fail, showShape, type TensorType } from "@tilewright/runtime";
import { noMore } from "./options.ts";
import { view } from "./view.ts";

export interface BlockOptions {
  /** Side of the block of pixels that becomes, or comes from, channels. */
  readonly block: number;
  /** Where channels stand: NCHW (default) or NHWC. */
  readonly layout?: "nchw" | "nhwc" | undefined;
  /** Order within depth: `dcr` (default) block before channel, `crd` channel before block, as ONNX names them. */
  readonly order?: "dcr" | "crd" | undefined;
}

function blockSizes(who: string, x: TensorType, { block, layout = "nchw", order = "dcr", ...more }: BlockOptions) {
  noMore(who, more, "block, layout, order");
  if (x.shape.length !== 4)
    fail(who, "shape", `x is ${showShape(x.shape)}; needed is [n, c, h, w], or [n, h, w, c] with layout: "nhwc".`);
  if (!Number.isInteger(block) || block < 1) fail(who, "shape", `block is ${block}; needed is an integer from 1.`);
  const last = layout === "nhwc";
  const [n, c, h, w] = last ? [0, 3, 1, 2].map((d) => x.shape[d]!) : x.shape;
  return { n: n!, c: c!, h: h!, w: w!, last, crd: order === "crd" };
}

/** Blocks of channels to blocks of pixels: [n, c·b², h, w] → [n, c, h·b, w·b]. */
export const depthToSpace = /* @__PURE__ */ view("depthToSpace", (x, options: BlockOptions) => {
  const { block: b } = options;
  const { n, c: deep, h, w, last, crd } = blockSizes("depthToSpace", x, options);
  const c = deep / (b * b);
  if (!Number.isInteger(c)) fail("depthToSpace", "shape", `x has ${deep} channels; needed is a multiple of block² = ${b * b}.`);
  // Strides of x by what an element is: row, column, and within depth channel and place in the block.
  const [row, column, unit] = last ? [w * deep, deep, 1] : [w, 1, h * w];
  const [channel, down, across] = crd ? [b * b * unit, b * unit, unit] : [unit, b * c * unit, c * unit];
  const [high, wide, all] = [[h, b], [w, b], n] as const;
  return last
    ? {
        shape: [n, h * b, w * b, c],
        sizes: [all, ...high, ...wide, c],
        strides: [h * w * deep, row, down, column, across, channel],
      }
    : {
        shape: [n, c, h * b, w * b],
        sizes: [all, c, ...high, ...wide],
        strides: [h * w * deep, channel, row, down, column, across],
      };
});

/** Blocks of pixels to channels: [n, c, h·b, w·b] → [n, c·b², h, w]. The inverse of {@link depthToSpace}. */
export const spaceToDepth = /* @__PURE__ */ view("spaceToDepth", (x, options: BlockOptions) => {
  const { block: b } = options;
  const { n, c, h: high, w: wide, last, crd } = blockSizes("spaceToDepth", x, options);
  const [h, w] = [high / b, wide / b];
  if (!Number.isInteger(h) || !Number.isInteger(w))
    fail("spaceToDepth", "shape", `x is ${high} x ${wide} pixels; both must be multiples of block = ${b}.`);
  const [pixelRow, pixel, channel] = last ? [wide * c, c, 1] : [wide, 1, high * wide];
  const depth = crd
    ? ([
        [c, b, b],
        [channel, pixelRow, pixel],
      ] as const)
    : ([
        [b, b, c],
        [pixelRow, pixel, channel],
      ] as const);
  const [batch, row, column] = [high * wide * c, b * pixelRow, b * pixel];
  return last
    ? { shape: [n, h, w, c * b * b], sizes: [n, h, w, ...depth[0]], strides: [batch, row, column, ...depth[1]] }
    : { shape: [n, c * b * b, h, w], sizes: [n, ...depth[0], h, w], strides: [batch, ...depth[1], row, column] };
});
