import { tensor } from "@tilewright/runtime";
import { fill } from "@tilewright/runtime/cases";
import { describe, expect, test } from "vitest";
import { type MaxPoolOptions, type MaxUnpoolOptions, maxPool, maxUnpool } from "../src/index.ts";

const cpu = { on: "cpu" } as const;
const values = ({ data }: { data: unknown }) => Array.from(data as Float32Array);

describe("ONNX MaxUnpool", () => {
  const x = tensor([1, 2, 3, 4], [1, 1, 2, 2]);
  const indices = tensor(new Uint32Array([5, 7, 13, 15]), [1, 1, 2, 2]);
  const options = { kernel: 2, strides: 2 };
  test("the sizes that windows cover", async () => {
    const y = await maxUnpool.run({ x, indices }, options, cpu);
    expect(y.shape).toEqual([1, 1, 4, 4]);
    expect(values(y)).toEqual([0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4]);
  });
  test("an output_shape, through which indices do not count", async () => {
    const y = await maxUnpool.run({ x, indices }, { ...options, outputSizes: [5, 5], indexSizes: [4, 4] }, cpu);
    expect(values(y)).toEqual([0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0, 0]);
  });
});

describe.each(["nchw", "nhwc"] as const)("maxPool and back, %s", (layout) => {
  test.each(["row-major", "column-major"] as const)("%s", async (order) => {
    const shape = layout === "nchw" ? [2, 3, 7, 9] : [2, 7, 9, 3];
    const x = fill("positive", shape, "f32", 1);
    const how: MaxPoolOptions = { kernel: 3, strides: 2, padding: 1, layout, indices: order };
    const pooled = await maxPool.run({ x }, how, cpu);
    const back: MaxUnpoolOptions = { ...how, kernel: 3, outputSizes: [7, 9], indices: order } as MaxUnpoolOptions;
    const y = await maxUnpool.run({ x: pooled.y, indices: pooled.indices! }, back, cpu);
    const maxima = new Set(Array.from(pooled.y.data as Float32Array));
    expect(values(y)).toEqual(values(x).map((v) => (maxima.has(v) ? v : 0)));
  });
});

test("what does not fit is refused", () => {
  const x = { shape: [1, 2, 3, 3], dtype: "f32" } as const;
  const indices = { shape: [1, 2, 3, 3], dtype: "u32" } as const;
  const call = (inputs: object, options: object) => () =>
    maxUnpool.problem({ x, indices, ...inputs }, { kernel: 2, ...options } as MaxUnpoolOptions);
  expect(call({ indices: { shape: [1, 2, 3], dtype: "u32" } }, {})).toThrow("needed is x's shape [1,2,3,3]");
  expect(call({ indices: x }, {})).toThrow("indices is f32; needed is u32 or i32.");
  expect(call({}, { indices: "flat" })).toThrow('there are no indices "flat"');
  expect(call({}, { stride: 2 })).toThrow("there is no option stride");
});
