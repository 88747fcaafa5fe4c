// Beam search over scores whose best texts are known.
import { expect, test } from "vitest";
import { type Beam, search } from "../src/models/beams.ts";

/** Probabilities of 0 (the end), 1 and 2 behind a text. */
type Table = Readonly<Record<string, readonly [number, number, number]>>;

/** Follows a table, and sees that every beam's slots are where its tokens were written. */
function follower(table: Table, beams: number) {
  const written: (number | undefined)[] = [];
  return async (list: readonly Beam[], step: number) => {
    expect(list.length).toBe(beams);
    list.forEach(({ token }, row) => {
      written[step * beams + row] = token;
    });
    const rows = list.map(({ tokens, slots, sum, token }) => {
      if (sum > -Infinity) {
        expect(slots.map((slot) => written[slot])).toEqual([9, ...tokens]);
        expect(slots.at(-1)).toBe(step * beams + list.findIndex((one) => one.slots === slots));
      }
      void token;
      const of = table[tokens.join("")] ?? [1 / 3, 1 / 3, 1 / 3];
      return [0, 1, 2].map((t) => ({ t, score: Math.log(of[t]!) })).sort((a, b) => b.score - a.score);
    });
    return { scores: rows.flat().map(({ score }) => score), tokens: rows.flat().map(({ t }) => t), each: 3 };
  };
}
const how = { room: 8, start: 9, end: 0, never: [] };

// Greedy takes 1 (0.6), then is lost among thirds; 2 (0.4) ends at once.
const trap: Table = { "": [0, 0.6, 0.4], "1": [0.34, 0.33, 0.33], "2": [0.9, 0.05, 0.05] };

test("one beam is greedy; two see what is better later", async () => {
  const [greedy] = await search(follower(trap, 1), { ...how, beams: 1, lengthPenalty: 0 });
  expect(greedy!.tokens).toEqual([1]);
  expect(greedy!.score).toBeCloseTo(Math.log(0.6 * 0.34), 9);
  const two = await search(follower(trap, 2), { ...how, beams: 2, lengthPenalty: 0 });
  expect(two.map(({ tokens }) => tokens)).toEqual([[2], [1]]);
  expect(two[0]!.score).toBeCloseTo(Math.log(0.36), 9);
});

test("the length penalty, tokens that are never chosen, the limit and the signal", async () => {
  const long: Table = { "": [0.5, 0.5, 0], "1": [0.1, 0.9, 0], "11": [1, 0, 0] };
  const best = async (lengthPenalty: number, more: object = {}) =>
    (await search(follower(long, 3), { ...how, beams: 3, lengthPenalty, ...more }))[0]!;
  expect((await best(0)).tokens).toEqual([]); // ½ ends at once; 0.45 takes three
  const three = await best(1);
  expect(three.tokens).toEqual([1, 1]);
  expect(three.score).toBeCloseTo(Math.log(0.45) / 3, 9);
  expect((await best(1, { tokens: 1 })).score).toBeCloseTo(Math.log(0.5), 9);
  expect((await best(1, { room: 2 })).tokens).toEqual([1, 1]); // cut off where there is no more room
  expect((await best(1, { never: [1] })).tokens).toEqual([]);
  const none = await search(follower({ "": [0, 0.5, 0.5] }, 1), { ...how, beams: 1, never: [0, 1, 2] });
  expect(none).toEqual([]);
  await expect(best(1, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
});

test("with as many beams as there are texts the best is the best of all", async () => {
  let seed = 1;
  const next = () => ((seed = (seed * 48271) % 2147483647) / 2147483647) ** 2 + 0.01;
  for (let round = 0; round < 20; round++) {
    const table: Record<string, [number, number, number]> = {};
    const all: { tokens: number[]; score: number }[] = [];
    const grow = (tokens: number[], sum: number) => {
      const raw = [next(), next(), next()];
      const total = raw[0]! + raw[1]! + raw[2]!;
      const of = raw.map((v) => v / total) as [number, number, number];
      table[tokens.join("")] = of;
      all.push({ tokens, score: (sum + Math.log(of[0])) / (tokens.length + 1) });
      for (const token of [1, 2]) {
        const more = [...tokens, token];
        const now = sum + Math.log(of[token]!);
        if (more.length < 4) grow(more, now);
        else all.push({ tokens: more, score: now / 4 });
      }
    };
    grow([], 0);
    const want = all.sort((a, b) => b.score - a.score)[0]!;
    const got = await search(follower(table, 32), { ...how, beams: 32, tokens: 4 });
    expect(got[0]!.tokens).toEqual(want.tokens);
    expect(got[0]!.score).toBeCloseTo(want.score, 9);
    expect(got.map(({ score }) => score)).toEqual(got.map(({ score }) => score).sort((a, b) => b - a));
  }
});
