// Quantised matrices on the host: exact where they can be, within half a step where not, and errors that say what to do.
import { decode, KernelError, tensor } from "@tilewright/runtime";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dequantize, embeddingQuantized, matmulQuantized, type Quantized, quantize, quantizedFromBytes } from "../src/index.ts";
import { type Bits, GROUPS, type Group } from "../src/quantized/layout.ts";
import { pack, unpack } from "../src/quantized/quantize.ts";

const numbers = (data: ArrayLike<number>): number[] => Array.from(data);

const layouts = fc.record({
  bits: fc.constantFrom<Bits[]>(4, 8),
  group: fc.constantFrom<Group[]>(...GROUPS),
  symmetric: fc.boolean(),
  scales: fc.constantFrom<("f32" | "f16")[]>("f32", "f16"),
});

describe("pack", () => {
  test("the first code lies in the lowest bits, and rows start at words", () => {
    expect(numbers(pack([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [2, 5], 4).data)).toEqual([0x54321, 0xa9876]);
    expect(numbers(pack([1, 2, 3, 4, 255], [1, 5], 8).data)).toEqual([0x04030201, 255]);
  });

  test("unpack undoes it", () =>
    fc.assert(
      fc.property(fc.constantFrom<Bits[]>(4, 8), fc.nat(5), fc.nat(40), fc.nat(), (bits, rows, columns, seed) => {
        const codes = Array.from({ length: rows * columns }, (_, i) => (i * 7 + seed) % 2 ** bits);
        expect(numbers(unpack(pack(codes, [rows, columns], bits).data, [rows, columns], bits))).toEqual(codes);
      }),
    ));
});

describe("quantize", () => {
  test.each([
    ["q4, its own zero", 4, false, (i: number) => (i % 16) - 5],
    ["q8, its own zero", 8, false, (i: number) => ((i * 17) % 256) - 100],
    ["q4, symmetric", 4, true, (i: number) => (i % 15) - 7],
    ["q8, symmetric", 8, true, (i: number) => ((i * 3) % 255) - 127],
  ] as const)("%s: what is on the grid comes back exactly", (_, bits, symmetric, level) => {
    const data = Float32Array.from({ length: 3 * 256 }, (_, i) => 0.125 * 2 ** Math.floor(i / 256) * level(i));
    for (const scales of ["f32", "f16"] as const) {
      const q = quantize(data, [3, 256], { bits, group: 256, symmetric, scales });
      expect(numbers(dequantize(q).data)).toEqual(numbers(data));
      expect(!q.operands.zeros).toBe(symmetric);
    }
  });

  test("codes and scales, by hand", () => {
    const data = [7, -7, 3.4, 3.6, 0, -0.4, 1, -2, ...Array(8).fill(0)];
    const { operands, shape, options } = quantize(data, [1, 16], { group: 16 });
    expect(numbers(operands.scales.data)).toEqual([1]);
    expect(numbers(unpack(operands.weights.data, [1, 16], 4))).toEqual([15, 1, 11, 12, 8, 8, 9, 6, ...Array(8).fill(8)]);
    expect({ shape, options }).toEqual({ shape: [1, 16], options: { bits: 4, group: 16 } });
    const own = quantize(
      data.map((x) => x + 7),
      [1, 16],
      { group: 16, symmetric: false, bits: 8 },
    );
    expect(numbers(own.operands.scales.data)).toEqual([Math.fround(14 / 255)]);
    expect(numbers(unpack(own.operands.zeros!.data, [1, 1], 8))).toEqual([0]);
  });

  test("every weight is within half a step, and zero stays zero", () =>
    fc.assert(
      fc.property(layouts, fc.nat(2 ** 30), fc.integer({ min: -8, max: 3 }), (layout, seed, exponent) => {
        const [n, k] = [2, 2 * layout.group];
        const data = Float32Array.from({ length: n * k }, (_, i) => {
          const u = Math.sin(seed + i * 12.9898) * 43758.5453;
          return i % 11 ? (2 * (u - Math.floor(u)) - 0.7) * 10 ** exponent : 0;
        });
        const q = quantize(data, [n, k], layout);
        const back = dequantize(q).data;
        const scales = decode(q.operands.scales);
        data.forEach((x, i) => {
          const step = scales[Math.floor(i / layout.group)]!;
          // f16 steps are off by up to 2^-11 of themselves (2^-25 absolutely where denormal): over the largest code that adds up.
          const stored = layout.scales === "f16" ? 2 ** layout.bits * Math.max(step * 2 ** -11, 2 ** -25) : 0;
          expect(Math.abs(back[i]! - x)).toBeLessThanOrEqual(step / 2 + stored + Math.abs(x) * 2 ** -22);
          if (x === 0) expect(back[i]! + 0).toBe(0);
        });
      }),
    ));

  test("symmetric, again: it changes nothing", () =>
    fc.assert(
      fc.property(
        layouts,
        fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 256, maxLength: 256 }),
        (given, data) => {
          const layout = { ...given, symmetric: true };
          const once = dequantize(quantize(data, [1, 256], layout));
          const most = Math.max(...numbers(once.data).map(Math.abs));
          const twice = dequantize(quantize(once.data, [1, 256], layout));
          // The grid is the same but for its rounding.
          numbers(once.data).forEach((x, i) => {
            expect(Math.abs(twice.data[i]! - x)).toBeLessThanOrEqual(
              most * (layout.scales === "f16" ? 2 ** -9 : 2 ** -21) + 2 ** -24 * 2 ** layout.bits,
            );
          });
        },
      ),
    ));

  test("half floats are taken by their bits", () => {
    const ones = Uint16Array.from({ length: 16 }, () => 0x3c00);
    expect(numbers(dequantize(quantize(ones, [1, 16], { group: 16 })).data)).toEqual(Array(16).fill(1));
  });

  test("a group of zeros, and no rows", () => {
    expect(numbers(dequantize(quantize(new Float32Array(32), [1, 32])).data)).toEqual(Array(32).fill(0));
    expect(dequantize(quantize([], [0, 32]))).toMatchObject({ shape: [0, 32], data: { length: 0 } });
  });
});

