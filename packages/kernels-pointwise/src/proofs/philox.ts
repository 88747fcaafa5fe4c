// Philox on the host.
import type { SeedParams } from "../philox.ts";

/** Four words of a counter and a key. */
export function philox(counter: readonly number[], key: readonly number[]): readonly number[] {
  let [a, b, c, d] = counter.map((word) => BigInt(word >>> 0)) as [bigint, bigint, bigint, bigint];
  let [k, l] = key.map((word) => BigInt(word >>> 0)) as [bigint, bigint];
  const mask = 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const [x, y] = [0xd2511f53n * a, 0xcd9e8d57n * c];
    [a, b, c, d] = [(y >> 32n) ^ b ^ k, y & mask, (x >> 32n) ^ d ^ l, x & mask];
    k = (k + 0x9e3779b9n) & mask;
    l = (l + 0xbb67ae85n) & mask;
  }
  return [a, b, c, d].map(Number);
}

/** The four words behind element i. */
export const wordsOf = ({ seed, seedHigh, offset }: { readonly [K in SeedParams]: number }) => {
  let [at, words] = [-1, [] as readonly number[]];
  return (i: number): readonly number[] => {
    const piece = i >> 2;
    if (piece !== at) [at, words] = [piece, philox([piece, offset, 0, 0], [seed, seedHigh])];
    return words;
  };
};
