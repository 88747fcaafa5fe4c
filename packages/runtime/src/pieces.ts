// Pieces of WGSL that compilers want written just so.
import type { Caps } from "./caps.ts";

/** More turns than any loop takes: loops with a constant bound, and a break inside, are free of the compiler's 64-bit guard. */
export const CAP = "0x40000000u";

/**
 * The head of a loop of `count` turns, counted by `i`. CPU adapters' compilers unroll a loop whose end they see, for many times the compile: there it
 * depends on `unknown`, WGSL of a u32 below 2^31 that no compiler knows.
 */
export const turns = (i: string, count: number, { software }: Pick<Caps, "software">, unknown: string): string =>
  software
    ? `for (var ${i} = 0u; ${i} < ${CAP}; ${i}++) { if (${i} >= ${count}u + (${unknown} >> 31u)) { break; }`
    : `for (var ${i} = 0u; ${i} < ${count}u; ${i}++) {`;

/** Whether `x` is NaN, by its bits: comparisons may assume that there is none. `U`: the unsigned type as wide. */
export const isNan = (x: string, U: string): string => `((bitcast<${U}>(${x}) & ${U}(0x7fffffffu)) > ${U}(0x7f800000u))`;

/** `value`, or `x` where that is NaN, which min, max and exp need not hand on (SwiftShader's exp does not). */
export const orNan = (value: string, U: string, x = "x"): string => `select(${value}, ${x}, ${isNan(x, U)})`;
