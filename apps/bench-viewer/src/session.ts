// The device's side of the page without any of its looks: buttons and the headless protocol call the same functions.
import { type Bench, matches, type Outcome, type Run, readRun, type TuneRun, tally } from "@tilewright/testing";
import { createGate } from "./gate.ts";
import { NOTHING_KEPT } from "./kept.ts";
import { createLink } from "./link.ts";
import type { Command, Report } from "./protocol.ts";
import { createState, type Progress, type RunHow, runOf, type TunePageHow } from "./state.ts";
import { createTuning } from "./tuning.ts";

const CALM_MS = 80; // while a run goes on, drawing takes as little as possible from it

type Ended = Extract<Report, { type: "done" }>;

export function createSession(low: boolean) {
  const state = createState(low);
  const listeners = new Set<() => void>();
  let due = false;
  function changed(): void {
    if (due) return;
    due = true;
    setTimeout(
      () =>
        requestAnimationFrame(() => {
          due = false;
          for (const listener of listeners) listener();
        }),
      state.running ? CALM_MS : 0,
    );
  }

  let opened = Promise.withResolvers<void>();
  let ended: PromiseWithResolvers<Ended> | undefined;
  let elsewhere: AbortController | undefined;
  const gate = createGate();
  const watchers = new Set<(progress: Progress) => void>();
  const { start, tell, ask, refuse } = createLink(hear, (message) => {
    close(true, message);
    changed();
  });
  const tuning = createTuning(state, changed, tell);

  function close(lost: boolean, message: string): void {
    Object.assign(state, { phase: "closed", problem: { lost, message } });
    opened.resolve();
    if (!lost) return;
    ended?.reject(new Error(message));
    refuse(message);
  }

  function hear(report: Exclude<Report, { type: "answer" }>): void {
    if (report.type === "ready") {
      Object.assign(state, {
        phase: "ready",
        problem: undefined,
        adapter: report.adapter,
        adapterKey: report.adapterKey,
        caps: report.caps,
        trials: report.trials,
      });
      void tuning.restore().then(opened.resolve);
    } else if (report.type === "closed") close(report.lost, report.message);
    else if (report.type === "progress") progressed(report.done, report.total, report.path);
    else if (report.type === "outcome") state.outcomes.set(report.outcome.path, report.outcome);
    else if (report.type === "roofs") state.roofs = report.roofs;
    else if (report.type === "measurement") state.measurements.set(report.measurement.path, report.measurement);
    else if (report.type === "tuned") tuning.tried(report.size);
    else if (report.type === "using") tuning.using(report.tuning);
    else if (report.type === "problem") console.error(`WebGPU: ${report.message}`);
    else if (report.type === "done") report.error ? ended?.reject(new Error(report.error)) : ended?.resolve(report);
    changed();
  }

  /** A fresh device; what was measured on another kind of device is forgotten. */
  function open(asLow = state.low): Promise<void> {
    if (asLow !== state.low) {
      state.outcomes.clear();
      state.measurements.clear();
      Object.assign(state, { failures: [], leftOut: [], roofs: undefined, kept: NOTHING_KEPT, using: 0, notes: [] });
    }
    Object.assign(state, { phase: "opening", problem: undefined, low: asLow });
    opened = Promise.withResolvers();
    if (!navigator.gpu) {
      close(false, "this browser has no navigator.gpu");
    } else {
      start();
      tell({ type: "open", low: asLow });
    }
    changed();
    return opened.promise;
  }

  /** A run as the page shows it: one at a time, with its progress and how it ended. */
  async function running<T>(what: Progress["what"], total: number, work: () => Promise<T>): Promise<T> {
    if (state.running || state.phase !== "ready") throw new Error("another run goes on, or there is no device");
    state.running = { what, done: 0, total, path: "", stopping: false, paused: false };
    gate.open();
    state.news = `${what} started`;
    changed();
    try {
      const made = await work();
      state.news = `${what} ${state.running.stopping ? "stopped" : "finished"}`;
      return made;
    } catch (error) {
      state.news = `${what} ended: ${(error as Error).message}`;
      throw error;
    } finally {
      state.running = undefined;
      changed();
    }
  }

  function progressed(done: number, total: number, path: string): void {
    if (!state.running) return;
    state.running = { ...state.running, done, total, path };
    for (const watch of watchers) watch(state.running);
    changed();
  }

  /** A run of the worker's. */
  const during = (what: Progress["what"], total: number, command: Command): Promise<Ended> =>
    running(what, total, () => {
      ended = Promise.withResolvers();
      tell(command);
      return ended.promise;
    });

  async function parity(filter: string, only?: string): Promise<readonly Outcome[]> {
    const paths = state.trials.map(({ path }) => path).filter((path) => (only ? path === only : matches(path, filter)));
    for (const path of paths) state.outcomes.delete(path);
    await during("parity", paths.length, { type: "parity", paths });
    const outcomes = paths.flatMap((path) => state.outcomes.get(path) ?? []);
    const { passed, failed, skipped } = tally(outcomes);
    state.news += `: ${passed} passed, ${failed} failed, ${skipped} skipped`;
    return outcomes;
  }

  async function bench(filter: string): Promise<Bench | undefined> {
    for (const path of state.measurements.keys()) if (matches(path, filter)) state.measurements.delete(path);
    Object.assign(state, { failures: [], leftOut: [] });
    const { bench: made } = await during("throughput", 0, { type: "bench", filter });
    if (made) Object.assign(state, { failures: made.failures, leftOut: made.leftOut, replayUs: made.replayUs });
    return made;
  }

  async function tune(filter: string, budgetMs?: number): Promise<TuneRun | undefined> {
    state.notes = [];
    const { tuned } = await during("tuning", 0, { type: "tune", filter, budgetMs });
    if (!tuned) return undefined;
    await tuning.add(tuned.table);
    const found = tuned.sizes.filter(({ entry }) => entry).length;
    state.news += `: ${found} of ${tuned.sizes.length} sizes decided`;
    return tuned;
  }

  /** Opens a device if need be, and says what goes on meanwhile. */
  async function withDevice<T>(
    low: boolean,
    onEvent: ((progress: Progress) => void) | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    if (state.phase !== "ready" || low !== state.low) await open(low);
    else await opened.promise;
    if (state.phase !== "ready") throw new Error(state.problem?.message ?? "no device");
    if (onEvent) watchers.add(onEvent);
    try {
      return await work();
    } finally {
      if (onEvent) watchers.delete(onEvent);
    }
  }

  return {
    state,
    open,
    tune,
    applyTuning: tuning.apply,
    resetTuning: tuning.reset,
    importTuning: tuning.load,
    /** Keeps a saved run to compare; a third takes the second's place. */
    async loadRun(text: string): Promise<void> {
      try {
        const run = readRun(text);
        Object.assign(state, { loaded: [...state.loaded.slice(0, 1), run], runProblem: undefined });
        state.news = `run of ${run.date.slice(0, 10)} loaded`;
      } catch (error) {
        state.runProblem = (error as Error).message;
        state.news = state.runProblem;
      }
      changed();
    },
    forgetRuns(): void {
      Object.assign(state, { loaded: [], runProblem: undefined });
      changed();
    },
    parity,
    bench,
    /** A run that is not our worker's, shown and stopped like one; where `progress` gives a promise it is paused. */
    alongside: (
      what: Progress["what"],
      work: (
        progress: (done: number, total: number, path: string) => Promise<void> | undefined,
        signal: AbortSignal,
      ) => Promise<void>,
    ): Promise<void> => {
      elsewhere = new AbortController();
      const { signal } = elsewhere;
      const progress = (done: number, total: number, path: string) => {
        progressed(done, total, path);
        return gate.pass();
      };
      return running(what, 0, () => work(progress, signal));
    },
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    pause(paused: boolean): void {
      if (!state.running) return;
      state.running = { ...state.running, paused };
      state.news = `${state.running.what} ${paused ? "paused" : "goes on"}`;
      tell({ type: "pause", paused });
      if (paused) gate.close();
      else gate.open();
      changed();
    },
    stop(): void {
      if (state.running) state.running = { ...state.running, stopping: true };
      tell({ type: "stop" });
      elsewhere?.abort();
      gate.open();
      changed();
    },
    ask,
    /** All that the page holds. */
    results: (): Run => {
      const { roofs, replayUs, measurements, failures, leftOut } = state;
      const outcomes = state.trials.flatMap(({ path }) => state.outcomes.get(path) ?? []);
      return runOf(state, outcomes, roofs && { roofs, replayUs, measurements: [...measurements.values()], failures, leftOut });
    },
    /** What the buttons do, for scripts. */
    async run(how: RunHow, onEvent?: (progress: Progress) => void): Promise<Run> {
      return withDevice(how.low, onEvent, async () => {
        const outcomes = how.parity ? await parity(how.filter) : [];
        return runOf(state, outcomes, how.bench ? await bench(how.filter) : undefined);
      });
    },
    /** The same for tuning. */
    tuneOn: ({ filter, low: asLow, budgetMs }: TunePageHow, onEvent?: (progress: Progress) => void): Promise<TuneRun> =>
      withDevice(asLow, onEvent, async () => (await tune(filter, budgetMs))!),
  };
}

export type Session = ReturnType<typeof createSession>;
