// The static lane, about a minute, no GPU: node scripts/check.ts
import { pack } from "./pack.ts";
import { ok, step } from "./shell.ts";
import { sizes } from "./sizes.ts";

const force = process.env["CI"] ? ["--force"] : [];

export async function check(): Promise<boolean> {
  const results = [
    await step("format and lint", () => ok("biome", ["check", "."])),
    await step("types", () => ok("tsc", ["-p", "."])), // in one program; each package's own, without Node's, are the build's
    await step("unit and static tests, builds", () =>
      ok("turbo", ["run", "test:unit", "build", "--output-logs=errors-only", ...force]),
    ),
    await step("sizes", sizes),
    await step("packed tarballs in a scratch project", pack),
  ];
  return results.every(Boolean);
}

if (import.meta.main) process.exit((await check()) ? 0 : 1);
