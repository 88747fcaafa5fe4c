// Ours beside tfjs, ONNX Runtime Web and jax-js: `pnpm bench [FILTER] --rivals`. A fresh browser or process for every size, so that
// first calls are cold.
import { fork } from "node:child_process";
import { copyFileSync, linkSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { makeRivalsRun, type Race, raceable, raced, rivalsTable } from "@tilewright/rivals";
import { IN_TURN, ortWasm } from "@tilewright/rivals/node";
import { fromText, matches, toText } from "@tilewright/testing";
import { launchChrome } from "@tilewright/testing/chrome";
import { build } from "esbuild";
import { suites } from "../apps/bench-viewer/src/suites.ts";
import { progressLine } from "./progress.ts";
import { serve } from "./serve.ts";
import { root } from "./shell.ts";

/** Races one path, and tells how it goes. */
interface Lane {
  readonly host: string;
  race(path: string, onProgress: (what: string) => void): Promise<Race>;
  close(): void;
}

async function inChrome(): Promise<Lane> {
  const folder = mkdtempSync(join(tmpdir(), "tilewright-rivals-"));
  const node = ["fs", "path", "os", "util", "crypto", "string_decoder", "module", "worker_threads", "perf_hooks"];
  await build({
    entryPoints: { page: join(root, "scripts/rivals-page.ts") },
    bundle: true,
    splitting: true,
    format: "esm",
    outdir: folder,
    logLevel: "error",
    define: { global: "globalThis" },
    external: ["@tilewright/runtime/node", ...node.flatMap((name) => [name, `node:${name}`])], // asked for only where there is Node
  });
  const wasm = join(folder, basename(ortWasm));
  try {
    linkSync(ortWasm, wasm);
  } catch {
    copyFileSync(ortWasm, wasm); // another file system
  }
  writeFileSync(join(folder, "index.html"), '<!doctype html><script type="module" src="page.js"></script>');
  const server = await serve(folder);
  let host = "Chrome";
  return {
    get host() {
      return host;
    },
    async race(path, onProgress) {
      const browser = await launchChrome([`--js-flags=${IN_TURN}`]);
      try {
        host = await browser.version();
        const page = await browser.newPage();
        await page.exposeFunction("heardProgress", onProgress);
        await page.goto(`http://127.0.0.1:${server.port}/`, { waitUntil: "load" });
        return fromText<Race>(await page.evaluate((asked) => globalThis.raceIn(asked), path));
      } finally {
        await browser.close();
      }
    },
    close() {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function inNode(): Lane {
  return {
    host: `Node ${process.version}`,
    race: (path, onProgress) =>
      new Promise((resolve, reject) => {
        const child = fork(join(root, "scripts/rivals-node.ts"), [path], {
          // drivers keep compiled shaders on disk otherwise
          env: { ...process.env, MESA_SHADER_CACHE_DISABLE: "true", __GL_SHADER_DISK_CACHE: "0" },
          stdio: ["ignore", "ignore", "pipe", "ipc"],
        });
        let told = ""; // Dawn warns at every device: shown where it may explain something
        child.stderr?.on("data", (data) => {
          told = (told + data).slice(-2000);
        });
        child.on("message", (text: string) => {
          const { race, what } = fromText<{ race?: Race; what?: string }>(text);
          if (what) onProgress(what);
          if (race) resolve(race);
        });
        child.on("exit", (code, signal) => reject(new Error(`the process ended with ${signal ?? code}: ${told}`)));
      }),
    close() {},
  };
}

export interface RivalsHow {
  readonly adapter: string;
  readonly filter: string;
  readonly json: string | undefined;
}

/** Races every size that the filter finds. @returns the exit code: 1 when ours was wrong or failed, and when nothing ran. */
export async function rivals({ adapter, filter, json }: RivalsHow): Promise<number> {
  const asked = raceable(suites)
    .map(({ path }) => path)
    .filter((path) => matches(path, filter));
  const line = progressLine();
  const lane = adapter === "node" ? inNode() : await inChrome();
  const races: Race[] = [];
  const problems: string[] = [];
  try {
    for (const [i, path] of asked.entries()) {
      try {
        races.push(await lane.race(path, (what) => line.show("rivals ", i, asked.length, `${path} ${what}`)));
      } catch (error) {
        problems.push(`${path}: ${(error as Error).message}`);
      }
    }
  } finally {
    line.end();
    lane.close();
  }
  const run = makeRivalsRun(lane.host, races);
  if (json) writeFileSync(json, toText(run));
  if (run.adapter) console.log(`${run.host}; ${run.adapter.vendor} ${run.adapter.architecture} ${run.adapter.description}`);
  if (races.length > 0) console.log(rivalsTable(races));
  else console.error(`nothing ran: does any size of ${raced.join(", ")} match ${JSON.stringify(filter)}?`);
  for (const problem of problems) console.error(`FAILED ${problem}`);
  const ours = races.every(({ entries }) => entries[0]!.status === "right" || entries[0]!.status === "unchecked");
  return races.length > 0 && ours && problems.length === 0 ? 0 : 1;
}
