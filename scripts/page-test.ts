// The bench-viewer as a person uses it, in headless Chrome: buttons, downloads, files. Screenshots go to apps/bench-viewer/.results.
import { strict as assert } from "node:assert";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromText, type Run, toText } from "@tilewright/testing";
import type { Page } from "@tilewright/testing/chrome";
import { inViewer } from "./headless.ts";
import { root } from "./shell.ts";

const FILTER = "matmul/naive f32 m=1 n=1"; // of parity a few cases
const SIZE = "matmul/ gemv f32 m=1 n=2048"; // of throughput two sizes
const WAIT = { timeout: 120_000 };

const shots = join(root, "apps/bench-viewer/.results");

/** Presses a button by what stands on it. */
const press = (page: Page, label: string) => page.locator(`::-p-xpath(//button[normalize-space()="${label}"])`).click();

const filterBy = async (page: Page, text: string): Promise<void> => {
  await page.locator("#filter").fill(text);
};

/** Waits until what is read out to people who do not see the page begins so. */
const heard = (page: Page, text: string) =>
  page.waitForFunction((wanted) => document.querySelector("[role=status]")?.textContent?.startsWith(wanted), WAIT, text);

const textOf = (page: Page, id: string): Promise<string> =>
  page.$eval(`section[aria-labelledby="${id}"]`, (section) => section.textContent ?? "");

/** The file that a button hands out. */
async function downloaded(page: Page, folder: string, label: string): Promise<string> {
  const client = await page.createCDPSession();
  await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder, eventsEnabled: true });
  const done = new Promise<void>((resolve) =>
    client.on("Browser.downloadProgress", ({ state }) => {
      if (state === "completed") resolve();
    }),
  );
  await press(page, label);
  await done;
  return join(folder, readdirSync(folder).find((name) => name.endsWith(".json"))!);
}

async function give(page: Page, label: string, file: string): Promise<void> {
  const input = await page.$(`input[type=file][aria-label="${label}"]`);
  assert(input, `there is no file input "${label}"`);
  await (input as Awaited<ReturnType<typeof page.$<"input">>>)!.uploadFile(file);
}

async function asAPerson(page: Page, folder: string): Promise<true> {
  await page.setViewport({ width: 1100, height: 900 });
  const shot = (name: `${string}.png`) => page.screenshot({ path: join(shots, name) as `${string}.png`, fullPage: true });
  await page.locator("#filter").setTimeout(WAIT.timeout).wait();

  await filterBy(page, FILTER);
  await press(page, "Run parity");
  await heard(page, "parity finished");
  const news = await page.$eval("[role=status]", (status) => status.textContent ?? "");
  assert.match(news, /: [1-9]\d* passed, 0 failed/);

  await filterBy(page, SIZE);
  await press(page, "Run throughput");
  await heard(page, "throughput finished");
  assert.match(await textOf(page, "throughput-title"), /gemv[\s\S]*chosen/);
  await page.waitForSelector('section[aria-labelledby="roofline-title"] canvas', WAIT);
  await shot("measured.png");

  // A run goes out as a file and comes back: beside the page's own it is the same, beside a slower one it is not.
  const file = await downloaded(page, folder, "Export JSON");
  await give(page, "Run to load", file);
  await heard(page, "run of");
  assert.match(await textOf(page, "runs-title"), /came out the same, 0 otherwise; 0 of [1-9]\d* times differ/);
  const run = fromText<Run>(readFileSync(file, "utf8"));
  const slower = join(folder, "slower.txt");
  const measurements = run.bench!.measurements.map((one) => ({ ...one, ms: one.ms * 100 }));
  writeFileSync(slower, toText({ ...run, bench: { ...run.bench, measurements } }));
  await give(page, "Run to load", slower);
  await page.waitForFunction(
    () => /100 ×\s+slower/.test(document.querySelector('section[aria-labelledby="runs-title"]')?.textContent ?? ""),
    WAIT,
  );
  await shot("compared.png");
  writeFileSync(slower, "{}");
  await give(page, "Run to load", slower);
  await heard(page, "the file is no run");

  await page.setViewport({ width: 390, height: 800 });
  await shot("phone.png");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert(wide <= 0, `on a phone the page is ${wide} pixels too wide`);
  return true;
}

/** True when the page did what it should, without an error in its console. */
export async function pageTest(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "tilewright-page-"));
  mkdirSync(shots, { recursive: true });
  try {
    const { result, problems } = await inViewer((page) => asAPerson(page, folder));
    for (const problem of problems) console.error(`page error: ${problem}`);
    return result === true && problems.length === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) process.exit((await pageTest()) ? 0 : 1);