describe("quantizedFromBytes", () => {
  const bytes = Uint8Array.from({ length: 3 * 24 }, (_, i) => i * 37);
  const scales = Float32Array.from({ length: 9 }, (_, i) => 1 + i);

  test("nibbles as ONNX MatMulNBits has them", () => {
    const w = quantizedFromBytes({ weights: bytes, scales }, [3, 48], { group: 16 });
    const expected = Array.from(
      { length: 144 },
      (_, i) => (1 + Math.floor(i / 16)) * (((bytes[i >> 1]! >> (4 * (i & 1))) & 15) - 8),
    );
    expect(numbers(dequantize(w).data)).toEqual(expected);
  });

  test("zeros in rows of whole bytes", () => {
    const zeros = Uint8Array.of(0x21, 0xf3, 0x54, 0xf6, 0x87, 0xf9); // 1 2 3, 4 5 6, 7 8 9; the rest of a row is not read
    const w = quantizedFromBytes({ weights: bytes, scales, zeros }, [3, 48], { group: 16 });
    const expected = Array.from(
      { length: 144 },
      (_, i) => (1 + Math.floor(i / 16)) * (((bytes[i >> 1]! >> (4 * (i & 1))) & 15) - 1 - Math.floor(i / 16)),
    );
    expect(numbers(dequantize(w).data)).toEqual(expected);
  });

  test("signed int8 and int4", () => {
    const eight = quantizedFromBytes({ weights: Int8Array.from({ length: 16 }, (_, i) => 17 * i - 128), scales: [2] }, [1, 16], {
      bits: 8,
      group: 16,
      signed: true,
    });
    expect(numbers(dequantize(eight).data)).toEqual(Array.from({ length: 16 }, (_, i) => 2 * (17 * i - 128)));
    const four = quantizedFromBytes(
      { weights: Uint8Array.of(0xf7, 0x80, 0, 0, 0, 0, 0, 0), scales: [1], zeros: Uint8Array.of(0x0f) },
      [1, 16],
      {
        group: 16,
        signed: true,
      },
    );
    expect(numbers(dequantize(four).data).slice(0, 5)).toEqual([8, 0, 1, -7, 1]);
  });
});

