import { defineSuite, type Fill, fill, type KernelCase, type Suite } from "@tilewright/runtime/cases";
import { assemble } from "../geometry.ts";
import {
  type AveragePoolOptions,
  averagePool,
  type LpPoolOptions,
  lpPool,
  type MaxPoolOptions,
  maxPool,
  type PoolOptions,
} from "./pool.ts";

interface Shape {
  n?: number;
  c: number;
  in: readonly number[];
  data?: Fill;
}
type Type = "f32" | "f16" | "i8" | "u8";

function one(dtype: Type, { n = 1, c, in: spatial, data = "uniform" }: Shape, options: PoolOptions = {}): KernelCase {
  const keys: Record<string, string | number | boolean> = { c, in: spatial.join("x") };
  if (n !== 1) keys["n"] = n;
  if (data !== "uniform") keys["data"] = data;
  for (const [key, value] of Object.entries(options))
    keys[key] = Array.isArray(value) ? value.join("x") : (value as string | number | boolean);
  const shape = assemble(options.layout === "nhwc", n, c, spatial);
  return { dtype, keys, options, inputs: () => ({ x: fill(data, shape, dtype, 1) }) };
}

const layouts = <O extends PoolOptions>(shape: Shape, options: O, types: readonly Type[] = ["f32"]): KernelCase[] =>
  types.flatMap((type) => [one(type, shape, options), one(type, shape, { ...options, layout: "nhwc" })]);
const floats = ["f32", "f16"] as const;

/** Windows that every pool meets. */
const windows = (more: PoolOptions): KernelCase[] => [
  ...layouts({ c: 8, in: [12, 16] }, { kernel: 2, strides: 2, ...more }, floats),
  ...layouts({ n: 2, c: 5, in: [9, 11] }, { kernel: 3, strides: 2, padding: 1, ...more }, floats),
  ...layouts({ c: 12, in: [7, 10] }, { kernel: 3, padding: "same-upper", ...more }),
  ...(["f32", "f16"] as const).map((type) => one(type, { n: 2, c: 5, in: [7, 12] }, { kernel: 3, padding: 1, ...more })),
  one("f32", { c: 3, in: [5, 16] }, { kernel: [2, 6], padding: [0, 2], strides: [1, 2], ...more }),
  one("f32", { c: 3, in: [3, 5, 8] }, { kernel: [2, 3, 5], padding: [1, 0, 2], ...more }),
  ...layouts({ c: 3, in: [8, 8] }, { kernel: [2, 4], padding: "same-lower", strides: [1, 3], ...more }),
  ...layouts({ c: 4, in: [9, 9] }, { kernel: 3, dilations: 2, padding: 2, ...more }),
  ...layouts({ c: 4, in: [10, 8] }, { kernel: 3, strides: 2, padding: [0, 1, 1, 0], ceil: true, ...more }),
  ...layouts({ n: 2, c: 6, in: [23] }, { kernel: 5, strides: 3, padding: 2, ...more }),
  ...layouts({ c: 4, in: [5, 6, 7] }, { kernel: [2, 3, 2], strides: [2, 1, 2], padding: [1, 1, 0], ...more }),
  ...layouts({ n: 3, c: 9, in: [7, 7] }, { ...more }, floats),
  one("f32", { c: 1, in: [1, 1] }, { kernel: 1, ...more }),
  one("f32", { n: 0, c: 4, in: [4, 4] }, { kernel: 2, ...more }),
  one("f32", { c: 4, in: [20, 20] }, { kernel: [13, 11], ...more }),
  // large ones, whose parts are found apart
  ...layouts({ n: 2, c: 8, in: [13, 11] }, { kernel: [13, 11], padding: [6, 5], strides: [7, 6], ...more }),
  ...layouts({ n: 2, c: 3, in: [9, 70] }, { ...more }, floats),
  one("f32", { c: 5, in: [301] }, { ...more }),
];
const hard = (kinds: readonly Fill[], more: PoolOptions): KernelCase[] =>
  kinds.flatMap((data) => layouts({ c: 8, in: [6, 8], data }, { kernel: 2, strides: 2, ...more }, floats));

