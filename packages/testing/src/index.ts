export { type Bench, type BenchHow, bench, type Measurement } from "./bench.ts";
export { type AdapterCard, adapterCard, testDevice } from "./device.ts";
export { fromText, toText } from "./json.ts";
export { type Outcome, runTrial, type Worst } from "./parity.ts";
export { benchTable, makeRun, parityTable, type Run, tally, tuneTable } from "./report.ts";
export { type Roofs, roofs } from "./roofs.ts";
export { matches, type Trial, trials } from "./trials.ts";
export { gainOf, SIZE_BUDGET_MS, type TunedSize, type TuneRun, type TuneSuitesHow, tuneSuites } from "./tuning.ts";
