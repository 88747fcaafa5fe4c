import { describe, expect, test } from "vitest";
import type { Trial } from "../src/index.ts";
import { sample } from "../src/trials.ts";

const trial = (i: number, tile: Record<string, number>, dtype = "f32", skip?: string) =>
  ({
    path: `${dtype} ${i}`,
    suite: { kernel: { name: "k" } },
    variant: { name: "v", needs: ({ bytes = 0 }: { bytes?: number }) => ({ invocations: 1, workgroupBytes: bytes }) },
    kase: { dtype },
    tile,
    skip,
  }) as unknown as Trial;

describe("a sample of trials", () => {
  const list = Array.from({ length: 40 }, (_, i) => trial(i, { rows: i < 30 ? 1 + (i % 2) : 8 }));

  test("is spread over all of them", () => {
    const chosen = sample(list, 5).map(({ path }) => Number(path.split(" ")[1]));
    expect(chosen.length).toBeLessThan(10);
    expect(Math.min(...chosen)).toBe(0);
    expect(Math.max(...chosen)).toBeGreaterThanOrEqual(30);
  });

  test("has every tile", () => {
    const tiles = new Set(sample(list, 1).map(({ tile }) => JSON.stringify(tile)));
    expect([...tiles].sort()).toEqual(['{"rows":1}', '{"rows":2}', '{"rows":8}']);
  });

  test("has every dtype, and all that is skipped", () => {
    const other = [...list, trial(1, { rows: 1 }, "f16"), trial(2, { rows: 1 }, "f32", "it needs subgroups")];
    const chosen = sample(other, 2);
    expect(chosen.some(({ kase }) => kase.dtype === "f16")).toBe(true);
    expect(chosen.some(({ skip }) => skip)).toBe(true);
  });

  test("has a tile with barriers once, and once for each dtype that no other tile sees", () => {
    const barriers = Array.from({ length: 9 }, (_, i) => trial(i, { rows: 1, bytes: 4 }, ["f32", "f16", "i32"][i % 3]));
    const paths = sample([...list, ...barriers], 5).flatMap(({ path, tile }) => (tile["bytes"] ? [path] : []));
    expect(paths).toEqual(["f32 0", "f16 1", "i32 2"]);
    expect(sample([...list, ...barriers], Infinity)).toHaveLength(49);
  });

  test("is all of a short list", () => {
    expect(sample(list.slice(0, 4), 5)).toHaveLength(4);
  });
});
