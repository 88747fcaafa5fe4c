// The device's side of the page without any of its looks: buttons and the headless protocol call the same functions.
import { type Bench, matches, type Outcome, type Run, tally } from "@tilewright/testing";
import type { Command, Report } from "./protocol.ts";
import { createState, type Progress, type RunHow, runOf } from "./state.ts";

const CALM_MS = 80; // while a run goes on, drawing takes as little as possible from it

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

  let worker: Worker | undefined;
  let opened = Promise.withResolvers<void>();
  let ended: PromiseWithResolvers<Bench | undefined> | undefined;
  const sources = new Map<string, (code: readonly string[]) => void>();
  const watchers = new Set<(progress: Progress) => void>();
  const tell = (command: Command) => worker?.postMessage(command);

  function close(lost: boolean, message: string): void {
    Object.assign(state, { phase: "closed", problem: { lost, message } });
    opened.resolve();
    if (lost) ended?.reject(new Error(message));
  }

  function hear(report: Report): void {
    if (report.type === "ready") {
      Object.assign(state, {
        phase: "ready",
        problem: undefined,
        adapter: report.adapter,
        caps: report.caps,
        trials: report.trials,
      });
      opened.resolve();
    } else if (report.type === "closed") close(report.lost, report.message);
    else if (report.type === "progress" && state.running) {
      state.running = { ...state.running, done: report.done, total: report.total, path: report.path };
      for (const watch of watchers) watch(state.running);
    } else if (report.type === "outcome") state.outcomes.set(report.outcome.path, report.outcome);
    else if (report.type === "roofs") state.roofs = report.roofs;
    else if (report.type === "measurement") state.measurements.set(report.measurement.path, report.measurement);
    else if (report.type === "source") {
      sources.get(report.path)?.(report.code);
      sources.delete(report.path);
    } else if (report.type === "problem") console.error(`WebGPU: ${report.message}`);
    else if (report.type === "done") report.error ? ended?.reject(new Error(report.error)) : ended?.resolve(report.bench);
    changed();
  }

  /** A fresh device; what was measured on another kind of device is forgotten. */
  function open(asLow = state.low): Promise<void> {
    if (asLow !== state.low) {
      state.outcomes.clear();
      state.measurements.clear();
      Object.assign(state, { failures: [], leftOut: [], roofs: undefined });
    }
    Object.assign(state, { phase: "opening", problem: undefined, low: asLow });
    opened = Promise.withResolvers();
    if (!navigator.gpu) {
      close(false, "this browser has no navigator.gpu");
    } else {
      if (!worker) {
        worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "tilewright" });
        worker.addEventListener("message", ({ data }: MessageEvent<Report>) => hear(data));
        worker.addEventListener("error", (event) => {
          event.preventDefault();
          worker?.terminate();
          worker = undefined;
          close(true, event.message || "the worker could not be loaded");
          changed();
        });
      }
      tell({ type: "open", low: asLow });
    }
    changed();
    return opened.promise;
  }

  async function during(what: Progress["what"], total: number, command: Command): Promise<Bench | undefined> {
    if (state.running || state.phase !== "ready") throw new Error("another run goes on, or there is no device");
    state.running = { what, done: 0, total, path: "", stopping: false };
    state.news = `${what} started`;
    ended = Promise.withResolvers();
    tell(command);
    changed();
    try {
      const made = await ended.promise;
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
    const made = await during("throughput", 0, { type: "bench", filter });
    if (made) Object.assign(state, { failures: made.failures, leftOut: made.leftOut, replayUs: made.replayUs });
    return made;
  }

  return {
    state,
    open,
    parity,
    bench,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop(): void {
      if (state.running) state.running = { ...state.running, stopping: true };
      tell({ type: "stop" });
      changed();
    },
    source: (path: string): Promise<readonly string[]> =>
      new Promise((resolve) => {
        sources.set(path, resolve);
        tell({ type: "source", path });
      }),
    /** All that the page holds. */
    results: (): Run => {
      const { roofs, replayUs, measurements, failures, leftOut } = state;
      const outcomes = state.trials.flatMap(({ path }) => state.outcomes.get(path) ?? []);
      return runOf(state, outcomes, roofs && { roofs, replayUs, measurements: [...measurements.values()], failures, leftOut });
    },
    /** What the buttons do, for scripts. */
    async run(how: RunHow, onEvent?: (progress: Progress) => void): Promise<Run> {
      if (state.phase !== "ready" || how.low !== state.low) await open(how.low);
      else await opened.promise;
      if (state.phase !== "ready") throw new Error(state.problem?.message ?? "no device");
      if (onEvent) watchers.add(onEvent);
      try {
        const outcomes = how.parity ? await parity(how.filter) : [];
        return runOf(state, outcomes, how.bench ? await bench(how.filter) : undefined);
      } finally {
        if (onEvent) watchers.delete(onEvent);
      }
    },
  };
}

export type Session = ReturnType<typeof createSession>;
