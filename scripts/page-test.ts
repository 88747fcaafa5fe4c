// The bench-viewer as a person uses it, in headless Chrome: buttons, downloads, files. Screenshots go to apps/bench-viewer/.results.
// node scripts/page-test.ts [STEP …] does some of it: measuring, inspecting …
import { strict as assert } from "node:assert";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gpt, save } from "@tilewright/models";
import { fromText, type Run, toText } from "@tilewright/testing";
import type { Page } from "@tilewright/testing/chrome";
import { inViewer } from "./headless.ts";
import { choose, downloaded, filterBy, give, heard, picture, press, seen, shots, textOf, WAIT, watch } from "./page-tools.ts";
import type { Served } from "./serve.ts";

const FILTER = "matmul/naive f32 m=1 n=1"; // of parity a few cases
const SIZE = "matmul/ gemv f32 m=1 n=2048"; // of throughput two sizes

const RACE = "softmax/ x=512x1024"; // of rivals one size
const TUNED = "softmax/ x=8x1024"; // of tuning one size

type Step = (page: Page, folder: string, server: Served) => Promise<void>;

const openTab = (page: Page, name: string) => page.locator(`#tab-${name}`).click();

const measuring: Step = async (page) => {
  await filterBy(page, FILTER);
  await press(page, "Run parity");
  await heard(page, "parity finished");
  const news = await page.$eval(".unseen[role=status]", (status) => status.textContent ?? "");
  assert.match(news, /: [1-9]\d* passed, 0 failed/);
  await picture(page, "parity");

  await filterBy(page, SIZE);
  await press(page, "Run throughput");
  await heard(page, "throughput finished");
  assert.match(await textOf(page, "throughput-title"), /gemv[\s\S]*chosen/);
  await page.waitForSelector('section[aria-labelledby="roofline-title"] canvas', WAIT);
  await picture(page, "throughput");
};

/** A run goes out as a file and comes back: beside the page's own it is the same, beside a slower one it is not. */
const comparing: Step = async (page, folder) => {
  const file = await downloaded(page, folder, "Export JSON");
  await openTab(page, "runs");
  await give(page, "Run to load", file);
  await heard(page, "run of");
  assert.match(await textOf(page, "runs-title"), /came out the same, 0 otherwise; 0 of [1-9]\d* times differ/);
  const run = fromText<Run>(readFileSync(file, "utf8"));
  const slower = join(folder, "slower.txt");
  const measurements = run.bench!.measurements.map((one) => ({ ...one, ms: one.ms * 100 }));
  writeFileSync(slower, toText({ ...run, bench: { ...run.bench, measurements } }));
  await give(page, "Run to load", slower);
  await seen(page, "runs-title", /100 ×\s+slower/);
  await picture(page, "runs");
  writeFileSync(slower, "{}");
  await give(page, "Run to load", slower);
  await heard(page, "the file is no run");
};

/** Shaders of a call, and the page of its own that runs them. */
const inspecting: Step = async (page, folder) => {
  await openTab(page, "inspect");
  await seen(page, "inspect-title", /storage, read_write/);
  await choose(page, "Kernel", "softmax");
  await seen(page, "inspect-title", /softmax\//);
  const options = await page.waitForSelector("textarea:not(:disabled)", WAIT);
  await options!.focus();
  await page.keyboard.type("!");
  await seen(page, "inspect-title", /JSON/); // says what is wrong
  await page.keyboard.press("Backspace");
  await page.waitForFunction(() => !document.querySelector(".stale"), WAIT);
  await picture(page, "inspect");

  const file = await downloaded(page, folder, "Save playground", ".html");
  const alone = await page.browser().newPage();
  await alone.goto(new URL("/nothing", page.url()).href); // a secure address, and no page of ours
  await alone.setContent(readFileSync(file, "utf8"));
  await alone.waitForFunction(() => document.querySelector("#said")?.textContent !== "Running …", WAIT);
  const said = await alone.$eval("#said", (text) => text.textContent);
  await alone.close();
  assert.match(said, /\d dispatches, .* ms/);
};

/** The same call by everyone; nothing of a rival is fetched before. */
const racing: Step = async (page) => {
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(request.url()));
  await openTab(page, "rivals");
  await filterBy(page, RACE);
  await seen(page, "rivals-title", /Race 1 size/);
  assert(!fetched.some((url) => /tfjs|jax|ort/.test(url)), `a rival was fetched unasked: ${fetched}`);
  await press(page, "Race 1 size");
  await heard(page, "rivals finished");
  const text = await textOf(page, "rivals-title");
  for (const name of ["Tilewright", "jax-js", "tfjs", "ONNX Runtime Web"])
    assert.match(text, new RegExp(`${name} [\\d.]*[\\s\\S]*?(right|WRONG)`));
  assert.doesNotMatch(text, /✗ failed/);
  await page.waitForSelector('section[aria-labelledby="rivals-title"] canvas', WAIT);
  await picture(page, "rivals");
};

