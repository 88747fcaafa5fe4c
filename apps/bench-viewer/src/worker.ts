import { caps, LOW_PROFILE, maskCaps, requestDevice } from "@tilewright/runtime";
import { adapterKey, type TuneTable, useTuning } from "@tilewright/runtime/tune";
import { adapterCard, bench, type Outcome, runTrial, shapesOf, type Trial, trials, tuneSuites } from "@tilewright/testing";
import { createGate } from "./gate.ts";
import { catalogue, inspect } from "./inspect/inspect.ts";
import type { Answers, Command, Question, Report } from "./protocol.ts";
import { suites } from "./suites.ts";

let device: GPUDevice | undefined;
let known = new Map<string, Trial>();
let stop = new AbortController();
const gate = createGate();

const say = (report: Report): void => postMessage(report);
const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function open(low: boolean): Promise<void> {
  const old = device;
  device = undefined;
  old?.destroy();
  try {
    const fresh = await requestDevice();
    if (low) maskCaps(fresh, LOW_PROFILE);
    device = fresh;
    fresh.addEventListener("uncapturederror", ({ error }) => say({ type: "problem", message: error.message }));
    fresh.lost.then(({ reason, message }) => {
      if (device !== fresh) return; // we let it go ourselves
      device = undefined;
      stop.abort();
      gate.open();
      say({ type: "closed", lost: true, message: message || String(reason) });
    });
    const all = await Promise.all(suites.map((suite) => trials(suite, caps(fresh))));
    if (device !== fresh) return; // lost, or another was opened meanwhile
    known = new Map(all.flat().map((trial) => [trial.path, trial]));
    say({
      type: "ready",
      adapter: adapterCard(fresh),
      adapterKey: adapterKey(fresh),
      caps: caps(fresh),
      trials: [...known.values()].map(({ path, skip }) => ({ path, skip })),
    });
  } catch (error) {
    say({ type: "closed", lost: false, message: text(error) });
  }
}

async function parity(on: GPUDevice, paths: readonly string[], signal: AbortSignal): Promise<void> {
  // The trial in flight when a device is lost is likely why: it failed; those behind it have not run.
  const lost = on.lost.then(({ message }) => `the device was lost: ${message}`);
  for (const [done, path] of paths.entries()) {
    await gate.pass();
    if (signal.aborted) return;
    const trial = known.get(path);
    if (!trial) continue;
    say({ type: "progress", done, total: paths.length, path });
    const start = performance.now();
    const ended = lost.then(async (reason): Promise<Outcome> => {
      const ms = performance.now() - start;
      return { path, status: "failed", ratio: 0, reason, ms, code: await source(path) };
    });
    say({ type: "outcome", outcome: await Promise.race([runTrial(on, trial), ended]) });
  }
  say({ type: "progress", done: paths.length, total: paths.length, path: "" });
}

async function throughput(on: GPUDevice, filter: string, signal: AbortSignal) {
  const timed = bench(on, suites, {
    filter,
    signal,
    onRoofs: (roofs) => say({ type: "roofs", roofs }),
    onProgress(done, total, path) {
      say({ type: "progress", done, total, path });
      return gate.pass();
    },
    onMeasurement: (measurement) => say({ type: "measurement", measurement }),
  });
  return Promise.race([timed, failsWith(on)]);
}

/** Never settles unless the device is lost. */
const failsWith = (on: GPUDevice): Promise<never> =>
  on.lost.then(({ message }): never => {
    throw new Error(`the device was lost: ${message}`);
  });

async function tuning(on: GPUDevice, filter: string, budgetMs: number | undefined, signal: AbortSignal) {
  const tuned = tuneSuites(on, suites, {
    filter,
    budgetMs,
    signal,
    onProgress: (done, total, path, doing) => say({ type: "progress", done, total, path: `${path} ${doing}` }),
    onSize: (size) => say({ type: "tuned", size }),
  });
  return Promise.race([tuned, failsWith(on)]);
}

function use(table: TuneTable | undefined): void {
  const kernels = suites.map(({ kernel }) => kernel);
  say({ type: "using", tuning: device ? useTuning(device, table, kernels) : { entries: 0, table: undefined, notes: [] } });
}

/** A trial's whole shaders, as this device gets them. */
async function source(path: string): Promise<readonly string[]> {
  const trial = known.get(path);
  if (!trial || !device) return [];
  const { suite, kase, variant, tile } = trial;
  try {
    return await suite.kernel.source(shapesOf(kase), kase.options, { variant: variant.name, tile }, caps(device));
  } catch (error) {
    return [`// ${text(error)}`];
  }
}

async function answerTo(question: Question): Promise<Answers[keyof Answers]> {
  if (question.about === "source") return source(question.path);
  if (question.about === "catalogue") return catalogue(suites);
  if (!device) throw new Error("there is no device");
  return inspect(device, suites, question);
}

async function answer(id: number, question: Question): Promise<void> {
  try {
    say({ type: "answer", id, answer: await answerTo(question) });
  } catch (error) {
    say({ type: "answer", id, error: text(error) });
  }
}

async function run(
  work: (on: GPUDevice, signal: AbortSignal) => Promise<Partial<Extract<Report, { type: "done" }>>>,
): Promise<void> {
  stop = new AbortController();
  gate.open();
  try {
    if (!device) throw new Error("there is no device");
    say({ type: "done", ...(await work(device, stop.signal)) });
  } catch (error) {
    say({ type: "done", error: text(error) });
  }
}

addEventListener("message", ({ data }: MessageEvent<Command>) => {
  if (data.type === "open") void open(data.low);
  else if (data.type === "parity") void run((on, signal) => parity(on, data.paths, signal).then(() => ({})));
  else if (data.type === "bench") void run((on, signal) => throughput(on, data.filter, signal).then((made) => ({ bench: made })));
  else if (data.type === "tune")
    void run((on, signal) => tuning(on, data.filter, data.budgetMs, signal).then((made) => ({ tuned: made })));
  else if (data.type === "use") use(data.table);
  else if (data.type === "ask") void answer(data.id, data.question);
  else if (data.type === "pause") data.paused ? gate.close() : gate.open();
  else {
    stop.abort();
    gate.open();
  }
});
