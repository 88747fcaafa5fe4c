import { countOf } from "@tilewright/runtime";
import { defineSuite, fill, type KernelCase, random, type Suite } from "@tilewright/runtime/cases";
import { assemble, dissect, spread } from "../geometry.ts";
import { visit } from "../proof.ts";
import { type MaxUnpoolOptions, maxUnpool } from "./unpool.ts";

interface Shape {
  n?: number;
  c: number;
  /** Of x. */
  in: readonly number[];
  /** Of the indices; u32 unless given. */
  indices?: "u32" | "i32";
}
type Type = "f32" | "f16" | "i8" | "u8";

/** Any element of each window, so that windows that overlap fight for some; one index in eleven points anywhere. */
function indicesOf(shape: readonly number[], options: MaxUnpoolOptions, dtype: "u32" | "i32") {
  const { last, batch, channels, spatial } = dissect("cases", "x", { shape, dtype: "f32" }, options.layout ?? "nchw");
  const kernel = spatial.map((_, i) => (typeof options.kernel === "number" ? options.kernel : options.kernel[i]!));
  const lie = spread("cases", spatial, kernel, options);
  const [, ih, iw] = options.indexSizes ? ([1, 1, 1, ...options.indexSizes].slice(-3) as [number, number, number]) : lie.output;
  const id = options.indexSizes && spatial.length === 3 ? options.indexSizes[0]! : options.indexSizes ? 1 : lie.output[0];
  const next = random(9);
  const [pixels, plane] = [countOf(spatial), id * ih * iw];
  const data = dtype === "u32" ? new Uint32Array(countOf(shape)) : new Int32Array(countOf(shape));
  for (let image = 0; image < batch; image++)
    for (let channel = 0; channel < channels; channel++)
      visit(lie.input).forEach((window, pixel) => {
        const [d, h, w] = window.map((o, i) => {
          const tap = Math.floor(next() * lie.kernel[i]!);
          return Math.max(0, o * lie.strides[i]! - lie.begin[i]! + tap * lie.dilations[i]!);
        }) as [number, number, number];
        const at = options.indices === "column-major" ? d + (h + w * ih) * id : (d * ih + h) * iw + w;
        const all = last ? (image * plane + at) * channels + channel : (image * channels + channel) * plane + at;
        const wild = Math.floor(next() * 2 * batch * channels * plane);
        const to = last ? (image * pixels + pixel) * channels + channel : (image * channels + channel) * pixels + pixel;
        data[to] = next() < 1 / 11 ? wild : options.indices === "plane" ? at : all;
      });
  return { data, shape, dtype };
}

function one(dtype: Type, { n = 1, c, in: spatial, indices = "u32" }: Shape, options: MaxUnpoolOptions): KernelCase {
  const keys: Record<string, string | number | boolean> = { c, in: spatial.join("x") };
  if (n !== 1) keys["n"] = n;
  if (indices !== "u32") keys["type"] = indices;
  for (const [key, value] of Object.entries(options)) keys[key] = Array.isArray(value) ? value.join("x") : (value as string);
  const shape = assemble(options.layout === "nhwc", n, c, spatial);
  return {
    dtype,
    keys,
    options,
    inputs: () => ({ x: fill("uniform", shape, dtype, 1), indices: indicesOf(shape, options, indices) }),
  };
}
const layouts = (shape: Shape, options: MaxUnpoolOptions, types: readonly Type[] = ["f32"]): KernelCase[] =>
  types.flatMap((type) => [one(type, shape, options), one(type, shape, { ...options, layout: "nhwc" })]);

/** One case that shows any mistake, in each layout: windows overlap, are padded, and indices count in sizes of their own. */
export const revealingUnpool: readonly KernelCase[] = layouts(
  { n: 2, c: 8, in: [4, 6] },
  { kernel: 3, strides: 2, padding: 1, outputSizes: [8, 12], indexSizes: [7, 11] },
);

const cases: readonly KernelCase[] = [
  ...layouts({ n: 2, c: 8, in: [5, 6] }, { kernel: 2, strides: 2 }, ["f32", "f16", "i8", "u8"]),
  ...layouts({ n: 2, c: 5, in: [4, 5] }, { kernel: 3, strides: 2, padding: 1 }, ["f32", "f16", "i8"]),
  ...revealingUnpool,
  ...(["column-major", "plane"] as const).flatMap((indices) =>
    layouts({ n: 2, c: 4, in: [3, 4, 5] }, { kernel: [2, 3, 2], strides: [1, 2, 2], indices }),
  ),
  ...layouts({ c: 3, in: [17], indices: "i32" }, { kernel: 5, strides: 3, dilations: 2, indices: "plane" }),
  ...layouts({ c: 3, in: [4, 4], indices: "i32" }, { kernel: 2, strides: [3, 2], outputSizes: [13, 8] }),
  one("f32", { n: 0, c: 4, in: [4, 4] }, { kernel: 2 }),
];

const sizes: readonly KernelCase[] = layouts({ c: 64, in: [56, 56] }, { kernel: 2, strides: 2 });

/** What proves and times maxUnpool. */
export const maxUnpoolSuite: Suite = defineSuite(maxUnpool, cases, sizes);