const a = tensor(new Float32Array(64), [1, 64]);
const w: Quantized = quantize(new Float32Array(128), [2, 64], { group: 32 });
const { weights, scales } = w.operands;
const product = (given: object, options: object = {}) => matmulQuantized.problem({ a, ...w.operands, ...given }, options);
const rows = (given: object, options: object = {}) =>
  embeddingQuantized.problem({ indices: tensor(Int32Array.of(0)), ...w.operands, ...given }, options);

const wrong: Record<string, [run: () => unknown, code: string, message: RegExp]> = {
  "a group that does not divide k": [
    () => quantize(new Float32Array(96), [2, 48], { group: 32 }),
    "shape",
    /^quantize: group 32 does not divide k, which is 48\. Pad .* to 64, or take another group/,
  ],
  "a group that does not divide the weights' k": [
    () => product({}, { group: 128 }),
    "shape",
    /^matmulQuantized: group 128 does not divide k, which is 64/,
  ],
  "a group that there is not": [() => product({}, { group: 48 }), "feature", /group is 48; there are 16, 32, 64, 128, 256/],
  "5 bits": [() => product({}, { bits: 5 }), "feature", /bits is 5; there are 4 and 8/],
  "5 bits to quantize": [() => quantize([], [0, 32], { bits: 5 as 4 }), "feature", /bits is 5/],
  "scales of the wrong length": [
    () => product({ scales: tensor(new Float32Array(6), [2, 3]) }, { group: 32 }),
    "shape",
    /scales is \[2,3\]; needed is \[2,2\], one for each group of 32 along k = 64/,
  ],
  "scales that say no group": [
    () => product({ scales: tensor(new Float32Array(6), [2, 3]) }),
    "shape",
    /scales is \[2,3\] for weights of \[2,64\]; needed is \[2,64 \/ group\]/,
  ],
  "scales of other rows": [
    () => product({ scales: tensor(new Float32Array(6), [3, 2]) }),
    "shape",
    /scales is \[3,2\]; needed is \[2,2\]/,
  ],
  "scales in a bare row": [
    () => product({ scales: tensor(new Float32Array(4), [4]) }),
    "shape",
    /scales is \[4\]; needed is a matrix/,
  ],
  "scales that are integers": [
    () => product({ scales: tensor(new Int32Array(4), [2, 2]) }),
    "dtype",
    /scales is i32; needed is f32 or f16/,
  ],
  "weights that are floats": [
    () => product({ weights: tensor(new Float32Array(16), [2, 8]) }),
    "dtype",
    /weights is f32; needed are u32 words/,
  ],
  "zeros of the wrong length": [
    () => product({ zeros: tensor(new Uint32Array(4), [2, 2]) }),
    "shape",
    /zeros is \[2,2\]; needed is \[2,1\], 2 codes of 4 bits a row/,
  ],
  "zeros that are floats": [() => product({ zeros: tensor(new Float32Array(2), [2, 1]) }), "dtype", /zeros is f32/],
  "8-bit weights read as 4-bit": [() => product({}, { bits: 8, group: 32 }), "shape", /scales is \[2,2\]; needed is \[2,1\]/],
  "another k": [
    () => product({ a: tensor(new Float32Array(16), [1, 16]) }),
    "shape",
    /a is \[1,16\] and the weights hold \[2,64\]: a's 16 columns must equal their 64, or end within the last group of 32/,
  ],
  "a vector for a": [() => product({ a: tensor(new Float32Array(64), [64]) }), "shape", /a is \[64\].*Pass it as \[1,k\]/],
  "an integer a": [() => product({ a: tensor(new Int32Array(64), [1, 64]) }), "dtype", /a is i32; needed is f32 or f16/],
  "a bias of another length": [() => product({ bias: tensor([1]) }), "shape", /bias is \[1\]; needed is \[2\]/],
  "a residual of another shape": [
    () => product({ residual: tensor([1, 2, 3]) }),
    "shape",
    /residual is \[3\]; needed is c's shape \[1,2\]/,
  ],
  "an activation that there is not": [() => product({}, { activation: "swish" }), "feature", /no activation "swish"/],
  "an option of another library": [() => product({}, { blockSize: 32 }), "feature", /no option blockSize; there are bits, group/],
  "an output of integers": [() => product({}, { dtype: "i32" }), "dtype", /options\.dtype is i32/],
  "no scales": [() => matmulQuantized.problem({ a, weights } as never), "shape", /scales is missing/],
  "int4 data of odd length": [
    () => quantizedFromBytes({ weights: new Uint8Array(8), scales: [1] }, [1, 15], { group: 16 }),
    "shape",
    /k is 15: rows of 4-bit weights fill no whole bytes/,
  ],
  "bytes too few": [
    () => quantizedFromBytes({ weights: new Uint8Array(15), scales: [1, 1] }, [2, 16], { group: 16 }),
    "shape",
    /weights has 15 bytes; needed are 2 rows of 8, 16 codes of 4 bits each/,
  ],
  "bytes of zeros too few": [
    () => quantizedFromBytes({ weights: new Uint8Array(16), scales: [1, 1], zeros: new Uint8Array(1) }, [2, 16], { group: 16 }),
    "shape",
    /zeros has 1 bytes; needed are 2 rows of 1/,
  ],
  "scales too few for bytes": [
    () => quantizedFromBytes({ weights: new Uint8Array(16), scales: [1] }, [2, 16], { group: 16 }),
    "shape",
    /scales has 1 numbers; needed are 2 · 1/,
  ],
  "data that is not n · k long": [() => quantize([1, 2], [1, 32]), "shape", /data has 2 elements; needed are 1 · 32 = 32/],
  NaN: [
    () => quantize(Float32Array.of(...Array(31).fill(0), Number.NaN), [1, 32]),
    "dtype",
    /data\[31\] is NaN; needed are finite/,
  ],
  "scales that overflow f16": [
    () => quantize(new Float32Array(32).fill(1e9), [1, 32], { scales: "f16" }),
    "dtype",
    /the scale .* of group 0 overflows f16/,
  ],
  "floats as indices": [
    () => rows({ indices: tensor([1]) }),
    "dtype",
    /^embeddingQuantized: indices is f32; needed is u32 or i32/,
  ],
  "a table without rows": [
    () => rows({ weights: tensor(new Uint32Array(0), [0, 8]), scales: tensor([], [0, 2]) }),
    "shape",
    /a table without rows/,
  ],
  "an option of embeddings": [() => rows({}, { axis: 1 }), "feature", /no option axis; there are bits, group, dtype/],
  "rows as integers": [() => rows({}, { dtype: "i32" }), "dtype", /options\.dtype is i32/],
};

