// Parity of every kernel: node scripts/parity.ts [FILTER] [--adapter chrome|node] [--low] [--json FILE]
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { caps } from "@tilewright/runtime";
import {
  adapterCard,
  makeRun,
  type Outcome,
  parityTable,
  runTrial,
  tally,
  testDevice,
  toText,
  trials,
} from "@tilewright/testing";
import { suites } from "../apps/bench-viewer/src/suites.ts";
import { headless } from "./headless.ts";
import { progressLine } from "./progress.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { adapter: { type: "string", default: "chrome" }, low: { type: "boolean", default: false }, json: { type: "string" } },
});
const filter = positionals.join(" ");

if (!["chrome", "node"].includes(values.adapter)) throw new Error(`--adapter is ${values.adapter}; it may be chrome or node`);

async function inNode(): Promise<number> {
  const device = await testDevice(values.low);
  const list = (await Promise.all(suites.map((suite) => trials(suite, caps(device), filter)))).flat();
  const outcomes: Outcome[] = [];
  const line = progressLine();
  for (const trial of list) {
    line.show("parity ", outcomes.length, list.length, trial.path);
    outcomes.push(await runTrial(device, trial));
  }
  line.end();
  if (values.json)
    writeFileSync(
      values.json,
      toText(makeRun({ host: `Node ${process.version}`, adapter: adapterCard(device), low: values.low }, outcomes)),
    );
  const { passed, failed, skipped } = tally(outcomes);
  console.log(`${parityTable(outcomes)}\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

process.exit(
  values.adapter === "node"
    ? await inNode()
    : await headless({ parity: true, bench: false, filter, low: values.low, json: values.json }),
);
