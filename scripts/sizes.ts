// What a user's page downloads, minified and gzipped: node scripts/sizes.ts
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./shell.ts";

interface Entry {
  readonly name: string;
  readonly code: string;
  /** Bytes. */
  readonly limit: number;
}

const entries: readonly Entry[] = [
  { name: "matmul + runtime, all of it", code: 'export { matmul } from "@tilewright/kernels-matmul";', limit: 13_000 },
  { name: "runtime alone: device, program, time, transfer", code: 'export * from "@tilewright/runtime";', limit: 11_000 },
];

/** Prints each entry's size; false when one is over its limit. */
export async function sizes(): Promise<boolean> {
  let good = true;
  for (const { name, code, limit } of entries) {
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: root, loader: "ts" },
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      write: false,
    });
    const bytes = gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
    if (bytes > limit) good = false;
    console.log(
      `${(bytes / 1000).toFixed(1).padStart(6)} kB gz of ${(limit / 1000).toFixed(1)}  ${name}${bytes > limit ? "  OVER" : ""}`,
    );
  }
  return good;
}

if (import.meta.main) process.exit((await sizes()) ? 0 : 1);
