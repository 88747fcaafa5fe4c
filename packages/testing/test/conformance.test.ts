import { defineKernel } from "@tilewright/runtime";
import { describe, expect, test } from "vitest";
import {
  compare,
  conformanceRun,
  type FileTensor,
  type Operators,
  readOperatorFile,
  runFile,
  Unsupported,
} from "../src/conformance/index.ts";

const tensor = (data: unknown[], more: object = {}) => ({ name: "x", dtype: "float32", dims: [data.length], data, ...more });
const kase = (more: object = {}) => ({
  name: "one",
  op: "Double",
  attributes: {},
  inputs: [tensor([1, 2])],
  outputs: [tensor([2, 4], { name: "y" })],
  tolerance: { rtol: 0, atol: 1e-6 },
  ...more,
});
const file = (...cases: object[]) => JSON.stringify({ format: 1, dialect: "onnx", op: "Double", cases });

describe("reading", () => {
  test.each([
    ["no JSON", "{", /^onnx\/Double\.json: /],
    ["another format", '{"format":2,"cases":[]}', /onnx\/Double\.json: .*format 1/],
    [
      "an unknown dtype",
      file(kase({ inputs: [tensor([1], { dtype: "float8" })] })),
      /onnx\/Double\.json, one: inputs\[0\] has the unknown dtype "float8"/,
    ],
    [
      "data that does not fill its dims",
      file(kase({ inputs: [tensor([1], { dims: [3] })] })),
      /one: inputs\[0\] has dims \[3\], which hold 3 elements, but 1 data/,
    ],
    ["negative dims", file(kase({ inputs: [tensor([], { dims: [-1] })] })), /one: inputs\[0\] has dims/],
    ["text for a number", file(kase({ inputs: [tensor(["one"])] })), /inputs\[0\]\[0\] is "one", not a number/],
    ["no tolerance", file(kase({ tolerance: undefined })), /one: tolerance is missing/],
    ["no outputs", file(kase({ outputs: undefined })), /one: outputs is missing/],
  ])("%s is an error that names the file and the case", (_, text, message) => {
    const { cases, errors } = readOperatorFile("onnx/Double", text);
    expect(cases).toEqual([]);
    expect(errors[0]!.reason).toMatch(message);
  });

  test("what can be read still runs beside what cannot", async () => {
    const results = await runFile(
      readOperatorFile("onnx/Double", file(kase({ name: "bad", inputs: [tensor([1], { dtype: "?" })] }), kase())),
      operators,
      "cpu",
    );
    expect(results.map(({ status }) => status)).toEqual(["failed", "passed"]);
  });

  test("NaN and infinities are strings; a dim may be 0, a scalar has none", () => {
    const { cases } = readOperatorFile(
      "onnx/Double",
      file(kase({ inputs: [tensor(["NaN", "-Infinity"]), tensor([], { dims: [2, 0] }), tensor([7], { dims: [] })] })),
    );
    expect(cases[0]!.inputs.map((input) => input!.data)).toEqual([[Number.NaN, -Infinity], [], [7]]);
  });
});

/** y = 2x, by a kernel that has only its reference. */
const double = defineKernel({
  name: "double",
  operands: { x: "in", y: "out" },
  params: {},
  resolve: ({ x }, _: object) => ({ params: {}, spec: {}, outputs: { y: x } }),
  variants: [],
  proof: async () => ({
    reference: (_, { x }) => ({ y: Float64Array.from(x, (v) => 2 * v) }),
    bound: (_, { x }) => ({ y: new Float64Array(x.length) }),
  }),
  cost: () => ({ flops: 0, bytes: 0 }),
});

const operators: Operators = {
  "onnx/Double": async ({ inputs, attributes }, { run, float }) => {
    if (attributes["mode"]) throw new Unsupported("mode is not built");
    return { outputs: [await run(double, { x: float(inputs[0]) })] };
  },
};
const run = async (more: object) => (await runFile(readOperatorFile("onnx/Double", file(kase(more))), operators, "cpu"))[0]!;

