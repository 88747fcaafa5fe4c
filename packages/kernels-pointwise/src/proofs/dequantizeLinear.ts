// What dequantizeLinear is.
import { least, stored, ULP } from "../accuracy.ts";
import { type Asked, each, type Result, type Values } from "./quantize.ts";

export const reference = (problem: Asked, values: Values): Result =>
  each(problem, values, (x, scale, zero) => (x - zero) * scale);

export const bound = (problem: Asked, values: Values): Result =>
  each(problem, values, (x, scale, zero) => {
    const y = (x - zero) * scale;
    const small = Math.abs(scale) < least(problem.types["scale"]!.dtype) ? Math.abs(y) : 0;
    return 2 * ULP * Math.abs(y) + small + stored(y, problem.spec.dtype);
  });
