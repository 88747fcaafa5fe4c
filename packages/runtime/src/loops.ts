// Heads of WGSL's loops.
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
