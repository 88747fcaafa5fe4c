// Two runs side by side: what passed in one and not in the other, and what became faster or slower.
import { fromText } from "./json.ts";
import type { Run } from "./report.ts";

/** A case whose status is not the same in both; `none`: that run has no such case. */
export interface ChangedCase {
  readonly path: string;
  readonly before: "passed" | "failed" | "skipped" | "none";
  readonly after: "passed" | "failed" | "skipped" | "none";
}

/** A variant at a size that both have timed. */
export interface TimedTwice {
  readonly path: string;
  /** Median milliseconds. */
  readonly before: number;
  readonly after: number;
  /** after / before: below 1 is faster. */
  readonly ratio: number;
  /** By more than the two runs' spreads together. */
  readonly differs: boolean;
}

export interface Comparison {
  /** Both ran on the same adapter, driver and profile: otherwise times say nothing about the code. */
  readonly sameAdapter: boolean;
  readonly cases: readonly ChangedCase[];
  /** How many cases came out the same. */
  readonly sameCases: number;
  /** Those that differ first, the largest difference foremost. */
  readonly times: readonly TimedTwice[];
}

/**
 * The document of a run that was saved.
 * @throws Error that says what the text is instead
 */
export function readRun(text: string): Run {
  let given: Partial<Run> | null;
  try {
    given = fromText<Partial<Run> | null>(text);
  } catch (error) {
    throw new Error(`the file is no JSON: ${(error as Error).message}`);
  }
  if (given?.schema !== "tilewright-run/1")
    throw new Error(`the file is no run: its schema is ${given?.schema ?? "not given"}; needed is tilewright-run/1`);
  if (!given.adapter || !Array.isArray(given.parity?.outcomes ?? []) || !Array.isArray(given.bench?.measurements ?? []))
    throw new Error("the run's document is damaged");
  return given as Run;
}

const named = ({ adapter: { vendor, architecture, description }, low }: Run) => [vendor, architecture, description, low].join();

export function compareRuns(before: Run, after: Run): Comparison {
  const statuses = (run: Run) => new Map(run.parity?.outcomes.map(({ path, status }) => [path, status]));
  const [old, fresh] = [statuses(before), statuses(after)];
  // A run without parity, or of other cases, says nothing about the rest.
  const both = old.size > 0 && fresh.size > 0;
  const paths = both ? [...new Set([...old.keys(), ...fresh.keys()])] : [];
  const cases = paths
    .map((path): ChangedCase => ({ path, before: old.get(path) ?? "none", after: fresh.get(path) ?? "none" }))
    .filter((one) => one.before !== one.after);
  const earlier = new Map(before.bench?.measurements.map((one) => [one.path, one]));
  const times = (after.bench?.measurements ?? []).flatMap((now): TimedTwice[] => {
    const then = earlier.get(now.path);
    if (!then) return [];
    const ratio = now.ms / then.ms;
    return [{ path: now.path, before: then.ms, after: now.ms, ratio, differs: Math.abs(ratio - 1) > now.spread + then.spread }];
  });
  const apart = ({ ratio }: TimedTwice) => Math.abs(Math.log(ratio));
  times.sort((a, b) => Number(b.differs) - Number(a.differs) || apart(b) - apart(a));
  return { sameAdapter: named(before) === named(after), cases, sameCases: paths.length - cases.length, times };
}