describe("what is wrong says so", () => {
  test.for(Object.entries(wrong))("%s", ([, [run, code, message]]) => {
    let caught: unknown;
    try {
      run();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(KernelError);
    expect((caught as KernelError).message).toMatch(message);
    expect(caught).toMatchObject({ code });
  });
});

test("on the cpu: a product and rows, with an index outside", async () => {
  const data = Float32Array.from({ length: 64 }, (_, i) => (i % 15) - 7);
  const q = quantize(data, [2, 32]);
  const x = tensor(
    Float32Array.from({ length: 32 }, (_, i) => i),
    [1, 32],
  );
  const c = await matmulQuantized.run({ a: x, ...q.operands }, { ...q.options, activation: "relu" }, { on: "cpu" });
  const dot = (row: number) => data.slice(32 * row, 32 * row + 32).reduce((sum, w, i) => sum + w * i, 0);
  expect(numbers(c.data)).toEqual([Math.max(0, dot(0)), Math.max(0, dot(1))]);
  const y = await embeddingQuantized.run({ indices: tensor(Int32Array.of(1, -1, 2)), ...q.operands }, q.options, { on: "cpu" });
  expect(y.shape).toEqual([3, 32]);
  expect(numbers(y.data)).toEqual([...data.slice(32), ...Array(64).fill(0)]);
  expect(scales.shape).toEqual([2, 2]);
});
