import { describe, expect, test } from "vitest";
import { compareRuns, type Measurement, type Outcome, type Run, readRun, toText } from "../src/index.ts";

const adapter = { vendor: "v", architecture: "a", description: "d" } as Run["adapter"];
const outcome = (path: string, status: Outcome["status"]): Outcome => ({ path, status, ratio: 0, ms: 1 });
const timed = (path: string, ms: number, spread = 0.05) => ({ path, ms, spread }) as Measurement;

const run = (outcomes: readonly Outcome[], measurements: readonly Measurement[], low = false): Run => ({
  schema: "tilewright-run/1",
  date: "2026-01-01T00:00:00.000Z",
  host: "",
  adapter,
  low,
  parity: { passed: 0, failed: 0, skipped: 0, outcomes },
  bench: { roofs: { gflops: 1, gbps: 1 }, replayUs: 0, measurements, failures: [], leftOut: [] },
});

describe("two runs", () => {
  const before = run([outcome("a", "passed"), outcome("b", "passed"), outcome("c", "failed")], [timed("s", 10), timed("t", 10)]);

  test("cases that came out otherwise are listed, missing ones too", () => {
    const after = run([outcome("a", "passed"), outcome("b", "failed"), outcome("d", "passed")], []);
    const { cases, sameCases } = compareRuns(before, after);
    expect(sameCases).toBe(1);
    expect(cases).toEqual([
      { path: "b", before: "passed", after: "failed" },
      { path: "c", before: "failed", after: "none" },
      { path: "d", before: "none", after: "passed" },
    ]);
  });

  test("without parity on one side no case is said to be missing", () => {
    expect(compareRuns(before, run([], [])).cases).toEqual([]);
  });

  test("times differ where they are farther apart than both spreads, the farthest first", () => {
    const { times } = compareRuns(before, run([], [timed("s", 10.5), timed("t", 5), timed("u", 1)]));
    expect(times.map(({ path, ratio, differs }) => [path, ratio, differs])).toEqual([
      ["t", 0.5, true],
      ["s", 1.05, false],
    ]);
  });

  test("another profile is another adapter", () => {
    expect(compareRuns(before, before).sameAdapter).toBe(true);
    expect(compareRuns(before, run([], [], true)).sameAdapter).toBe(false);
  });
});

describe("a saved run", () => {
  test("is read as it was written, infinities included", () => {
    const made = run([{ ...outcome("a", "failed"), ratio: Number.POSITIVE_INFINITY }], []);
    expect(readRun(toText(made))).toEqual(made);
  });

  test.for([
    ["{", /no JSON/],
    ["null", /no run/],
    ["{}", /schema is not given/],
    ['{"schema": "tilewright-tuning/1"}', /schema is tilewright-tuning/],
    ['{"schema": "tilewright-run/1"}', /damaged/],
    ['{"schema": "tilewright-run/1", "adapter": {}, "parity": {"outcomes": 3}}', /damaged/],
  ] as const)("%s is refused", ([text, what]) => {
    expect(() => readRun(text)).toThrow(what);
  });
});
