// How parameters begin: numbers for a shape, given a seeded source of numbers in [0, 1).
import { countOf } from "@tilewright/runtime";

export type Init = (shape: readonly number[], next: () => number) => Float32Array;

export const zeros: Init = (shape) => new Float32Array(countOf(shape));
export const ones: Init = (shape) => new Float32Array(countOf(shape)).fill(1);

/** Uniform in ±limit. */
export const uniform =
  (limit: number): Init =>
  (shape, next) =>
    Float32Array.from({ length: countOf(shape) }, () => (2 * next() - 1) * limit);

/** Uniform in ±√(6 / (fan in + fan out)): Glorot and Bengio 2010. */
export const glorot = (fanIn: number, fanOut: number): Init => uniform(Math.sqrt(6 / (fanIn + fanOut)));

/** Normal with a standard deviation, by Box and Muller 1958, doi:10.1214/aoms/1177706645 */
export const normal =
  (deviation: number): Init =>
  (shape, next) =>
    Float32Array.from(
      { length: countOf(shape) },
      () => deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    );
