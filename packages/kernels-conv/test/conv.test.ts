import { BEST_CAPS, type Caps, choose, sizeOf, type TensorType } from "@tilewright/runtime";
import { describe, expect, test } from "vitest";
import { averagePool, type ConvOptions, type ConvTransposeOptions, conv, convTranspose, maxPool } from "../src/index.ts";

const f32 = (...shape: number[]): TensorType => ({ shape, dtype: "f32" });
const shapeOf = (x: TensorType, w: TensorType, options?: ConvOptions) => conv.problem({ x, w }, options).types["y"]!.shape;
const back = (x: TensorType, w: TensorType, options?: ConvTransposeOptions) =>
  convTranspose.problem({ x, w }, options).types["y"]!.shape;

describe("sizes of conv", () => {
  test("padding", () => {
    const [x, w] = [f32(1, 3, 224, 225), f32(8, 3, 7, 7)];
    expect(shapeOf(x, w)).toEqual([1, 8, 218, 219]);
    expect(shapeOf(x, w, { strides: 2, padding: 3 })).toEqual([1, 8, 112, 113]);
    expect(shapeOf(x, w, { strides: [2, 3], padding: "same-upper" })).toEqual([1, 8, 112, 75]);
    expect(shapeOf(x, w, { padding: [0, 1, 2, 3] })).toEqual([1, 8, 220, 223]);
    expect(shapeOf(x, w, { dilations: 2 })).toEqual([1, 8, 212, 213]);
  });

  test("same-upper and same-lower put the odd one behind and before", () => {
    const begin = (padding: "same-upper" | "same-lower") =>
      conv.problem({ x: f32(1, 1, 4, 4), w: f32(1, 1, 2, 4) }, { padding }).params;
    expect(begin("same-upper")).toMatchObject({ ph: 0, pw: 1 });
    expect(begin("same-lower")).toMatchObject({ ph: 1, pw: 2 });
  });

  test("layouts and ranks", () => {
    expect(shapeOf(f32(2, 9, 3), f32(2, 3, 5), { layout: "nhwc" })).toEqual([2, 8, 5]);
    expect(shapeOf(f32(2, 4, 5, 6, 8), f32(2, 2, 3, 2, 12), { layout: "nhwc", groups: 4 })).toEqual([2, 3, 4, 4, 12]);
    expect(shapeOf(f32(1, 8, 6, 6), f32(16, 3, 3, 2), { filter: "ohwi", groups: 4 })).toEqual([1, 16, 4, 4]);
  });
});

describe("sizes of convTranspose", () => {
  test("are those that conv comes from", () => {
    for (const strides of [1, 2, 3])
      for (const kernel of [1, 2, 3, 5]) {
        const w = f32(4, 6, kernel, kernel);
        const y = back(f32(1, 4, 7, 5), w, { strides, padding: 0 });
        expect(shapeOf({ shape: y, dtype: "f32" }, w, { strides })).toEqual([1, 4, 7, 5]);
      }
  });
  test("as asked", () => {
    const [x, w] = [f32(1, 1, 3, 3), f32(1, 2, 3, 3)];
    expect(back(x, w, { strides: [3, 2], outputPadding: 1 })).toEqual([1, 2, 10, 8]);
    expect(back(x, w, { strides: [3, 2], outputSizes: [10, 8] })).toEqual([1, 2, 10, 8]);
    expect(back(x, w, { strides: 2, padding: "same-upper" })).toEqual([1, 2, 6, 6]);
    expect(back(f32(2, 6, 4), f32(6, 3, 3), { groups: 2 })).toEqual([2, 6, 6]);
  });
});

describe("sizes of pools", () => {
  const pool = (size: number, options: Parameters<typeof averagePool.problem>[1]) =>
    averagePool.problem({ x: f32(1, 1, size) }, options).types["y"]!.shape[2];
  test("ceil counts a last window that begins inside", () => {
    expect(pool(4, { kernel: 3, strides: 2 })).toBe(1);
    expect(pool(4, { kernel: 3, strides: 2, ceil: true })).toBe(2);
    expect(pool(4, { kernel: 1, strides: 2, padding: 1 })).toBe(3);
    // This one would begin in the padding behind.
    expect(pool(3, { kernel: 2, strides: 3, padding: [0, 1], ceil: true })).toBe(1);
  });
  test("no kernel is a global one", () => {
    expect(maxPool.problem({ x: f32(2, 5, 7, 9) }).types["y"]!.shape).toEqual([2, 5, 1, 1]);
  });
});

