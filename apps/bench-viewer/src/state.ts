import type { Caps } from "@tilewright/runtime";
import { type AdapterCard, type Bench, type Measurement, makeRun, type Outcome, type Roofs, type Run } from "@tilewright/testing";
import type { Listed } from "./protocol.ts";

export interface Progress {
  readonly what: "parity" | "throughput";
  readonly done: number;
  readonly total: number;
  readonly path: string;
  readonly stopping: boolean;
}

/** Changed in place; listeners are told at most once a frame. */
export interface State {
  phase: "opening" | "ready" | "closed";
  /** Why it is closed. */
  problem: { lost: boolean; message: string } | undefined;
  low: boolean;
  adapter: AdapterCard | undefined;
  caps: Caps | undefined;
  trials: readonly Listed[];
  readonly outcomes: Map<string, Outcome>;
  roofs: Roofs | undefined;
  readonly measurements: Map<string, Measurement>;
  replayUs: number;
  failures: Bench["failures"];
  leftOut: Bench["leftOut"];
  running: Progress | undefined;
  /** How the last run ended, for people who do not see the page. */
  news: string;
}

export interface RunHow {
  readonly parity: boolean;
  readonly bench: boolean;
  readonly filter: string;
  readonly low: boolean;
}

export function createState(low: boolean): State {
  return {
    phase: "opening",
    problem: undefined,
    low,
    adapter: undefined,
    caps: undefined,
    trials: [],
    outcomes: new Map(),
    roofs: undefined,
    measurements: new Map(),
    replayUs: Number.NaN,
    failures: [],
    leftOut: [],
    running: undefined,
    news: "",
  };
}

/** The document of a run. */
export function runOf({ adapter, low }: State, outcomes: readonly Outcome[], bench: Bench | undefined): Run {
  if (!adapter) throw new Error("there is no adapter");
  return makeRun({ host: navigator.userAgent, adapter, low }, outcomes, bench);
}

declare global {
  /** For scripts/headless.ts and for the console: the same runs as the buttons', and their text as exported. */
  var tilewright: { run(how: RunHow, onEvent?: (progress: Progress) => void): Promise<Run>; text(run: Run): string };
}
