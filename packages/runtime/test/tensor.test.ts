import {
  arrayOf,
  type DType,
  decode,
  defineKernel,
  encode,
  KernelError,
  sizeOf,
  type TensorData,
  tensor,
} from "@tilewright/runtime";
import { type Fill, fill } from "@tilewright/runtime/cases";
import { describe, expect, test } from "vitest";

describe("tensor", () => {
  test("plain numbers become f32, one dimension unless a shape says more", () => {
    expect(tensor([1, 2, 3])).toEqual({ data: Float32Array.of(1, 2, 3), shape: [3], dtype: "f32" });
    expect(tensor([1, 2, 3, 4], [2, 2]).shape).toEqual([2, 2]);
    expect(tensor([7], []).shape).toEqual([]);
    expect(tensor([], [0, 5]).data.length).toBe(0);
  });

  test.for<[DType, TensorData]>([
    ["f32", Float32Array.of(0.5, -2)],
    ["f16", Float16Array.of(0.5, -2)],
    ["i32", Int32Array.of(5, -2)],
    ["u32", Uint32Array.of(5, 2)],
    ["i8", Int8Array.of(5, -2)],
    ["u8", Uint8Array.of(5, 2)],
  ])("a typed array says it is %s and is kept as it is", ([dtype, data]) => {
    const made = tensor(data);
    expect(made.dtype).toBe(dtype);
    expect(made.data).toBe(data);
  });

  test("a Uint16Array is f16 when it is told", () => {
    const made = tensor(Uint16Array.of(0x3c00, 0xc000), [2], "f16");
    expect(made.dtype).toBe("f16");
    expect([...Array.from(decode(made))]).toEqual([1, -2]);
  });
});

describe("encode and decode", () => {
  test.for<[DType, number[], number[]]>([
    ["f32", [0.1, -1e-45, 3.5e38], [Math.fround(0.1), -1.401298464324817e-45, Infinity]],
    ["f16", [0.1, 65519, 65520, 1e-9], [0.0999755859375, 65504, Infinity, 0]],
    ["i32", [-5, 2147483647], [-5, 2147483647]],
    ["u32", [0, 4294967295], [0, 4294967295]],
    ["i8", [-128, 127, -1.9, 128], [-128, 127, -1, -128]],
    ["u8", [0, 255, 1.9, 256], [0, 255, 1, 0]],
  ])("%s rounds to nearest", ([dtype, values, rounded]) => {
    const data = encode(values, dtype);
    expect(data).toBeInstanceOf(arrayOf(dtype));
    expect(Array.from(decode({ data, dtype }))).toEqual(rounded);
  });

  test("NaN and the sign of zero come through", () => {
    for (const dtype of ["f32", "f16"] as const) {
      const back = Array.from(decode({ data: encode([Number.NaN, -0], dtype), dtype }));
      expect(back[0]).toBeNaN();
      expect(Object.is(back[1], -0)).toBe(true);
    }
  });

  test("a tensor takes whole words", () => {
    expect(sizeOf({ shape: [3], dtype: "f16" })).toBe(8);
    expect(sizeOf({ shape: [3, 3], dtype: "f32" })).toBe(36);
    expect(sizeOf({ shape: [0, 3], dtype: "f16" })).toBe(0);
    expect(sizeOf({ shape: [], dtype: "u32" })).toBe(4);
    expect([0, 1, 4, 5].map((n) => sizeOf({ shape: [n], dtype: "i8" }))).toEqual([0, 4, 4, 8]);
    expect(sizeOf({ shape: [7, 1], dtype: "u8" })).toBe(8);
  });
});

/** A kernel that resolves anything: what throws is the check of the operand itself. */
const any = defineKernel({
  name: "any",
  operands: { x: "in", y: "out" },
  params: {},
  resolve: ({ x }) => ({ params: {}, spec: {}, outputs: { y: x } }),
  variants: [],
  proof: async () => ({
    reference: () => ({ y: new Float64Array() }),
    bound: () => ({ y: new Float64Array() }),
  }),
  cost: () => ({ flops: 0, bytes: 0 }),
});

function thrown(work: () => unknown): KernelError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(KernelError);
    return error as KernelError;
  }
  throw new Error("it did not throw");
}