describe("running", () => {
  test("right passes, wrong fails and says where, another shape fails, an operator's own limit and a missing operator are unsupported", async () => {
    expect(await run({})).toMatchObject({ status: "passed", ratio: 0 });
    expect(await run({ outputs: [tensor([2, 5])] })).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(/\[1\] is 4, expected 5/),
    });
    expect(await run({ outputs: [tensor([2, 4], { dims: [2, 1] })] })).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(/is \[2\], expected \[2,1\]/),
    });
    expect(await run({ attributes: { mode: 1 } })).toMatchObject({ status: "unsupported", reason: "mode is not built" });
    expect(await run({ inputs: [tensor([1, 2], { dtype: "int64" })] })).toMatchObject({
      status: "unsupported",
      reason: expect.stringMatching(/int64/),
    });
    expect((await runFile(readOperatorFile("onnx/Triple", file(kase())), operators, "cpu"))[0]).toMatchObject({
      status: "unsupported",
    });
  });

  test("doubles are rounded, and the case says so", async () => {
    expect(await run({ inputs: [tensor([1, 2], { dtype: "float64" })] })).toMatchObject({
      status: "passed",
      notes: ["float64 rounded to float32"],
    });
  });

  test("the document counts by operator", async () => {
    const { totals, ops } = conformanceRun("cpu", [await run({}), await run({ attributes: { mode: 1 } })]);
    expect(totals).toEqual({ passed: 1, failed: 0, unsupported: 1 });
    expect(ops["onnx/Double"]).toEqual({ ...totals, reasons: ["mode is not built"] });
  });
});

describe("tolerance", () => {
  const want = (data: number[], dtype = "float32"): FileTensor => ({
    name: "y",
    dtype: dtype as "float32",
    dims: [data.length],
    data,
    exact: true,
  });
  const next = (x: number, steps: number) => {
    const bits = new Int32Array(Float32Array.of(x).buffer);
    bits[0]! += steps;
    return new Float32Array(bits.buffer)[0]!;
  };

  test("ULP counts floats between, across zero too; in half precision halves", () => {
    expect(compare(want([1]), [next(1, 8)], { metric: "ULP", value: 8 }).ratio).toBe(1);
    expect(compare(want([1]), [next(1, 9)], { metric: "ULP", value: 8 }).ratio).toBeGreaterThan(1);
    expect(compare(want([2 ** -149]), [-(2 ** -149)], { metric: "ULP", value: 2 }).ratio).toBe(1);
    expect(compare(want([1], "float16"), [1 + 2 ** -10], { metric: "ULP", value: 1 }).ratio).toBe(1);
    expect(compare(want([1], "float16"), [1 + 2 ** -9], { metric: "ULP", value: 1 }).ratio).toBeGreaterThan(1);
  });

  test("relative and absolute add up; NaN equals NaN alone; infinities equal their own", () => {
    expect(compare(want([10]), [10.25], { rtol: 0.015, atol: 0.1 }).ratio).toBeCloseTo(1);
    expect(compare(want([Number.NaN, Infinity]), [Number.NaN, Infinity], { rtol: 0, atol: 0 }).ratio).toBe(0);
    expect(compare(want([Number.NaN]), [1], { rtol: 1, atol: 1 }).ratio).toBe(Infinity);
    expect(compare(want([1]), [Number.NaN], { rtol: 1, atol: 1 }).ratio).toBe(Infinity);
    expect(compare(want([Infinity]), [-Infinity], { rtol: 1, atol: 1 }).ratio).toBe(Infinity);
    expect(compare(want([1]), [1, 2], { rtol: 1, atol: 1 }).ratio).toBe(Infinity);
  });

  test("a tolerance finer than any sum gets the sum's own rounding, and says so; a coarser one gets nothing", () => {
    const sum = { terms: 100, largest: 1 };
    expect(compare(want([1e-6]), [1e-6 + 1e-5], { rtol: 0, atol: 1e-7 }, sum)).toMatchObject({ widened: true });
    expect(compare(want([1e-6]), [1e-6 + 1e-5], { rtol: 0, atol: 1e-7 }, sum).ratio).toBeLessThan(1);
    expect(compare(want([1e-6]), [1e-6 + 1e-5], { rtol: 0, atol: 1e-7 }).ratio).toBeGreaterThan(1);
    expect(compare(want([1]), [1 + 1e-5], { rtol: 0, atol: 1e-6 }, sum).ratio).toBeGreaterThan(1);
  });
});
