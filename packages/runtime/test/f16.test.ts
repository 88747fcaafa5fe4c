// Float16Array is the independent witness: Node has it, the hosts that toF16 is for do not.
import { fromF16, toF16 } from "@tilewright/runtime";
import { random } from "@tilewright/runtime/cases";
import { expect, test } from "vitest";

const values = new Float16Array(1);
const words = new Uint16Array(values.buffer);
const witness = (value: number): number => {
  values[0] = value;
  return words[0]!;
};

const isNaNBits = (bits: number) => (bits & 0x7fff) > 0x7c00;
const same = (a: number, b: number) => a === b || (isNaNBits(a) && isNaNBits(b));

/** The first value whose bits differ, for a message that says which. */
function firstWrong(list: Iterable<number>): string | undefined {
  for (const value of list) {
    const [got, want] = [toF16(value), witness(value)];
    if (!same(got, want))
      return `${value} (${Object.is(value, -0) ? "-0" : value.toExponential(20)}): ${got.toString(16)}, expected ${want.toString(16)}`;
  }
  return undefined;
}

test("every pattern of 16 bits decodes as Float16Array does", () => {
  const wrong: number[] = [];
  for (let bits = 0; bits < 65536; bits++) {
    words[0] = bits;
    if (!Object.is(fromF16(bits), values[0])) wrong.push(bits);
  }
  expect(wrong).toEqual([]);
});

test("every value of f16 encodes to its own bits; NaN stays NaN", () => {
  const wrong: number[] = [];
  for (let bits = 0; bits < 65536; bits++) if (!same(toF16(fromF16(bits)), bits)) wrong.push(bits);
  expect(wrong).toEqual([]);
});

test("ties go to even, and the doubles beside a tie go to its nearer side", () => {
  const doubles = new Float64Array(1);
  const bits = new BigInt64Array(doubles.buffer);
  const beside = (value: number, step: bigint) => {
    doubles[0] = value;
    bits[0]! += step;
    return doubles[0]!;
  };
  function* ties() {
    for (let i = 0; i < 0x7bff; i++) {
      const tie = (fromF16(i) + fromF16(i + 1)) / 2;
      for (const value of [tie, beside(tie, 1n), beside(tie, -1n)]) yield* [value, -value];
    }
  }
  expect(firstWrong(ties())).toBeUndefined();
  expect(toF16(1 + 2 ** -11)).toBe(0x3c00); // between 0x3c00 and 0x3c01: the even one
  expect(toF16(1 + 3 * 2 ** -11)).toBe(0x3c02);
});

test("the edges: overflow, the least numbers, zeros and NaN", () => {
  expect(toF16(65504)).toBe(0x7bff);
  expect(toF16(65519.99)).toBe(0x7bff);
  expect(toF16(65520)).toBe(0x7c00);
  expect(toF16(-65520)).toBe(0xfc00);
  expect(toF16(0)).toBe(0);
  expect(toF16(-0)).toBe(0x8000);
  expect(toF16(2 ** -25)).toBe(0); // half of the least: a tie, to even
  expect(toF16(2 ** -25 * 1.0001)).toBe(1);
  expect(toF16(-(2 ** -30))).toBe(0x8000);
  expect(isNaNBits(toF16(Number.NaN))).toBe(true);
  const edges = [
    65504,
    65519.99,
    65519.99999999999,
    65520,
    65536,
    1e5,
    1e300,
    Number.MAX_VALUE,
    Infinity,
    2 ** -14,
    2 ** -15,
    2 ** -24,
    2 ** -25,
    2 ** -26,
  ];
  const odd = [Number.MIN_VALUE, 2 ** -1022, 2 ** -14 - 2 ** -25, 2 ** -14 - 2 ** -26, 0, Number.NaN];
  expect(firstWrong([...edges, ...odd].flatMap((x) => [x, -x]))).toBeUndefined();
});

test("100,000 doubles of every size", () => {
  const next = random(16);
  function* doubles() {
    for (let i = 0; i < 100_000; i++) {
      const sign = next() < 0.5 ? -1 : 1;
      // a fraction with more bits than f16, f32 or one random number has: double rounding would show
      yield sign * (1 + next() + next() * 2 ** -32) * 2 ** Math.floor(next() * 46 - 28);
    }
  }
  expect(firstWrong(doubles())).toBeUndefined();
});