describe("a wrong operand says its name, what was given and what is needed", () => {
  const wrong = (x: unknown) => thrown(() => any.problem({ x } as never));
  const two = Float32Array.of(1, 2);

  test.for<[string, unknown, string, RegExp]>([
    ["an unknown dtype", { shape: [2], dtype: "f64" }, "dtype", /^any: x is f64; needed is f32, f16, i32, u32, i8 or u8/],
    ["no dtype", { shape: [2] }, "dtype", /^any: x is without dtype; needed is f32/],
    [
      "bits that do not say f16",
      { data: Uint16Array.of(1), shape: [1] },
      "dtype",
      /^any: x is Uint16Array; needed .*dtype: "f16" with a Uint16Array/,
    ],
    ["an array of no dtype", { data: new Float64Array(2), shape: [2] }, "dtype", /^any: x is Float64Array; needed is f32/],
    [
      "a negative dimension",
      { data: two, shape: [-2] },
      "shape",
      /^any: x has shape \[-2\]; needed is an array of integers >= 0/,
    ],
    ["half a dimension", { shape: [2.5], dtype: "f32" }, "shape", /^any: x has shape \[2\.5\]; needed is an array of integers/],
    ["no shape", { data: two }, "shape", /^any: x has shape undefined; needed is an array/],
    ["too few elements", { data: two, shape: [3] }, "shape", /^any: x has 2 elements, but its shape \[3\] holds 3/],
    ["too many", { data: [1, 2, 3], shape: [1, 2] }, "shape", /^any: x has 3 elements, but its shape \[1,2\] holds 2/],
    ["nothing", undefined, "shape", /^any: x is missing; needed is a tensor \{ data, shape \}/],
    // its bytes would be read as numbers of another type
    [
      "an array of another dtype",
      { data: two, shape: [2], dtype: "i32" },
      "dtype",
      /x is .*Float32Array.*i32|x is .*i32.*Float32Array/,
    ],
    ["bytes of the other sign", { data: new Uint8Array(2), shape: [2], dtype: "i8" }, "dtype", /x is Uint8Array as i8/],
    ["clamped bytes", { data: new Uint8ClampedArray(2), shape: [2] }, "dtype", /x is Uint8ClampedArray; needed is/],
    [
      "doubles called f32",
      { data: new Float64Array(2), shape: [2], dtype: "f32" },
      "dtype",
      /x is .*Float64Array.*f32|x is .*f32.*Float64Array/,
    ],
  ])("%s", ([, x, code, text]) => {
    const error = wrong(x);
    expect(error.message).toMatch(text);
    expect(error.code).toBe(code);
    expect(error.kernel).toBe("any");
  });

  test("an operand that the kernel does not have", () => {
    const error = thrown(() => any.problem({ x: { shape: [1], dtype: "f32" }, z: { shape: [1], dtype: "f32" } } as never));
    expect(error.code).toBe("shape");
    expect(error.message).toMatch(/no input z; its inputs are x/);
  });

  test("tensor() checks the same", () => {
    expect(thrown(() => tensor([1, 2], [3])).message).toMatch(/^tensor: data has 2 elements, but its shape \[3\] holds 3/);
    expect(thrown(() => tensor(Uint16Array.of(1))).code).toBe("dtype");
    expect(thrown(() => tensor([1], [1], "f64" as never)).message).toMatch(/data is f64; needed is/);
  });
});

test("fills of integers meet both ends of their type, and stay inside", () => {
  for (const [dtype, low, high] of [
    ["i8", -128, 127],
    ["u8", 0, 255],
    ["i32", -(2 ** 31), 2 ** 31 - 1],
    ["u32", 0, 2 ** 32 - 1],
  ] as const) {
    const values = (kind: Fill) => Array.from(fill(kind, [500], dtype, 3).data);
    expect([Math.min(...values("uniform")), Math.max(...values("uniform"))]).toEqual([low, high]);
    expect(new Set(values("uniform")).size).toBeGreaterThan(100);
    expect([...new Set(values("large"))].sort((a, b) => a - b)).toEqual([low, high]);
    expect(Math.min(...values("positive"))).toBe(0);
    expect(Math.max(...values("tiny"))).toBe(1);
  }
});
