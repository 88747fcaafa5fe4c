import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Life, pack } from "../src/arena.ts";

const ALIGN = 256;
const aligned = (bytes: number) => Math.ceil(bytes / ALIGN) * ALIGN;
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** A tape's values: lives, sizes of whole words (some empty), and pairs that one dispatch reads and writes. */
const tapes: fc.Arbitrary<Life[]> = fc
  .array(fc.record({ words: fc.integer({ min: 0, max: 600 }), first: fc.nat(12), length: fc.nat(6) }), {
    minLength: 1,
    maxLength: 14,
  })
  .chain((values) =>
    fc.array(fc.tuple(fc.nat(values.length - 1), fc.nat(values.length - 1)), { maxLength: 12 }).map((pairs) => {
      const apart = values.map(() => new Set<number>());
      for (const [a, b] of pairs) {
        if (a === b) continue;
        apart[a]!.add(b);
        apart[b]!.add(a);
      }
      return values.map(({ words, first, length }, i) => ({ bytes: words * 4, first, last: first + length, apart: apart[i]! }));
    }),
  );

/** Tapes with a limit that every single value fits. */
const limited = tapes.chain((values) =>
  fc.tuple(
    fc.constant(values),
    fc.oneof(fc.constant(2 ** 31), fc.integer({ min: Math.max(4, ...values.map(({ bytes }) => bytes)), max: 6000 })),
  ),
);

const alive = (a: Life, b: Life) => a.first <= b.last && b.first <= a.last;

describe("pack", () => {
  test("values alive at the same time never overlap", () => {
    const check = ([values, limit]: [Life[], number]) => {
      const { place } = pack(values, limit);
      values.forEach((a, i) => {
        values.slice(0, i).forEach((b, j) => {
          const [p, q] = [place[i]!, place[j]!];
          if (p.buffer !== q.buffer || !alive(a, b)) return;
          expect(p.offset + a.bytes <= q.offset || q.offset + b.bytes <= p.offset, `${i} and ${j}`).toBe(true);
        });
      });
    };
    fc.assert(fc.property(limited, check), { seed: 1, numRuns: 500 });
  });

  test("values that one dispatch reads and writes are never in one buffer, alive together or not", () => {
    const check = ([values, limit]: [Life[], number]) => {
      const { place } = pack(values, limit);
      values.forEach(({ apart }, i) => {
        for (const j of apart) expect(place[i]!.buffer, `${i} and ${j}`).not.toBe(place[j]!.buffer);
      });
    };
    fc.assert(fc.property(limited, check), { seed: 2, numRuns: 500 });
  });

  test("every value lies on a multiple of 256, inside a buffer that is no larger than allowed", () => {
    const check = ([values, limit]: [Life[], number]) => {
      const { place, sizes } = pack(values, limit);
      expect(place.length).toBe(values.length);
      values.forEach(({ bytes }, i) => {
        const { buffer, offset } = place[i]!;
        expect(offset % ALIGN).toBe(0);
        expect(offset + bytes).toBeLessThanOrEqual(sizes[buffer]!);
      });
      for (const size of sizes) expect(size).toBeLessThanOrEqual(limit);
    };
    fc.assert(fc.property(limited, check), { seed: 3, numRuns: 500 });
  });

  test("it never takes more than the values would alone", () => {
    const check = ([values, limit]: [Life[], number]) => {
      expect(sum(pack(values, limit).sizes)).toBeLessThanOrEqual(sum(values.map(({ bytes }) => aligned(bytes))));
    };
    fc.assert(fc.property(limited, check), { seed: 4, numRuns: 500 });
  });

  test.for([2, 3, 10, 101])("a chain of %i equal values takes two of them", (n) => {
    const chain = Array.from({ length: n }, (_, i) => ({
      bytes: 1000,
      first: i,
      last: i + 1,
      apart: new Set([i - 1, i + 1].filter((j) => j >= 0 && j < n)),
    }));
    expect(pack(chain, 2 ** 31).sizes).toEqual([1000, 1000]);
  });

  test("a value that outlives the others is not written over", () => {
    const values: Life[] = [0, 1, 2, 3].map((i) => ({ bytes: 512, first: i, last: i === 0 ? 3 : i, apart: new Set<number>() }));
    const { place, sizes } = pack(values, 2 ** 31);
    expect(sizes).toEqual([1024]);
    expect(place.map(({ offset }) => offset)).toEqual([0, 512, 512, 512]);
  });

  test("a value goes where it makes nothing grow", () => {
    const at = (bytes: number, time: number, apart: number[]) => ({ bytes, first: time, last: time, apart: new Set(apart) });
    expect(pack([at(1000, 0, [1]), at(900, 1, [0]), at(800, 0, [])], 2 ** 31).sizes).toEqual([1000, 900]);
  });

  test("a full buffer makes room in another", () => {
    const values: Life[] = [0, 1, 2].map(() => ({ bytes: 600, first: 0, last: 0, apart: new Set<number>() }));
    expect(pack(values, 1500).sizes).toEqual([1368, 600]); // 768 + 600, and one alone
  });
});
