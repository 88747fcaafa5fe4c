// What the page test does with the viewer: presses, waits, looks.
import { strict as assert } from "node:assert";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@tilewright/testing/chrome";
import { root } from "./shell.ts";

export const WAIT = { timeout: 60_000 };

export const shots: string = join(root, "apps/bench-viewer/.results");

/** Presses a button by what stands on it. */
export const press = (page: Page, label: string): Promise<void> =>
  page.locator(`::-p-xpath(//button[not(@role="tab")][normalize-space()="${label}"])`).setTimeout(WAIT.timeout).click();

export const filterBy = async (page: Page, text: string): Promise<void> => {
  await page.locator("#filter").fill(text);
};

/** Chooses in a list by its label. */
export const choose = (page: Page, label: string, value: string): Promise<void> =>
  page.locator(`::-p-xpath(//label[contains(., "${label}")]//select)`).fill(value);

/** Waits until what is read out to people who do not see the page begins so. */
export const heard = (page: Page, text: string): Promise<unknown> =>
  page.waitForFunction((wanted) => document.querySelector(".unseen[role=status]")?.textContent?.startsWith(wanted), WAIT, text);

export const textOf = (page: Page, id: string): Promise<string> =>
  page.$eval(`section[aria-labelledby="${id}"]`, (section) => section.textContent ?? "");

/** Waits for a text in a section. */
export const seen = (page: Page, id: string, pattern: RegExp): Promise<unknown> =>
  page.waitForFunction(
    (where, source) => new RegExp(source).test(document.querySelector(`section[aria-labelledby="${where}"]`)?.textContent ?? ""),
    WAIT,
    id,
    pattern.source,
  );

/** A picture in light and dark, and on a phone, where nothing may be wider than it. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.evaluate(() => {
    globalThis.blocked.pause = true; // a picture of the whole page lays it out at once, which no person does
  });
  const shot = async (kind: string) => {
    await new Promise((done) => setTimeout(done, 300)); // charts are drawn a frame later
    await page.screenshot({ path: join(shots, `${name}-${kind}.png`) as `${string}.png`, fullPage: true });
  };
  await page.evaluate(() => scrollTo(0, 0)); // the controls follow whoever scrolls
  for (const value of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
    await shot(value);
  }
  await page.emulateMediaFeatures([]);
  await page.setViewport({ width: 390, height: 800 });
  await shot("phone");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert(wide <= 0, `on a phone ${name} is ${wide} pixels too wide`);
  await page.setViewport({ width: 1100, height: 900 });
  await page.evaluate(async () => {
    await new Promise((done) => setTimeout(done, 200));
    globalThis.blocked.pause = false;
  });
}

/** In the page, as text: notes its long tasks. */
export const watch = (page: Page): Promise<void> =>
  page.evaluate(() => {
    globalThis.blocked = { tasks: [], pause: false };
    new PerformanceObserver((list) => {
      if (!globalThis.blocked.pause) for (const { duration } of list.getEntries()) globalThis.blocked.tasks.push(duration);
    }).observe({ type: "longtask", buffered: true });
  });

declare global {
  /** In the page: milliseconds of its long tasks. */
  var blocked: { readonly tasks: number[]; pause: boolean };
}

/** The file that a button hands out. */
export async function downloaded(page: Page, folder: string, label: string, end = ".json"): Promise<string> {
  const client = await page.createCDPSession();
  await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder, eventsEnabled: true });
  const before = readdirSync(folder);
  const done = new Promise<void>((resolve) =>
    client.on("Browser.downloadProgress", ({ state }) => {
      if (state === "completed") resolve();
    }),
  );
  await press(page, label);
  await done;
  const name = readdirSync(folder).find((one) => !before.includes(one) && one.endsWith(end));
  assert(name, `${label} gave no file`);
  return join(folder, name);
}

export async function give(page: Page, label: string, ...files: string[]): Promise<void> {
  const input = await page.$(`input[type=file][aria-label="${label}"]`);
  assert(input, `there is no file input "${label}"`);
  await (input as Awaited<ReturnType<typeof page.$<"input">>>)!.uploadFile(...files);
}
