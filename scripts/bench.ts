// Throughput of every variant: node scripts/bench.ts [FILTER] [--adapter chrome|node] [--json FILE]
// With --rivals: our choice beside tfjs, ONNX Runtime Web and jax-js instead.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { adapterCard, bench, benchTable, makeRun, testDevice, toText } from "@tilewright/testing";
import { suites } from "../apps/bench-viewer/src/suites.ts";
import { headless } from "./headless.ts";
import { progressLine } from "./progress.ts";
import { rivals } from "./rivals.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    adapter: { type: "string", default: "chrome" },
    json: { type: "string" },
    rivals: { type: "boolean", default: false },
  },
});
const filter = positionals.join(" ");

if (!["chrome", "node"].includes(values.adapter)) throw new Error(`--adapter is ${values.adapter}; it may be chrome or node`);

if (values.rivals) process.exit(await rivals({ adapter: values.adapter, filter, json: values.json }));

async function inNode(): Promise<number> {
  process.env["MESA_SHADER_CACHE_DISABLE"] ??= "true"; // compile times are to be those of a first call
  const device = await testDevice();
  const line = progressLine();
  const result = await bench(device, suites, {
    filter,
    onProgress: (done, total, path) => line.show("bench ", done, total, path),
  });
  line.end();
  const run = makeRun({ host: `Node ${process.version}`, adapter: adapterCard(device), low: false }, [], result);
  if (values.json) writeFileSync(values.json, toText(run));
  console.log(`${run.adapter.vendor} ${run.adapter.architecture} ${run.adapter.description}\n${benchTable(result)}`);
  return result.failures.length > 0 || result.measurements.length === 0 ? 1 : 0;
}

process.exit(
  values.adapter === "node"
    ? await inNode()
    : await headless({ parity: false, bench: true, filter, low: false, json: values.json }),
);
