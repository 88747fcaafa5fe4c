import type { Caps } from "@tilewright/runtime";
import {
  type AdapterCard,
  type Bench,
  type Measurement,
  makeRun,
  type Outcome,
  type Roofs,
  type Run,
  type TuneRun,
} from "@tilewright/testing";
import { type Kept, NOTHING_KEPT } from "./kept.ts";
import type { Listed } from "./protocol.ts";

export interface Progress {
  readonly what: "parity" | "throughput" | "tuning" | "rivals";
  readonly done: number;
  readonly total: number;
  readonly path: string;
  readonly stopping: boolean;
  /** It waits before its next case or size. */
  readonly paused: boolean;
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
  /** Names this device to tune tables. */
  adapterKey: string;
  kept: Kept;
  /** Entries of the table that the device goes by. */
  using: number;
  /** What was ignored of a table, or could not be kept. */
  notes: readonly string[];
  /** Saved runs to compare: one with what is here, or the first with the second. */
  loaded: readonly Run[];
  /** Why a file was not taken. */
  runProblem: string | undefined;
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

export interface TunePageHow {
  readonly filter: string;
  readonly low: boolean;
  /** For all sizes together. */
  readonly budgetMs?: number;
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
    adapterKey: "",
    kept: NOTHING_KEPT,
    using: 0,
    notes: [],
    loaded: [],
    runProblem: undefined,
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
  var tilewright: {
    run(how: RunHow, onEvent?: (progress: Progress) => void): Promise<Run>;
    tune(how: TunePageHow, onEvent?: (progress: Progress) => void): Promise<TuneRun>;
    text(document: Run | TuneRun): string;
  };
}
