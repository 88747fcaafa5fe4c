import { describe, expect, test } from "vitest";
import type { Trial } from "../src/index.ts";
import { sample } from "../src/trials.ts";

const trial = (i: number, tile: Record<string, number>, dtype = "f32", skip?: string) =>
  ({
    path: `${dtype} ${i}`,
    suite: { kernel: { name: "k" } },
    variant: { name: "v", needs: ({ bytes = 0 }: { bytes?: number }) => ({ invocations: 1, workgroupBytes: bytes }) },
    kase: { dtype, keys: { m: i % 4, n: i % 3, ...(i % 2 && { bias: true }) } },
    tile,
    skip,
  }) as unknown as Trial;

describe("a sample of trials", () => {
  const list = Array.from({ length: 40 }, (_, i) => trial(i, { rows: i < 30 ? 1 + (i % 2) : 8 }));
  const paths = (most: number, of = list) => sample(of, { most, all: ["dtype", "tile"] }).map(({ path }) => path);

  test("has as many as the budget, each for something new", () => {
    expect(paths(8)).toHaveLength(8);
    const shown = sample(list, { most: 12, all: ["dtype", "tile"] }).map(({ kase }) => `${kase.keys["m"]} ${kase.keys["n"]}`);
    expect(new Set(shown).size).toBe(12); // each m with each n, of which a dozen happens to show all
  });

  test("has every tile where tiles are asked for", () => {
    const tiles = (...all: ("dtype" | "tile")[]) => sample(list, { most: 1, all }).map(({ tile }) => tile["rows"]);
    expect(tiles("tile").sort()).toEqual([1, 2, 8]);
    expect(tiles("dtype")).toHaveLength(1);
  });

  test("has every dtype, and all that is skipped", () => {
    const other = [...list, trial(1, { rows: 1 }, "f16"), trial(2, { rows: 1 }, "f32", "it needs subgroups")];
    const chosen = sample(other, { most: 1, all: ["dtype"] });
    expect(chosen.map(({ kase, skip }) => (skip ? "skipped" : kase.dtype)).sort()).toEqual(["f16", "f32", "skipped"]);
  });

  test("has f16 first where it is asked for", () => {
    const other = [...list, trial(1, { rows: 1 }, "f16")];
    const dtypes = (f16: boolean) => sample(other, { most: 1, all: [], f16 }).map(({ kase }) => kase.dtype);
    expect([dtypes(true), dtypes(false)]).toEqual([["f16"], ["f32"]]);
  });

  test("has a tile with barriers once, and once for each dtype that no other tile sees", () => {
    const barriers = Array.from({ length: 9 }, (_, i) => trial(i, { rows: 1, bytes: 4 }, ["f32", "f16", "i32"][i % 3]));
    const chosen = sample([...list, ...barriers], { most: 20, all: ["dtype", "tile"] }).filter(({ tile }) => tile["bytes"]);
    expect(chosen.map(({ kase }) => kase.dtype).sort()).toEqual(["f16", "i32"]);
    const alone = sample([...list, ...barriers.slice(0, 1)], { most: 5, all: ["dtype", "tile"] });
    expect(alone.filter(({ tile }) => tile["bytes"])).toHaveLength(1);
  });

  test("keeps the order, and is all of a short list", () => {
    expect(paths(99)).toEqual(list.map(({ path }) => path));
    expect(paths(5, list.slice(0, 4))).toHaveLength(4);
  });
});
