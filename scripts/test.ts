// Everything that `npm test` proves: the static lane, then the same GPU tests in four lanes at once, then the viewer itself.
// node scripts/test.ts [LANE ...]   (static, node, chrome, node-low, chrome-low, viewer, example)
import { globSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { check } from "./check.ts";
import { headless } from "./headless.ts";
import { pageTest } from "./page-test.ts";
import { beside, root, step } from "./shell.ts";

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly ancestorTitles: readonly string[]; readonly status: string }[];
  }[];
}

const GPU_LANES = ["chrome", "node", "chrome-low", "node-low"];
const asked = process.argv.slice(2);
const wanted = (lane: string) => asked.length === 0 || asked.includes(lane);
const totals = { passed: 0, failed: 0, skipped: 0 };

/** Adds up a lane's parity and conformance cases, and says what else ran. */
function count(lane: string): string {
  const mine = { passed: 0, failed: 0, skipped: 0 };
  const others = { passed: 0, failed: 0, skipped: 0 };
  for (const file of globSync(`{packages,examples,apps}/*/.results/${lane}.json`, { cwd: root })) {
    const { testResults } = JSON.parse(readFileSync(join(root, file), "utf8")) as Report;
    for (const { ancestorTitles, status } of testResults.flatMap((result) => result.assertionResults)) {
      const into = ancestorTitles.includes("parity") || ancestorTitles.includes("conformance") ? mine : others;
      into[status === "passed" ? "passed" : status === "failed" ? "failed" : "skipped"]++;
    }
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

/** Packages whose tests take long, in that order: they start first, lest a core have nothing to do at the end. */
const LONGEST = ["conv", "reduction", "matmul", "attention", "rnn", "pointwise"].map((family) => `@tilewright/kernels-${family}`);

interface Job {
  readonly name: string;
  run(): Promise<boolean>;
}

/** Every package's tests of these lanes. */
function gpuTests(lanes: readonly string[]): Job[] {
  const rank = (name: string) => (LONGEST.includes(name) ? LONGEST.indexOf(name) : LONGEST.length);
  const packages = globSync("{packages,examples,apps}/*/package.json", { cwd: root })
    .map((file) => JSON.parse(readFileSync(join(root, file), "utf8")) as { name: string; scripts?: Record<string, string> })
    .sort(({ name: a }, { name: b }) => rank(a) - rank(b) || (a < b ? -1 : 1));
  // A cached result would not see a new driver: CI runs every GPU test anew.
  const force = process.env["CI"] ? ["--force"] : [];
  return lanes.flatMap((lane) =>
    packages
      .filter(({ scripts }) => scripts?.[`test:${lane}`])
      .map(({ name }) => ({
        name: `${lane}: ${name}`,
        run: () => beside("turbo", ["run", `test:${lane}`, `--filter=${name}`, "--output-logs=errors-only", ...force]),
      })),
  );
}

/** The examples on data that are not ours to ship. */
const onMnist = (folder: string): Job[] =>
  ["nearest-digit", "digits"].map((example) => ({
    name: `${example} on MNIST`,
    run: () =>
      beside("node", ["node.ts", "--data", resolve(folder), "--limit", "1000", "--check"], join(root, "examples", example)),
  }));

/** Does all, two at a time, since a driver compiles on one core; true when none failed. */
async function inTurns(jobs: readonly Job[]): Promise<boolean> {
  const left = [...jobs];
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
results.push(await inTurns([...gpuTests(lanes), ...(wanted("example") && mnist ? onMnist(mnist) : [])]));
for (const lane of lanes) {
  const before = totals.passed + totals.failed;
  notes.push(count(lane));
  results.push(totals.passed + totals.failed > before); // a lane that ran no case has failed
}
if (wanted("viewer"))
  results.push(
    await step(
      "viewer in headless Chrome",
      async () => (await headless({ parity: true, bench: true, filter: "naive f32 m=1,", low: false })) === 0,
    ),
    await step("viewer as a person uses it", pageTest),
  );
console.log(["", ...notes].join("\n"));
if (results.includes(false)) console.log("Something FAILED: see above.");
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(results.includes(false) || totals.failed > 0 ? 1 : 0);