/** Digits are read, a text is written, by the random model and by one from files, and attention is drawn. */
const modelling: Step = async (page, folder) => {
  await openTab(page, "models");
  for (let digit = 0; digit < 10; digit++) {
    await page.locator(`button[aria-label="Draw a ${digit}"]`).click();
    await page.waitForFunction(
      (wanted) => document.querySelector("#digit-read")?.textContent === String(wanted),
      { timeout: 20_000 },
      digit,
    );
  }
  await press(page, "Clear");
  const pad = (await (await page.waitForSelector(".pad canvas"))!.boundingBox())!;
  const at = (x: number, y: number) => [pad.x + x * pad.width, pad.y + y * pad.height] as const;
  await page.mouse.move(...at(0.3, 0.25)); // a seven, by mouse
  await page.mouse.down();
  await page.mouse.move(...at(0.7, 0.25), { steps: 8 });
  await page.mouse.move(...at(0.45, 0.8), { steps: 8 });
  await page.mouse.up();
  await page.waitForFunction(() => document.querySelector("#digit-read")?.textContent === "7", WAIT);

  await press(page, "Generate");
  await seen(page, "text-title", /tokens\/s/);
  await page.waitForSelector(".heats.heads canvas", WAIT);
  await picture(page, "models");

  const config = { vocab_size: 256, n_positions: 64, n_embd: 32, n_layer: 1, n_head: 2 };
  const files = [join(folder, "config.json"), join(folder, "model.safetensors")] as const;
  writeFileSync(files[0], JSON.stringify(config));
  writeFileSync(files[1], await save(gpt(config)));
  await give(page, "Files of a GPT-2", files[0]);
  await seen(page, "text-title", /needed are config.json and model.safetensors/);
  await give(page, "Files of a GPT-2", ...files);
  await seen(page, "text-title", /From your files[\s\S]*bytes of UTF-8/);
  await press(page, "Generate");
  await seen(page, "text-title", /tokens\/s/);
};

/** A run waits while it is paused, goes on, and is stopped. */
const pausing: Step = async (page) => {
  await openTab(page, "parity");
  await filterBy(page, "matmul/");
  await press(page, "Run parity");
  await page.waitForFunction(() => (document.querySelector("progress")?.value ?? 0) > 0, WAIT);
  await press(page, "Pause");
  await heard(page, "parity paused");
  const done = () => page.$eval("progress", ({ value }) => value);
  await new Promise((wait) => setTimeout(wait, 1500)); // the case in flight ends
  const before = await done();
  await new Promise((wait) => setTimeout(wait, 1000));
  assert.equal(await done(), before);
  await press(page, "Go on");
  await page.waitForFunction((than) => (document.querySelector("progress")?.value ?? 0) > than, WAIT, before);
  await press(page, "Stop");
  await heard(page, "parity stopped");
};

/** One small problem: a table is found, kept, exported, forgotten and taken back. */
const tuning: Step = async (page, folder) => {
  await openTab(page, "tune");
  await filterBy(page, TUNED);
  await page.locator('.tune-controls input[type="number"]').fill("6");
  await press(page, "Tune");
  await heard(page, "tuning finished");
  assert.match(await page.$eval(".unseen[role=status]", (status) => status.textContent ?? ""), /1 of 1 sizes/);
  await page.waitForSelector('section[aria-labelledby="tune-title"] canvas', WAIT);
  await picture(page, "tune");
  const table = await downloaded(page, folder, "Export table");
  await press(page, "Reset");
  await seen(page, "tune-title", /0 entries kept/);
  await give(page, "Tune table to import", table);
  await heard(page, "1 entries imported");
  await seen(page, "tune-title", /1 entry kept, in use/);
  await press(page, "Reset");
};

/** The device is lost; the page says so and takes another. */
const losing: Step = async (page) => {
  await openTab(page, "parity");
  await filterBy(page, FILTER);
  const client = await page.browser().target().createCDPSession();
  await client.send("Browser.crashGpuProcess");
  await press(page, "Restart the device");
  await press(page, "Run parity");
  await heard(page, "parity finished");
};

/** Without its server the page opens all the same. */
const unplugged: Step = async (page, _folder, server) => {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null, WAIT);
  server.close();
  await page.reload();
  await watch(page);
  await press(page, "Run parity");
  await heard(page, "parity finished");
  await openTab(page, "inspect");
  await seen(page, "inspect-title", /storage, read_write/);
  await openTab(page, "models");
  await page.waitForSelector("#digit-read", WAIT);
};

/** The last two leave the browser without what it had. */
const STEPS: Readonly<Record<string, Step>> = {
  measuring,
  comparing,
  pausing,
  tuning,
  inspecting,
  racing,
  modelling,
  losing,
  unplugged,
};

/** How long the page's own thread was ever blocked: reported, and a failure at ten times what is meant. */
const BLOCKED_MS = 500;

/** True when the page did what it should, without an error in its console. */
export async function pageTest(only: readonly string[] = []): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "tilewright-page-"));
  mkdirSync(shots, { recursive: true });
  try {
    const { result: blocked, problems } = await inViewer(async (page, server) => {
      await page.setViewport({ width: 1100, height: 900 });
      await page.locator("#filter").setTimeout(WAIT.timeout).wait();
      await watch(page);
      const tasks: number[] = [];
      for (const [name, step] of Object.entries(STEPS)) {
        if (only.length > 0 && !only.includes(name)) continue;
        const start = performance.now();
        await step(page, folder, server).catch(async (error) => {
          await page.screenshot({ path: join(shots, "failed.png"), fullPage: true }); // what there was to see
          throw new Error(`${name}: ${error.message}`, { cause: error });
        });
        tasks.push(...(await page.evaluate(() => globalThis.blocked.tasks.splice(0))));
        console.log(`  ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
      }
      return tasks;
    });
    for (const problem of problems) console.error(`page error: ${problem}`);
    const longest = Math.max(0, ...(blocked ?? []));
    if (blocked) console.log(`  the page's thread: ${blocked.length} tasks over 50 ms, the longest ${longest.toFixed(0)} ms`);
    if (longest > BLOCKED_MS) console.error(`a task of ${longest.toFixed(0)} ms blocked the page`);
    return blocked !== undefined && problems.length === 0 && longest <= BLOCKED_MS;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) process.exit((await pageTest(process.argv.slice(2))) ? 0 : 1);
