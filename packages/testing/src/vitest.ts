// The Vitest configuration of every package: unit tests in Node, and the same GPU test files in Node and Chrome, with and without the low profile.
// `export { default } from "@tilewright/testing/vitest";` is a package's whole vitest.config.ts.

import { globSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineBrowserProvider } from "@vitest/browser";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import type { BrowserCommand, BrowserProvider, BrowserProviderOption, TestProject } from "vitest/node";
import { launchOptions } from "./chrome.ts";
import { data } from "./data.ts";
import "./provided.ts";
import { LaneResults } from "./results.ts";

const GPU = ["test/**/*.gpu.test.ts"];
/** Mistakes are made in one lane, Chrome's, whose driver compiles a changed text soonest. */
const MUTATIONS = ["test/**/*mutations.gpu.test.ts"];
/** Data of others go through the lanes without a mask: what the low profile changes is parity's to show. */
const CONFORMANCE = ["test/**/conformance.gpu.test.ts"];
const TIMEOUT = 120_000; // a cold driver compiles some shaders for seconds

/**
 * Dawn then zeroes workgroup memory by a loop in the shader, instead of an initial value of the variable, which SwiftShader writes as one store
 * after another: 6 kB took 2.4 s to compile, and take 0.4.
 */
const QUICK_TO_COMPILE = ["--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension"];

/** Vitest's browser mode on puppeteer. Chrome is looked up when a lane starts, so unit tests run without one. */
class Puppeteer implements BrowserProvider {
  readonly name = "puppeteer";
  readonly supportsParallelism = false;
  readonly #pages = new Map<string, Page>();
  #browser: Promise<Browser> | undefined;

  constructor(project: TestProject) {
    const viewport: BrowserCommand<[{ width: number; height: number }]> = async ({ sessionId }, size) => {
      await this.#pages.get(sessionId)?.setViewport(size);
    };
    project.browser?.registerCommand("__vitest_viewport" as never, viewport as never); // Vitest's page sends it before each file
  }

  async openPage(sessionId: string, url: string): Promise<void> {
    this.#browser ??= puppeteer.launch(launchOptions(QUICK_TO_COMPILE));
    const page = await (await this.#browser).newPage();
    this.#pages.set(sessionId, page);
    await page.goto(url);
  }

  getCommandsContext(sessionId: string): Record<string, unknown> {
    return { page: this.#pages.get(sessionId) };
  }

  async getCDPSession(sessionId: string): Promise<never> {
    return (await this.#pages.get(sessionId)?.createCDPSession()) as never;
  }

  async close(): Promise<void> {
    this.#pages.clear();
    await (await this.#browser)?.close();
    this.#browser = undefined;
  }
}

const provider = (): BrowserProviderOption =>
  defineBrowserProvider({ name: "puppeteer", options: {}, providerFactory: (project) => new Puppeteer(project) });

/** The files that are parity tests. */
const parityFiles = (): string[] =>
  GPU.flatMap((glob) => globSync(glob)).filter((file) => readFileSync(file, "utf8").includes("parity("));

/** The GPU lanes to run, where not all are; a package may have none of them. */
const asked = process.env["TILEWRIGHT_LANES"]?.split(",");

type Subgroups = "alone" | "none" | "any";
const lane = (name: string, where: "node" | "chrome", low: boolean, subgroups: Subgroups) => ({
  name,
  include: asked?.includes(`${where}${low ? "-low" : ""}`) === false ? [] : subgroups === "alone" ? parityFiles() : GPU,
  exclude: [...(low || where === "node" ? MUTATIONS : []), ...(low ? CONFORMANCE : [])],
  testTimeout: TIMEOUT,
  hookTimeout: TIMEOUT,
  provide: { low, lane: where, subgroups, whole: !!process.env["TILEWRIGHT_WHOLE"] },
});
/** Projects inherit no plugins. */
const project = <T>(test: T) => ({ plugins: [data()], test });
const node = (name: string, low: boolean, subgroups: Subgroups, env: Record<string, string>) =>
  project({ ...lane(name, "node", low, subgroups), pool: "forks" as const, env });

/** lavapipe without LLVM's optimiser: what parity tests run is short, and compiles in half to three quarters of the time. Another driver does not read this. */
const UNOPTIMISED = { GALLIVM_PERF: "nopt" };

/**
 * With vectors of 128 bits it compiles in less than half the time that its 256 take, and subgroups are of 4, as in Chrome. Variants
 * that ask for subgroups run on 256 bits, in subgroups of 8 (project `node-wide`).
 */
const NARROW = {
  ...UNOPTIMISED,
  LP_NATIVE_VECTOR_WIDTH: "128",
  MESA_SHADER_CACHE_DIR: join(tmpdir(), "tilewright-mesa-128"), // one for each width: what is compiled for one is not for the other
};
const chrome = (name: string, low: boolean) =>
  project({
    ...lane(name, "chrome", low, "any"),
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: provider(),
      instances: [{ browser: "chromium" as const }],
    },
  });

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ["default", new LaneResults()],
    passWithNoTests: asked !== undefined,
    projects: [
      project({
        name: "unit",
        include: ["test/**/*.test.ts"],
        exclude: GPU,
        testTimeout: 3 * TIMEOUT, // all texts of a package are one test
        server: { deps: { inline: ["wgsl_reflect"] } },
      }),
      node("node", false, "none", NARROW),
      node("node-wide", false, "alone", UNOPTIMISED),
      node("node-low", true, "any", NARROW),
      chrome("chrome", false),
      chrome("chrome-low", true),
    ],
  },
});

export default config;
