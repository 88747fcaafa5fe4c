import { fromF16, toF16 } from "@tilewright/runtime";
import type { FileTensor, Tolerance } from "./format.ts";

/** What a result is a sum of, where it is one. */
export interface SumOf {
  readonly terms: number;
  /** The largest |term|. */
  readonly largest: number;
}

export interface Comparison {
  /** The largest error / tolerance; at most 1 passes. */
  readonly ratio: number;
  /** The case's own tolerance is finer than any float32 sum in another order can be, and the sum's term was added. */
  readonly widened: boolean;
  readonly reason?: string;
}

const EPS = 2 ** -23;

/** Bits of a number in its type, as integers in order of value: neighbours differ by one. */
function ordered(value: number, dtype: string): number {
  const [bits, sign] =
    dtype === "float16" ? [toF16(value), 0x8000] : [new Uint32Array(Float32Array.of(value).buffer)[0]!, 0x80000000];
  return bits & sign ? -(bits & (sign - 1)) : bits;
}

/**
 * Compares by the case's tolerance. Where that is finer than any sum in another order (ULP below 8, atol 1e-7 and below), an error within eps · terms · largest term passes too.
 */
export function compare(expected: FileTensor, got: ArrayLike<number>, tolerance: Tolerance, sum?: SumOf): Comparison {
  if (got.length !== expected.data.length)
    return { ratio: Infinity, widened: false, reason: `${got.length} elements, expected ${expected.data.length}` };
  const ulps = "metric" in tolerance && tolerance.metric === "ULP";
  const fine = ulps ? tolerance.value < 8 : "atol" in tolerance ? tolerance.atol <= 1e-7 : tolerance.value <= 1e-7;
  const added = fine && sum ? EPS * sum.terms * sum.largest : 0;
  const half = expected.dtype === "float16";
  let ratio = 0;
  let widened = false;
  let reason: string | undefined;
  for (let i = 0; i < got.length; i++) {
    const want = half ? fromF16(toF16(expected.data[i]!)) : expected.data[i]!; // some files give more digits than a half has
    const have = got[i]!;
    if (Object.is(want, have) || want === have) continue;
    const error = Math.abs(have - want);
    let own: number;
    if (!Number.isFinite(want) || !Number.isFinite(have)) own = Infinity;
    else if (ulps) own = Math.abs(ordered(want, expected.dtype) - ordered(have, expected.dtype)) / tolerance.value;
    else own = error / ("metric" in tolerance ? tolerance.value : tolerance.atol + tolerance.rtol * Math.abs(want));
    let here = own;
    if (own > 1 && error <= added) {
      here = error / added;
      widened = true;
    }
    if (here <= ratio) continue;
    ratio = here;
    if (ratio > 1) reason = `[${i}] is ${have}, expected ${want}`;
  }
  return { ratio, widened, ...(reason && { reason }) };
}
