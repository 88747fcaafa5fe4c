export { type Bench, type BenchHow, bench, type Measurement } from "./bench.ts";
export { type AdapterCard, adapterCard, testDevice } from "./device.ts";
export { fromText, toText } from "./json.ts";
export { errorOf, expected, type Outcome, runTrial, type Worst } from "./parity.ts";
export { benchTable, makeRun, parityTable, type Run, tally } from "./report.ts";
export { type Roofs, roofs } from "./roofs.ts";
export { setsPastCache } from "./rotate.ts";
export { number, table } from "./table.ts";
export { matches, type Trial, trials } from "./trials.ts";
