// Everything that `npm test` proves: the static lane, then the same GPU tests in four lanes, the viewer itself, and the examples on real data, two at a time.
// node scripts/test.ts [LANE ...]   (static, node, chrome, node-low, chrome-low, viewer, example)
import { globSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { LaneResult } from "@tilewright/testing/results";
import { check } from "./check.ts";
import { headless } from "./headless.ts";
import { pageTest } from "./page-test.ts";
import { beside, root, step } from "./shell.ts";

const GPU_LANES = ["chrome", "node", "chrome-low", "node-low"];
const asked = process.argv.slice(2);
const wanted = (lane: string) => asked.length === 0 || asked.includes(lane);
const totals = { passed: 0, failed: 0, skipped: 0 };

/** Adds up a lane's parity and conformance cases, and says what else ran. */
function count(lane: string): string {
  const mine = { passed: 0, failed: 0, skipped: 0 };
  const others = { passed: 0, failed: 0, skipped: 0 };
  for (const file of globSync(`{packages,examples,apps}/*/.results/${lane}.json`, { cwd: root })) {
    const results = JSON.parse(readFileSync(join(root, file), "utf8")) as LaneResult[];
    for (const { kase, status } of results) (kase ? mine : others)[status === "pending" ? "failed" : status]++;
  }
  totals.passed += mine.passed;
  totals.failed += mine.failed;
  totals.skipped += mine.skipped;
  return `${lane}: cases ${mine.passed} ok, ${mine.failed} bad, ${mine.skipped} left out; other tests ${others.passed} ok, ${others.failed} bad, ${others.skipped} left out`;
}

/** Removes a lane's results, so that none are counted twice. */
function forget(lane: string): void {
  for (const file of globSync(`{packages,examples,apps}/*/.results/${lane}.json`, { cwd: root })) rmSync(join(root, file));
}

/** Packages whose tests take long, the longest first: they start before the rest, lest a core have nothing to do at the end. */
const LONGEST = [
  ...["reduction", "conv", "rnn", "matmul"].map((family) => `@tilewright/kernels-${family}`),
  "@tilewright/models",
  ...["pointwise", "attention"].map((family) => `@tilewright/kernels-${family}`),
];

interface Package {
  readonly name: string;
  readonly scripts?: Readonly<Record<string, string>>;
}

interface Job {
  readonly name: string;
  run(): Promise<boolean>;
}

/** Every package's tests of these lanes. What they find hangs on the driver too, so none is taken from a cache. */
function gpuTests(lanes: readonly string[]): Job[] {
  if (lanes.length === 0) return [];
  const env = lanes.length < GPU_LANES.length ? { TILEWRIGHT_LANES: lanes.join() } : {};
  return globSync("{packages,examples,apps}/*/package.json", { cwd: root })
    .sort()
    .map((file) => ({ folder: join(root, dirname(file)), ...(JSON.parse(readFileSync(join(root, file), "utf8")) as Package) }))
    .filter(({ scripts }) => scripts?.["test:gpu"])
    .map(({ name, folder }) => ({ name, run: () => beside("node", ["--run", "test:gpu"], { cwd: folder, env }) }));
}

/** The examples on data that are not ours to ship. */
const onMnist = (folder: string): Job[] =>
  ["nearest-digit", "digits"].map((example) => ({
    name: `${example} on MNIST`,
    run: () =>
      beside("node", ["node.ts", "--data", resolve(folder), "--limit", "1000", "--check"], {
        cwd: join(root, "examples", example),
      }),
  }));

/** The page itself: its own runs, and a person's use of it. */
const viewer: readonly Job[] = [
  {
    name: "viewer in headless Chrome",
    run: async () => (await headless({ parity: true, bench: true, filter: "naive f32 m=1,", low: false })) === 0,
  },
  { name: "viewer as a person uses it", run: pageTest },
];

/** Does all, two at a time, since a driver compiles on one core, and what takes long first; true when none failed. */
async function inTurns(jobs: readonly Job[]): Promise<boolean> {
  const rank = ({ name }: Job) => (LONGEST.includes(name) ? LONGEST.indexOf(name) : LONGEST.length);
  const left = jobs.toSorted((a, b) => rank(a) - rank(b));
  let good = true;
  const worker = async () => {
    for (let job = left.shift(); job; job = left.shift()) if (!(await step(job.name, job.run))) good = false;
  };
  await Promise.all([worker(), worker()]);
  return good;
}

const results: boolean[] = [];
const notes: string[] = [];
if (wanted("static")) {
  forget("unit");
  results.push(await step("static lane", check));
  notes.push(count("unit"));
}
const lanes = GPU_LANES.filter(wanted);
lanes.forEach(forget);
const mnist = process.env["TILEWRIGHT_MNIST"]; // a folder with MNIST's idx files
results.push(
  await inTurns([...(wanted("viewer") ? viewer : []), ...gpuTests(lanes), ...(wanted("example") && mnist ? onMnist(mnist) : [])]),
);
for (const lane of lanes) {
  const before = totals.passed + totals.failed;
  notes.push(count(lane));
  results.push(totals.passed + totals.failed > before); // a lane that ran no case has failed
}
console.log(["", ...notes].join("\n"));
if (results.includes(false)) console.log("Something FAILED: see above.");
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(results.includes(false) || totals.failed > 0 ? 1 : 0);
