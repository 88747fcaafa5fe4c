// What a user's page downloads, minified and gzipped: node scripts/sizes.ts
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./shell.ts";

interface Entry {
  readonly name: string;
  readonly code: string;
  /** Bytes; the check fails above it. */
  readonly limit: number;
  /** Bytes that are wanted; where the limit is larger they are not reached yet. */
  readonly goal: number;
  /** Without what is fetched only when first used (`run`: the simple style). */
  readonly lazy?: boolean;
}

const matmul = 'export { matmul } from "@tilewright/kernels-matmul";';
const matmulInteger = 'export { matmulInteger } from "@tilewright/kernels-matmul";';
const attention = 'export { attention } from "@tilewright/kernels-attention";';
const entries: readonly Entry[] = [
  { name: "matmul + runtime", code: matmul, limit: 14_700, goal: 8_000 },
  { name: "matmul + runtime, to plan and record", code: matmul, limit: 12_400, goal: 8_000, lazy: true },
  { name: "matmulInteger + runtime", code: matmulInteger, limit: 15_700, goal: 12_000 },
  { name: "matmulInteger + runtime, to plan and record", code: matmulInteger, limit: 13_500, goal: 12_000, lazy: true },
  { name: "attention + runtime", code: attention, limit: 18_000, goal: 12_000 },
  { name: "attention + runtime, to plan and record", code: attention, limit: 15_800, goal: 12_000, lazy: true },
  { name: "all of the runtime", code: 'export * from "@tilewright/runtime";', limit: 12_000, goal: 12_000 },
];

/** Prints each entry's size; false when one is over its limit. */
export async function sizes(): Promise<boolean> {
  let good = true;
  for (const { name, code, limit, goal, lazy = false } of entries) {
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: root, loader: "ts" },
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      write: false,
      plugins: lazy
        ? [
            {
              name: "leave dynamic imports",
              setup: (b) =>
                b.onResolve({ filter: /./ }, ({ kind, path }) => (kind === "dynamic-import" ? { path, external: true } : null)),
            },
          ]
        : [],
    });
    const bytes = gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
    const kB = (n: number) => (n / 1000).toFixed(1);
    if (bytes > limit) good = false;
    console.log(
      `${kB(bytes).padStart(6)} kB gz  ${name}${bytes > limit ? `  OVER its limit of ${kB(limit)}` : bytes > goal ? `  (goal of ${kB(goal)} NOT met; limit ${kB(limit)})` : ""}`,
    );
  }
  return good;
}

if (import.meta.main) process.exit((await sizes()) ? 0 : 1);
