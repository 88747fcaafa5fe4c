// The schedule on a clock that stands still unless something is timed.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FEWEST, halving, NOISE, type Race, SLOWER } from "../src/halving.ts";

/** Contestants are numbers: the milliseconds that a run of them takes. Negative: thrown out. */
function race(candidates: readonly number[], budget: number, more: Partial<Race<number>> = {}) {
  let clock = 0;
  const log: { readonly round: number; readonly list: readonly number[]; readonly samples: number }[] = [];
  const firsts: number[] = [];
  const cost = (ms: number, samples: number) => (2 + samples) * Math.max(ms, 15);
  const spec: Race<number> = {
    candidates,
    standard: candidates[0]!,
    now: () => clock,
    deadline: budget,
    first: async (c) => {
      firsts.push(c);
      clock += 5 + Math.abs(c); // compile, then run
      return c > 0 ? c : undefined;
    },
    time: async (list, samples, round) => {
      log.push({ round, list, samples });
      for (const c of list) clock += cost(c, samples);
      return { ms: list, samples };
    },
    cost,
    ...more,
  };
  return halving(spec).then((finish) => ({ ...finish, log, firsts, clock }));
}

describe("halving", () => {
  test("with time enough everyone runs once, and half go on until the last two, who have seven samples", async () => {
    const { winner, log, firsts, standings } = await race([20, 18, 30, 16, 22, 40, 10, 50], 1e6);
    expect(firsts).toEqual([20, 18, 30, 16, 22, 40, 10, 50]);
    expect(log).toEqual([
      { round: 1, list: [10, 16, 18, 20, 22, 30], samples: 3 }, // 40 and 50 are over three times 10
      { round: 2, list: [10, 16, 18], samples: 3 },
      { round: 3, list: [10, 16, 20], samples: 7 }, // 20 is the standard: what a winner must beat
    ]);
    expect(winner).toBe(10);
    expect(standings.map(({ candidate, round, slow }) => [candidate, round, slow])).toEqual([
      [20, 3, false],
      [18, 2, false],
      [30, 1, false],
      [16, 3, false],
      [22, 1, false],
      [40, 0, true],
      [10, 3, false],
      [50, 0, true],
    ]);
  });

  test("one that is thrown out never runs again; without the standard the rest compete", async () => {
    const { winner, log } = await race([-5, 12, 9], 1e6);
    expect(log.flatMap(({ list }) => list)).not.toContain(-5);
    expect(winner).toBe(9);
  });

  test("what is faster by no more than noise does not win", async () => {
    const within = 100 * (1 - NOISE / 2);
    expect((await race([100, within], 1e6)).winner).toBe(100);
    expect((await race([100, 100 * (1 - 2 * NOISE)], 1e6)).winner).toBeLessThan(100);
  });

  test("the standard alone in the race wins it, but not when there was no time for others", async () => {
    expect((await race([10], 1e6)).winner).toBe(10);
    expect((await race([10, SLOWER * 10 + 1], 1e6)).winner).toBe(10);
    const { winner, firsts } = await race([1000, 900], 9000); // five samples of two that slow take longer
    expect(firsts).toEqual([1000]);
    expect(winner).toBeUndefined();
  });

  test("nobody is right: no winner", async () => {
    const { winner, log, standings } = await race([-1, -2], 1e6);
    expect([winner, log, standings]).toEqual([undefined, [], []]);
  });

  test("a small budget tries fewer and times fewer, and still ends with a last round", async () => {
    const all = [50, 49, 48, 47, 46, 45, 44, 43, 42, 41];
    const few = await race(all, 1800);
    expect(few.winner).toBeDefined();
    expect(few.log.at(-1)!.samples).toBeGreaterThanOrEqual(FEWEST);
    expect(few.firsts.length).toBeGreaterThan(1);
    const many = await race(all, 1e5);
    expect(many.firsts.length).toBe(10);
    expect(many.winner).toBe(41);
    expect(few.clock).toBeLessThan(1800);
  });

  test("a last round that was cut short decides nothing", async () => {
    const { winner } = await race([10, 5], 1e6, { time: async (list) => ({ ms: list, samples: FEWEST - 1 }) });
    expect(winner).toBeUndefined();
  });

  test("stopped: nothing more is begun", async () => {
    let left = 3;
    const { winner, firsts, log } = await race([10, 9, 8, 7, 6], 1e6, { stopped: () => left-- <= 0 });
    expect(firsts).toEqual([10, 9, 8]);
    expect(log).toEqual([]);
    expect(winner).toBeUndefined();
  });

  test("on true costs: never over the budget but by the first run in flight; deterministic; the fastest of those in the last round", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: -200, max: 400 }), { minLength: 1, maxLength: 14 }),
        fc.integer({ min: 1, max: 20_000 }),
        async (list, budget) => {
          const candidates = list.map((c) => c || 1000);
          const one = await race(candidates, budget);
          expect(await race(candidates, budget)).toEqual(one);
          const longest = 5 + Math.max(...candidates.map(Math.abs));
          expect(one.clock).toBeLessThanOrEqual(budget + longest);
          expect(one.winner ?? 1).toBeGreaterThan(0);
          if (one.winner !== undefined) {
            const best = Math.min(...one.log.at(-1)!.list);
            expect(one.winner === best || best > (1 - NOISE) * one.winner).toBe(true);
          }
        },
      ),
    );
  });
});