describe("what does not fit is refused, with what was given and what was needed", () => {
  const [x, w] = [f32(1, 4, 5, 5), f32(8, 4, 3, 3)];
  const cases: [string, () => unknown, string | RegExp][] = [
    ["channels", () => shapeOf(x, f32(8, 3, 3, 3)), "needed are 3 channels of x"],
    ["groups", () => shapeOf(x, w, { groups: 2 }), "Filters hold the input channels of one group only."],
    ["rank", () => shapeOf(x, f32(8, 4, 3)), "w is [8,4,3]; needed is rank 4"],
    ["no batch", () => shapeOf(f32(4, 5), w), "One image? Its batch is 1."],
    ["windows", () => shapeOf(f32(1, 4, 2, 2), w), "do not fit into [2,2]"],
    ["strides", () => shapeOf(x, w, { strides: [1, 0] }), "strides is [1,0]; needed is an integer >= 1, or 2 of them."],
    ["layout", () => shapeOf(x, w, { layout: "nwch" as never }), 'there is no layout "nwch"'],
    ["filter", () => shapeOf(x, w, { filter: "hiow" as never }), 'there is no filter layout "hiow"'],
    ["padding", () => shapeOf(x, w, { padding: "full" as never }), 'there is no padding "full"'],
    ["activation", () => shapeOf(x, w, { activation: "swish" as never }), 'there is no activation "swish"'],
    ["option", () => shapeOf(x, w, { stride: 2 } as never), "there is no option stride"],
    ["prelu", () => shapeOf(x, w, { activation: "prelu" }), "slope is missing"],
    ["bias", () => conv.problem({ x, w, bias: f32(4) }), "bias is [4]; needed is [8], one for each channel of y, or one number."],
    ["residual", () => conv.problem({ x, w, residual: f32(8) }), "needed is y's shape [1,8,3,3]"],
    ["dtype", () => conv.problem({ x: { shape: x.shape, dtype: "i32" }, w }), "x is i32; needed is f32 or f16."],
    ["transpose", () => back(f32(1, 4, 2, 2), f32(4, 8, 1, 1), { padding: 3 }), "leaves nothing of y"],
    ["pool", () => maxPool.problem({ x }, { kernel: 2, indices: "first" as never }), 'there are no indices "first"'],
    ["global", () => maxPool.problem({ x: f32(1, 4, 0) }), "a global pool of nothing has no value"],
  ];
  test.each(cases)("%s", (_, call, message) => expect(call).toThrow(message));
});

describe("choice", () => {
  const chosen = async (can: Partial<Caps>, x: TensorType, w: TensorType, options: ConvOptions = {}) =>
    (await choose(conv, conv.problem({ x, w }, options), { ...BEST_CAPS, ...can }, {})).variant.name;
  test("by device and shape", async () => {
    const [x, w] = [f32(1, 64, 56, 56), f32(64, 64, 3, 3)];
    expect(await chosen({ software: true }, x, w, { padding: 1 })).toBe("quad");
    const grouped = { groups: 16, layout: "nhwc" } as const;
    expect(await chosen({ software: true }, f32(1, 28, 28, 64), f32(3, 3, 4, 64), grouped)).toBe("narrow");
    expect(await chosen({ software: true, subgroups: false }, x, w, { padding: 1 })).toBe("direct");
    expect(await chosen({}, x, w, { padding: 1 })).toBe("staged");
    expect(await chosen({}, f32(1, 96, 56, 56), f32(96, 1, 3, 3), { groups: 96 })).toBe("depthwise");
    expect(await chosen({}, f32(1, 2, 4, 4), f32(2, 2, 3, 3))).toBe("naive");
  });
});

describe("im2col", () => {
  const scratchOf = async (maxBinding: number, options: ConvOptions) => {
    const problem = conv.problem({ x: f32(2, 64, 64, 32), w: f32(3, 3, 32, 48) }, { layout: "nhwc", padding: 1, ...options });
    const { variant, tile } = await choose(conv, problem, { ...BEST_CAPS, maxBinding }, { variant: "im2col" });
    if (!("passes" in variant)) throw new Error("it has passes");
    const turns = variant.passes.map((pass) => pass.repeat?.times(problem, tile) ?? 1);
    return { turns, sizes: Object.values(variant.scratch(problem, tile)).map(sizeOf) };
  };

  test("does y a chunk at a time, in scratch that a binding holds", async () => {
    // All patches at once are 2 x 64 x 64 x 288 floats, 9.4 MB: three chunks of at most 4 MiB.
    const { turns, sizes } = await scratchOf(2 ** 27, {});
    expect(turns).toEqual([1, 3, 3]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2 ** 22);
    expect(3 * sizes[1]!).toBeGreaterThanOrEqual(4 * 2 * 64 * 64 * 288);
    // Only the filter of 55,296 bytes and less may be bound.
    const small = await scratchOf(60_000, {});
    expect(small.turns[1]).toBeGreaterThan(500);
    expect(Math.max(...small.sizes)).toBeLessThanOrEqual(60_000);
  });
  test("says why where nothing fits", async () => {
    await expect(scratchOf(10_000, {})).rejects.toThrow("its scratch needs a 55296-byte binding; this device allows 10000");
  });
  test("is the choice for kernels too wide to unroll", async () => {
    const software = { ...BEST_CAPS, software: true };
    const chosen = async (k: number) =>
      (await choose(conv, conv.problem({ x: f32(1, 8, 400), w: f32(16, 8, k) }), software, {})).variant.name;
    expect([await chosen(15), await chosen(31)]).toEqual(["quad", "im2col"]);
  });
});
