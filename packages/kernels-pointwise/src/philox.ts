// Random words from a counter: those of element i are a function of the seed and of i alone, so that every adapter makes the same.
// Philox4x32-10: Salmon et al. 2011, Parallel Random Numbers: As Easy as 1, 2, 3, doi:10.1145/2063384.2063405
import { fail, wgsl } from "@tilewright/runtime";

/** `bits(i)`: the four words of elements 4i … 4i + 3. Products of 32 bits by halves: WGSL has no wider type. */
export const PHILOX = wgsl`
fn high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u);
}
fn bits(i: u32) -> vec4u {
  var c = vec4u(i, p.offset, 0u, 0u);
  var key = vec2u(p.seed, p.seedHigh);
  for (var round = 0u; round < 10u; round++) {
    c = vec4u(high(0xcd9e8d57u, c.z) ^ c.y ^ key.x, 0xcd9e8d57u * c.z, high(0xd2511f53u, c.x) ^ c.w ^ key.y, 0xd2511f53u * c.x);
    key += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}`;

/** What every random kernel is told. */
export interface Seeded {
  /** An integer from 0 to 2⁵³; default 0. */
  readonly seed?: number | undefined;
  /** Tells draws of one seed from each other (a layer, a step); default 0. */
  readonly offset?: number | undefined;
}
export type SeedParams = "seed" | "seedHigh" | "offset";
export const SEED_PARAMS = { seed: "u32", seedHigh: "u32", offset: "u32" } as const;

export function seedOf(who: string, { seed = 0, offset = 0 }: Seeded) {
  if (!Number.isSafeInteger(seed) || seed < 0) fail(who, "shape", `seed is ${seed}; needed is an integer from 0 to 2^53.`);
  if (!Number.isInteger(offset) || offset < 0 || offset >= 2 ** 32)
    fail(who, "shape", `offset is ${offset}; needed is an integer from 0 to 2^32 - 1.`);
  return { seed: seed >>> 0, seedHigh: Math.floor(seed / 2 ** 32), offset };
}
