// Cases that nobody here wrote: node scripts/conformance.ts [--dir DIR] [--adapter chrome|node|cpu] [--filter PATH] [--json FILE]
// DIR is $TILEWRIGHT_CONFORMANCE, else the small set kept in packages/testing/data/conformance.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type AdapterCard, adapterCard, fromText, testDevice, toText } from "@tilewright/testing";
import { launchChrome } from "@tilewright/testing/chrome";
import { type CaseResult, conformanceRun, conformanceTable, readOperatorFile, runFile } from "@tilewright/testing/conformance";
import { build } from "esbuild";
import { operators } from "./operators.ts";
import { progressLine } from "./progress.ts";
import { serve } from "./serve.ts";
import { root } from "./shell.ts";

const DIALECTS = ["onnx", "webnn", "tfjs", "pytorch"];

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    dir: { type: "string", default: process.env["TILEWRIGHT_CONFORMANCE"] || join(root, "packages/testing/data/conformance") },
    adapter: { type: "string", default: "chrome" },
    filter: { type: "string", default: "" },
    json: { type: "string" },
  },
});

/** Runs one file's text; closes what it opened. */
interface Lane {
  readonly adapter: AdapterCard | "cpu";
  run(path: string, text: string): Promise<CaseResult[]>;
  close(): Promise<void>;
}

async function inChrome(): Promise<Lane> {
  const folder = mkdtempSync(join(tmpdir(), "tilewright-conformance-"));
  const entry = join(root, "scripts/conformance-page.ts");
  // The Node entry of the runtime is never reached in a page.
  await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    outfile: join(folder, "page.js"),
    external: ["@tilewright/runtime/node"],
    logLevel: "error",
  });
  writeFileSync(join(folder, "index.html"), '<!doctype html><script type="module" src="page.js"></script>');
  const server = await serve(folder);
  const browser = await launchChrome();
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.port}/`, { waitUntil: "networkidle0" });
  const call = (name: string, ...args: string[]) =>
    page.evaluate(
      (fn, given) => (globalThis as unknown as Record<string, (...a: string[]) => Promise<string>>)[fn]!(...given),
      name,
      args,
    );
  return {
    adapter: fromText<AdapterCard>(await call("card")),
    run: async (path, text) => fromText<CaseResult[]>(await call("conform", path, text, values.filter)),
    async close() {
      await browser.close();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function here(): Promise<Lane> {
  const device = values.adapter === "node" ? await testDevice() : undefined;
  return {
    adapter: device ? adapterCard(device) : "cpu",
    run: (path, text) => runFile(readOperatorFile(path, text), operators, device ?? "cpu", values.filter),
    close: async () => device?.destroy(),
  };
}

if (!["chrome", "node", "cpu"].includes(values.adapter))
  throw new Error(`--adapter is ${values.adapter}; it may be chrome, node or cpu`);
const files = readdirSync(values.dir)
  .filter((folder) => DIALECTS.includes(folder))
  .flatMap((folder) => readdirSync(join(values.dir, folder)).map((file) => `${folder}/${file}`))
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length))
  .sort();
const lane = values.adapter === "chrome" ? await inChrome() : await here();
const results: CaseResult[] = [];
const line = progressLine();
try {
  for (const [i, path] of files.entries()) {
    line.show("conformance ", i, files.length, path);
    results.push(...(await lane.run(path, readFileSync(join(values.dir, `${path}.json`), "utf8"))));
  }
} finally {
  line.end();
  await lane.close();
}
const run = conformanceRun(lane.adapter, results);
if (values.json) writeFileSync(values.json, toText(run));
const { passed, failed, unsupported } = run.totals;
console.log(`${conformanceTable(run)}\n${passed} passed, ${failed} failed, ${unsupported} skipped`);
process.exit(failed > 0 || results.length === 0 ? 1 : 0);
