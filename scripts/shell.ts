// Running the workspace's own tools from scripts.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === "win32";

/** Runs a program of the workspace (`turbo`, `biome` …), output as it comes; true when it ended with 0. */
export function ok(program: string, args: readonly string[], cwd: string = root): boolean {
  const path = [join(root, "node_modules", ".bin"), process.env["PATH"]].join(windows ? ";" : ":");
  const env = { ...process.env, PATH: path, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
  return spawnSync(program, args, { cwd, env, stdio: "inherit", shell: windows }).status === 0;
}

/** Runs a step of a longer job and says how it went and how long it took. */
export async function step(name: string, run: () => boolean | Promise<boolean>): Promise<boolean> {
  const start = performance.now();
  let good = false;
  try {
    good = await run();
  } catch (error) {
    console.error(error);
  }
  console.log(`${good ? "ok    " : "FAILED"} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  return good;
}
