// Running the workspace's own tools from scripts.
import { spawn, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === "win32";

const environment = () => ({
  ...process.env,
  PATH: [join(root, "node_modules", ".bin"), process.env["PATH"]].join(windows ? ";" : ":"),
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
});

/** Runs a program of the workspace (`turbo`, `biome` …), output as it comes; true when it ended with 0. */
export function ok(program: string, args: readonly string[], cwd: string = root): boolean {
  return spawnSync(program, args, { cwd, env: environment(), stdio: "inherit", shell: windows }).status === 0;
}

/** The same beside others: its output comes at its end, if it failed. */
export function beside(
  program: string,
  args: readonly string[],
  { cwd = root, env = {} }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...environment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
      shell: windows,
    });
    const output: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => output.push(chunk));
    const end = (good: boolean) => {
      if (!good) process.stdout.write(Buffer.concat(output));
      resolve(good);
    };
    child.on("error", (error) => {
      output.push(Buffer.from(`${error}\n`));
      end(false);
    });
    child.on("close", (status) => end(status === 0));
  });
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
