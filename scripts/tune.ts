// Tunes every kernel at its suite's sizes: node scripts/tune.ts [FILTER] [--adapter chrome|node] [--budget MS] [--out FILE] [--low]
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { fromText, SIZE_BUDGET_MS, type TuneRun, testDevice, tuneSuites, tuneTable } from "@tilewright/testing";
import type { Progress } from "../apps/bench-viewer/src/state.ts";
import { suites } from "../apps/bench-viewer/src/suites.ts";
import { inViewer } from "./headless.ts";
import { progressLine } from "./progress.ts";

const { values, positionals } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== "--"), // pnpm passes a lone -- on
  allowPositionals: true,
  options: {
    adapter: { type: "string", default: "chrome" },
    budget: { type: "string" },
    out: { type: "string" },
    low: { type: "boolean", default: false },
  },
});
const filter = positionals.join(" ");
const { adapter, low, out } = values;
const budgetMs = values.budget === undefined ? undefined : Number(values.budget);

if (!["chrome", "node"].includes(adapter)) throw new Error(`--adapter is ${adapter}; it may be chrome or node`);
if (budgetMs !== undefined && !(budgetMs > 0))
  throw new Error(
    `--budget is ${values.budget}; it is milliseconds for all sizes together (${SIZE_BUDGET_MS} each unless given)`,
  );

async function inNode(): Promise<TuneRun> {
  const device = await testDevice(low);
  const line = progressLine();
  const onProgress = (done: number, total: number, path: string, doing: string) =>
    line.show("tune ", done, total, `${path} ${doing}`);
  const run = await tuneSuites(device, suites, { filter, budgetMs, onProgress });
  line.end();
  return run;
}

/** Goes into the page as text: it may use nothing from here. */
async function inPage(how: { filter: string; low: boolean; budgetMs?: number }): Promise<string> {
  const { heardProgress } = globalThis as unknown as { heardProgress(progress: Progress): void };
  return globalThis.tilewright.text(await globalThis.tilewright.tune(how, heardProgress));
}

let run: TuneRun | undefined;
let problems: readonly string[] = [];
if (adapter === "node") run = await inNode();
else {
  const how = { filter, low, ...(budgetMs !== undefined && { budgetMs }) };
  const heard = await inViewer(async (page) => fromText<TuneRun>(await page.evaluate(inPage, how)));
  run = heard.result;
  problems = heard.problems;
}
for (const problem of problems) console.error(`page error: ${problem}`);
if (run) {
  console.log(`adapter: ${run.table.adapter}\n\n${tuneTable(run)}`);
  if (out) {
    await mkdir(dirname(resolve(out)), { recursive: true });
    await writeFile(out, `${JSON.stringify(run.table, null, 1)}\n`);
    console.log(`written: ${out}`);
  }
  if (run.sizes.length === 0) console.error(`nothing to tune${filter ? `: does a size match ${JSON.stringify(filter)}?` : ""}`);
}
const bad = run?.sizes.some(({ tried }) => tried.some(({ status }) => status === "wrong" || status === "failed"));
process.exit(!run || run.sizes.length === 0 || bad || problems.length > 0 ? 1 : 0);
