import { defineSuite, type Fill, fill, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { assemble } from "../geometry.ts";
import { type ConvIntegerOptions, convInteger } from "./conv-integer.ts";

interface Shape {
  n?: number;
  ci: number;
  co: number;
  in: readonly number[];
  k: readonly number[];
  /** Zero points: of x, of w as one, of w for each channel. */
  zeros?: "x" | "w" | "xw" | "xc";
  data?: Fill;
}

/** One case; `types` of x and of w. */
function one(types: "i8" | "u8" | "i8·u8" | "u8·i8", shape: Shape, options: ConvIntegerOptions = {}): KernelCase {
  const { n = 1, ci, co, in: spatial, k, zeros = "", data = "uniform" } = shape;
  const { layout = "nchw", groups = 1 } = options;
  const [x, w = x] = types.split("·") as ("i8" | "u8")[];
  const last = layout === "nhwc";
  const keys: Record<string, string | number | boolean> = { ci, co, in: spatial.join("x"), k: k.join("x") };
  if (n !== 1) keys["n"] = n;
  if (zeros) keys["zeros"] = zeros;
  if (data !== "uniform") keys["data"] = data;
  for (const [key, value] of Object.entries(options)) keys[key] = Array.isArray(value) ? value.join("x") : (value as string);
  return {
    dtype: types,
    keys,
    options,
    inputs: () => ({
      x: fill(data, assemble(last, n, ci, spatial), x!, 1),
      w: fill(data, last ? [...k, ci / groups, co] : [co, ci / groups, ...k], w!, 2),
      ...(zeros.includes("x") && { xZero: fill("uniform", [1], x!, 3) }),
      ...(/[wc]/.test(zeros) && { wZero: fill("uniform", [zeros.includes("c") ? co : 1], w!, 4) }),
    }),
  };
}

const layouts = (types: Parameters<typeof one>[0], shape: Shape, options: ConvIntegerOptions = {}): KernelCase[] => [
  one(types, shape, options),
  one(types, shape, { ...options, layout: "nhwc" }),
];

const cases: readonly KernelCase[] = [
  ...layouts("u8", { ci: 5, co: 7, in: [7, 9], k: [3, 3], zeros: "xc" }, { padding: 1 }),
  ...layouts("i8", { n: 2, ci: 8, co: 12, in: [8, 8], k: [3, 3], zeros: "xw" }, { padding: [2, 2, 1, 1], strides: 3 }),
  ...layouts("u8·i8", { ci: 12, co: 8, in: [6, 6], k: [1, 1], zeros: "x" }),
  ...layouts("i8·u8", { ci: 4, co: 8, in: [9], k: [4], zeros: "w" }, { strides: 2, dilations: 2 }),
  ...layouts("u8", { ci: 3, co: 4, in: [4, 5, 6], k: [2, 2, 2] }, { padding: 1 }),
  ...layouts("i8", { ci: 6, co: 12, in: [6, 6], k: [3, 3], zeros: "xc" }, { groups: 3 }),
  ...layouts("i8", { ci: 64, co: 8, in: [5, 5], k: [3, 3], zeros: "xw", data: "large" }, { padding: 1 }),
  one("u8", { n: 0, ci: 4, co: 4, in: [4, 4], k: [3, 3] }),
  one("u8", { ci: 0, co: 4, in: [4, 4], k: [3, 3] }),
];

const sizes = layouts("u8·i8", { ci: 32, co: 32, in: [28, 28], k: [3, 3], zeros: "xc" }, { padding: 1 });

/** What proves and times convInteger. */
export const convIntegerSuite: Suite = defineSuite(convInteger, cases, sizes);
