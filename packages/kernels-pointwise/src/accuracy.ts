// How far a float32 result may be off by the WGSL specification, §15.7.4 "Floating point accuracy", and what storing it adds.
import type { DType } from "@tilewright/runtime";

/** The distance of float32 neighbours at 1. */
export const ULP: number = 2 ** -23;

/** The least normal number: what is smaller may be flushed to zero. */
export const least = (dtype: DType): number => (dtype === "f32" ? 2 ** -126 : dtype === "f16" ? 2 ** -14 : 0);

/** What rounding to its type may take from a float result; halves may be rounded either way. */
export function stored(y: number, dtype: DType): number {
  if (dtype !== "f32" && dtype !== "f16") return 0;
  const size = Math.abs(y);
  const rounded = (dtype === "f16" ? 2 ** -10 : ULP / 2) * size;
  return (Number.isNaN(size) ? 0 : Math.min(rounded, 2 ** 103)) + (size < least(dtype) ? size : 0) + least("f32");
}

/** WGSL's exp: 3 + 2|x| ULP; relative. */
export const expError = (x: number): number => (3 + 2 * Math.abs(x)) * ULP;
/** WGSL's log: 2^-21 within [0.5, 2], else 3 ULP; absolute. */
export const logError = (x: number): number => (x >= 0.5 && x <= 2 ? 2 ** -21 : 3 * ULP * Math.abs(Math.log(x)));
/** WGSL's division: 2.5 ULP; relative. */
export const DIVISION: number = 2.5 * ULP;
/** What a factor below the least normal number, flushed to zero, takes from a product with x. */
export const flushed = (x: number): number => (Number.isFinite(x) ? Math.abs(x) * 2 ** -126 : 0);
