// Headless Chrome with WebGPU, for tests and for the viewer without a display. Node only.
import puppeteer, { type Browser, type LaunchOptions, type Page } from "puppeteer-core";
// @ts-expect-error: the set-up script's own module, plain JavaScript because it runs before anything is installed
import { findChrome as find } from "../../../scripts/find-chrome.mjs";

export type { Page };

/** @throws Error that says what to install. */
export function findChrome(): string {
  const path = (find as () => string | undefined)();
  if (!path)
    throw new Error(
      "No Chrome, Chromium or Edge found. Install one, name it in CHROME_PATH, or run: npx @puppeteer/browsers install chrome@stable",
    );
  return path;
}

/** WebGPU on whatever adapter there is (SwiftShader, a CPU, without a GPU), and no talk with the outside. `more` is further command-line arguments. */
export function launchOptions(more: readonly string[] = []): LaunchOptions {
  const root = process.getuid?.() === 0;
  return {
    executablePath: findChrome(),
    headless: true,
    protocolTimeout: 0,
    args: [
      ...(root ? ["--no-sandbox"] : []),
      "--enable-unsafe-webgpu",
      "--enable-webgpu-developer-features",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-background-timer-throttling",
      "--disable-renderer-backgrounding",
      "--disable-component-update",
      "--disable-sync",
      ...more,
    ],
  };
}

export const launchChrome = (more?: readonly string[]): Promise<Browser> => puppeteer.launch(launchOptions(more));