const indexed: readonly MaxPoolOptions[] = [{ indices: "row-major" }, { indices: "column-major" }];
const maxCases: readonly KernelCase[] = [
  ...windows({}),
  ...hard(["large", "denormal", "nonfinite"], {}),
  ...layouts({ c: 8, in: [12, 12], data: "nonfinite" }, {}),
  ...layouts({ c: 8, in: [9, 8] }, { kernel: 3, padding: 1, strides: 2 }, ["i8", "u8"]),
  ...layouts({ n: 3, c: 3, in: [7, 5] }, { kernel: 2 }, ["i8", "u8"]),
  ...layouts({ n: 3, c: 4, in: [12, 10] }, {}, ["i8", "u8"]),
  one("i8", { n: 2, c: 3, in: [7, 16] }, { kernel: 3, padding: 1 }),
  one("u8", { n: 2, c: 3, in: [7, 16] }, { kernel: 2, strides: [2, 1], padding: [0, 0, 0, 1] }),
  // more outputs than float32 tells apart
  ...layouts({ c: 2 ** 16 + 1, in: [4, 5] }, { kernel: [1, 2] }),
  ...indexed.flatMap((o) => layouts({ n: 2, c: 4, in: [6, 9] }, { kernel: 3, padding: 1, strides: 2, ...o }, floats)),
  ...indexed.flatMap((o) => layouts({ c: 3, in: [4, 5, 6] }, { kernel: 2, ...o })),
  ...indexed.map((o) => one("f32", { n: 2, c: 3, in: [5, 12] }, { kernel: 3, padding: 1, ...o })),
  ...layouts({ c: 4, in: [6, 6], data: "nonfinite" } as Shape, { kernel: 3, indices: "row-major" } as MaxPoolOptions),
  ...layouts({ c: 4, in: [6, 6] }, { kernel: 2, strides: 2, indices: "row-major" } as MaxPoolOptions, ["u8"]),
];

const averageCases: readonly KernelCase[] = [
  ...windows({}),
  ...windows({ countPadding: true } as AveragePoolOptions),
  ...hard(["positive", "large", "tiny", "cancel", "denormal", "nonfinite"], {}),
  ...layouts({ c: 8, in: [12, 12], data: "nonfinite" }, {}),
];

const lp = (p: number): LpPoolOptions => ({ p });
const lpCases: readonly KernelCase[] = [
  ...windows({}),
  ...layouts({ c: 8, in: [9, 8] }, { kernel: 3, padding: 1, ...lp(1) }, floats),
  ...layouts({ c: 8, in: [9, 8] }, { kernel: 3, padding: 1, ...lp(3) }, floats),
  ...layouts({ c: 5, in: [9, 8] }, { kernel: 3, strides: 2, ...lp(2.5) }),
  ...hard(["positive", "nonfinite"], {}),
];

/** One case that shows any mistake, in each layout, and with rows of fours: windows overlap, every edge is padded. */
export const revealingPool: readonly KernelCase[] = [
  ...layouts({ n: 2, c: 8, in: [9, 10] }, { kernel: 3, strides: 2, padding: 1 }),
  one("f32", { n: 2, c: 8, in: [9, 16] }, { kernel: 3, strides: 2, padding: 1 }),
  one("f32", { n: 2, c: 8, in: [9, 16], data: "nonfinite" }, { kernel: 3, strides: 2, padding: 1, layout: "nhwc" }),
];

/** Likewise of large windows, whose parts are found apart: 71 rows of them, padded on every edge. */
export const revealingSplit: readonly KernelCase[] = layouts(
  { n: 2, c: 8, in: [71, 9] },
  { kernel: [71, 9], padding: [3, 2], strides: [4, 3] },
);

const size = (shape: Shape, options: PoolOptions): KernelCase[] => layouts(shape, options);
const usual = [
  ...size({ c: 64, in: [112, 112] }, { kernel: 2, strides: 2 }),
  ...size({ c: 64, in: [112, 112] }, { kernel: 3, strides: 2, padding: 1 }),
];

/** What proves and times the pools. */
export const maxPoolSuite: Suite = defineSuite(maxPool, maxCases, usual);
export const averagePoolSuite: Suite = defineSuite(averagePool, averageCases, [
  ...usual,
  ...size({ c: 512, in: [7, 7] }, {}),
  ...size({ c: 4, in: [512, 512] }, {}),
]);
export const lpPoolSuite: Suite = defineSuite(lpPool, lpCases, usual.slice(0, 2));
