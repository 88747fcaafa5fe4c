// The bench-viewer without a display: the page's own runs in headless Chrome, its results in the terminal.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { benchTable, fromText, parityTable, type Run, toText } from "@tilewright/testing";
import { launchChrome, type Page } from "@tilewright/testing/chrome";
import { buildViewer, dist, policy } from "../apps/bench-viewer/build.ts";
import type { Progress } from "../apps/bench-viewer/src/state.ts";
import { progressLine } from "./progress.ts";
import { type Served, serve } from "./serve.ts";

export interface HeadlessHow {
  readonly parity: boolean;
  readonly bench: boolean;
  readonly filter: string;
  /** Where the run document goes. */
  readonly json?: string | undefined;
  /** Mask the device to what every WebGPU device has. */
  readonly low: boolean;
}

let built: Promise<unknown> | undefined;

/**
 * Opens the viewer, built once, in headless Chrome for `work`; the page may call `heardProgress`.
 * @returns what the work gave, undefined where it failed, and all that went wrong
 */
export async function inViewer<T>(
  work: (page: Page, server: Served) => Promise<T>,
): Promise<{ readonly result: T | undefined; readonly problems: readonly string[] }> {
  const line = progressLine();
  const problems: string[] = [];
  const open: (() => unknown)[] = [];
  try {
    await (built ??= buildViewer());
    const server = await serve(dist, { policy: policy() });
    open.push(server.close);
    const browser = await launchChrome();
    open.push(() => browser.close());
    const page = await browser.newPage();
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("requestfailed", (request) => problems.push(`${request.url()} could not be loaded`));
    await page.exposeFunction("heardProgress", (progress: Progress) =>
      line.show(`${progress.what} `, progress.done, progress.total, progress.path),
    );
    await page.goto(`http://127.0.0.1:${server.port}/`);
    return { result: await work(page, server), problems };
  } catch (error) {
    return { result: undefined, problems: [...problems, (error as Error).message] };
  } finally {
    line.end();
    for (const close of open.reverse()) await close();
  }
}

/** Runs in the page and prints. @returns the exit code: 1 on any failure, without an adapter, and when nothing ran. */
export async function headless({ parity, bench, filter, json, low }: HeadlessHow): Promise<number> {
  const { result: results, problems } = await inViewer((page) => page.evaluate(runInPage, { parity, bench, filter, low }));
  for (const problem of problems) console.error(`page error: ${problem}`);
  if (!results) return 1;
  const run = fromText<Run>(results.json);
  const { vendor, architecture, description, software } = run.adapter;
  console.log(`adapter: ${[vendor, architecture, description].filter(Boolean).join(", ")}${software ? " (software)" : ""}`);
  if (run.parity) console.log(`\n${parityTable(run.parity.outcomes)}`);
  if (run.bench) console.log(`\n${benchTable(run.bench)}`);
  console.log(`\npage: ${results.tasks} tasks over 50 ms, the longest ${results.longest.toFixed(0)} ms`);
  if (json) {
    await mkdir(dirname(resolve(json)), { recursive: true });
    await writeFile(json, toText(run));
    console.log(`written: ${json}`);
  }
  const { passed = 0, failed = 0, skipped = 0 } = run.parity ?? {};
  if (parity) console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  // A filter may match cases only, or sizes only; without one both must have run.
  const ran = [parity && passed + failed > 0, bench && (run.bench?.measurements.length ?? 0) > 0];
  const empty = filter ? !ran.some(Boolean) : (parity && !ran[0]) || (bench && !ran[1]);
  if (empty) console.error(`nothing ran${filter ? `: does anything match ${JSON.stringify(filter)}?` : ""}`);
  return failed > 0 || empty || problems.length > 0 || (run.bench?.failures.length ?? 0) > 0 ? 1 : 0;
}

/** Goes into the page as text: it may use nothing from here. A run comes back as text, which keeps NaN and Infinity. */
async function runInPage(how: Omit<HeadlessHow, "json">): Promise<{ json: string; tasks: number; longest: number }> {
  const long: number[] = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) long.push(duration);
  }).observe({ type: "longtask", buffered: true });
  const { heardProgress } = globalThis as unknown as { heardProgress(progress: Progress): void };
  const run = await globalThis.tilewright.run(how, heardProgress);
  return { json: globalThis.tilewright.text(run), tasks: long.length, longest: Math.max(0, ...long) };
}
