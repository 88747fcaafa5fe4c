// What goes wrong is a KernelError that says who, what was given, what was needed and what to do; and what the reference means.
import { KernelError, tensor } from "@tilewright/runtime";
import { describe, expect, test } from "vitest";
import { type MatmulIntegerInput, type MatmulIntegerOptions, matmulInteger } from "../src/index.ts";

const of = (dtype: "i8" | "u8" | "i32" | "u32" | "f32" | "f16", ...shape: number[]) => ({ shape, dtype }) as const;
type Given = Parameters<typeof matmulInteger.problem>[0];

function refused(given: Given, options: object, code: string, ...pieces: (string | RegExp)[]): void {
  let error: unknown;
  try {
    matmulInteger.problem(given, options as MatmulIntegerOptions);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(KernelError);
  for (const piece of pieces) expect((error as KernelError).message).toMatch(piece);
  expect(error).toMatchObject({ kernel: "matmulInteger", code });
}

describe("what it refuses", () => {
  const [a, b] = [of("u8", 2, 3), of("i8", 3, 4)];

  test.for<[string, Given, object, string, string[]]>([
    [
      "inner sizes that differ",
      { a, b: of("i8", 4, 3) },
      {},
      "shape",
      ["a's 3 columns must equal b's 4 rows", "pass transB: true"],
    ],
    ["a vector", { a: of("i8", 3), b }, {}, "shape", ["a is [3]", "rank 2 or more", "Pass it as [1,k]"]],
    [
      "leading dimensions that do not broadcast",
      { a: of("i8", 2, 4, 4), b: of("i8", 3, 4, 4) },
      {},
      "shape",
      ["2 and 3 must be equal, or one of them 1"],
    ],
    ["floats", { a: of("f32", 2, 3), b }, {}, "dtype", ["a is f32; needed is i8, u8, i32 or u32", "matmul"]],
    ["half a float", { a, b: of("f16", 3, 4) }, {}, "dtype", ["b is f16; needed is i8"]],
    ["bytes and words", { a, b: of("i32", 3, 4) }, {}, "dtype", ["a is u8 and b is i32", "two of i8 and u8"]],
    ["an unknown option", { a, b }, { alpha: 2 }, "feature", ["no option alpha; there are transA, transB, dtype"]],
    ["a zero point of another type", { a, b, aZero: of("i8") }, {}, "dtype", ["aZero is i8; needed is a's dtype, u8"]],
    [
      "a zero point of words",
      { a: of("i32", 2, 3), b: of("i32", 3, 4), bZero: of("i32") },
      {},
      "dtype",
      ["bZero is given, but b is i32", "Subtract it beforehand"],
    ],
    [
      "zero points for the wrong side",
      { a, b, aZero: of("u8", 3) },
      {},
      "shape",
      ["aZero is [3]; needed is one number, [2] for the rows of a, or [2,1]"],
    ],
    [
      "zero points of too few columns",
      { a, b, bZero: of("i8", 3) },
      {},
      "shape",
      ["bZero is [3]; needed is one number, [4] for the columns of b, or [1,4]"],
    ],
    [
      "zero points of another batch",
      { a: of("u8", 5, 2, 3), b, aZero: of("u8", 2, 2, 1) },
      {},
      "shape",
      ["aZero is [2,2,1]", "or [5,2,1] for those of each matrix"],
    ],
    ["a scale that is no f32", { a, b, scale: of("f16") }, {}, "dtype", ["scale is f16; needed is f32"]],
    [
      "a scale of a wrong shape",
      { a, b, scale: of("f32", 3) },
      {},
      "shape",
      ["scale is [3]; needed is one number, [4] for the columns of c, or [2,1] for its rows"],
    ],
    [
      "a scale for words",
      { a: of("i32", 2, 3), b: of("i32", 3, 4), scale: of("f32") },
      {},
      "dtype",
      ["scale is given, but a is i32"],
    ],
    ["zero without scale", { a, b, zero: of("u8") }, {}, "feature", ["zero is given without scale"]],
    [
      "a zero of words",
      { a, b, scale: of("f32"), zero: of("i32") },
      {},
      "dtype",
      ["zero is i32 []; needed is one number, i8 or u8"],
    ],
    ["several zeros", { a, b, scale: of("f32"), zero: of("u8", 4) }, {}, "dtype", ["zero is u8 [4]; needed is one number"]],
    ["bytes without a scale", { a, b }, { dtype: "u8" }, "dtype", ["options.dtype is u8; c may be i32 here", "need a scale"]],
    [
      "zero of one type and c of another",
      { a, b, scale: of("f32"), zero: of("u8") },
      { dtype: "i8" },
      "dtype",
      ["options.dtype is i8; c may be u8 here."],
    ],
    ["rescaled sums as integers", { a, b, scale: of("f32") }, { dtype: "i32" }, "dtype", ["c may be f32, i8, u8 here."]],
  ])("%s", ([, given, options, code, pieces]) => refused(given, options, code, ...pieces));

  test("variants that cannot do it say why", async () => {
    const force = (
      variant: string,
      x: MatmulIntegerInput,
      k: number,
      n: number,
      options: MatmulIntegerOptions = {},
      can = {},
    ) => {
      const scale = options.dtype && { scale: of("f32") };
      return matmulInteger.source({ a: of(x, 8, k), b: of(x, k, n), ...scale }, options, { variant }, can);
    };
    await expect(force("dot4", "i8", 8, 8, {}, { dot4: false })).rejects.toThrow(/"dot4".*packed_4x8_integer_dot_product/);
    await expect(force("dot4", "i32", 8, 8)).rejects.toThrow(/needs operands of i8 or u8; a is i32/);
    await expect(force("dot4", "i8", 9, 8)).rejects.toThrow(/rows of a multiple of 4/);
    await expect(force("dot4", "i8", 8, 9)).rejects.toThrow(/rows of a multiple of 4/);
    await expect(force("direct", "i8", 8, 9, { dtype: "u8" })).rejects.toThrow(/stores u8 rows of a multiple of 4 only; n is 9/);
    await expect(force("quad", "i8", 0, 8)).rejects.toThrow(/k is 0/);
    await expect(force("quad", "i8", 8, 8, {}, { subgroups: false })).rejects.toThrow(/needs the device feature subgroups/);
    await expect(force("naive", "i8", 8, 9, { dtype: "u8" })).resolves.toHaveLength(1);
  });
});

describe("what it gives", () => {
  const run = async (...args: Parameters<typeof matmulInteger.run>) => {
    const [inputs, options] = args;
    const c = await matmulInteger.run(inputs, options, { on: "cpu" });
    return { dtype: c.dtype, data: Array.from(c.data) };
  };

  test("i32 of bytes, zero points taken off", async () => {
    const a = tensor(Uint8Array.of(11, 7, 3, 10, 6, 2), [2, 3]);
    const b = tensor(Int8Array.of(1, -4, 2, 5, 3, -6), [3, 2]);
    expect(await run({ a, b })).toEqual({ dtype: "i32", data: [34, -27, 28, -22] });
    const aZero = tensor(Uint8Array.of(12), []);
    expect(await run({ a, b, aZero })).toEqual({ dtype: "i32", data: [-38, 33, -44, 38] });
  });

  test("words wrap at 2^32", async () => {
    const most = tensor(Int32Array.of(2 ** 31 - 1, 2), [1, 2]);
    expect(await run({ a: most, b: tensor(Int32Array.of(2, 2), [2, 1]) })).toEqual({ dtype: "i32", data: [2] });
    const all = tensor(Uint32Array.of(2 ** 32 - 1, 3), [1, 2]);
    expect(await run({ a: all, b: tensor(Uint32Array.of(1, 1), [2, 1]) })).toEqual({ dtype: "u32", data: [2] });
    expect((await run({ a: all, b: tensor(Int32Array.of(-1, 0), [2, 1]) })).data).toEqual([1]);
  });

  test("rescaled sums: ties go to even, ends are held", async () => {
    const a = tensor(Int8Array.of(1, 3, 5, -1, -3, 127), [6, 1]);
    const b = tensor(Int8Array.of(1), [1, 1]);
    const scale = tensor([0.5], []);
    expect(await run({ a, b, scale }, { dtype: "i8" })).toEqual({ dtype: "i8", data: [0, 2, 2, 0, -2, 64] });
    const zero = tensor(Uint8Array.of(1), []);
    expect(await run({ a, b, scale, zero })).toEqual({ dtype: "u8", data: [1, 3, 3, 1, 0, 65] });
    const large = tensor([4], []);
    expect((await run({ a, b, scale: large, zero: tensor(Int8Array.of(-3), []) })).data).toEqual([1, 9, 17, -7, -15, 127]);
    expect(await run({ a, b, scale })).toEqual({ dtype: "f32", data: [0.5, 1.5, 2.5, -0.5, -1.5, 63.5] });
  });
});
