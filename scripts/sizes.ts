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

const ATTENTION = "@tilewright/kernels-attention";
const CONV = "@tilewright/kernels-conv";
const MODELS = "@tilewright/models";
const MATMUL = "@tilewright/kernels-matmul";
const POINTWISE = "@tilewright/kernels-pointwise";
const REDUCTION = "@tilewright/kernels-reduction";
const RNN = "@tilewright/kernels-rnn";

/** What it costs to plan and record one kernel, the runtime included. */
const one = (from: string, name: string, limit: number, goal = 12_000): Entry => ({
  name: `${name}, to plan and record`,
  code: `export { ${name} } from "${from}";`,
  limit,
  goal,
  lazy: true,
});

const entries: readonly Entry[] = [
  { ...one(MATMUL, "matmul", 19_300, 8_000), name: "matmul, with run", lazy: false },
  one(MATMUL, "matmul", 17_000, 8_000),
  {
    ...one(MATMUL, "matmul", 18_300, 9_500),
    name: "matmul with a tune table in use, to plan and record",
    code: `export { matmul } from "${MATMUL}"; export { useTuning } from "@tilewright/runtime/tune";`,
  },
  one(MATMUL, "matmulInteger", 14_200),
  one(MATMUL, "matmulQuantized", 15_400),
  one(MATMUL, "embeddingQuantized", 12_000),
  one(ATTENTION, "attention", 18_900),
  one(ATTENTION, "rope", 12_000),
  one(CONV, "conv", 21_200),
  one(CONV, "maxPool", 14_300),
  ...["relu", "gelu", "add", "transpose", "gather", "concat", "dropout", "adam"].map((name) => one(POINTWISE, name, 12_000)),
  one(REDUCTION, "sum", 13_300),
  one(REDUCTION, "softmax", 15_400),
  one(REDUCTION, "layerNorm", 17_400),
  one(REDUCTION, "crossEntropy", 15_100),
  one(REDUCTION, "scatterND", 11_000),
  ...["lstm", "gru", "rnn", "lstmCell"].map((name) => one(RNN, name, 21_200)),
  { ...one(MODELS, "cnnMnist", 51_400, 45_000), name: "cnnMnist, to compile and run", lazy: false },
  { ...one(MODELS, "bert", 61_200, 54_000), name: "bert, to compile and run", lazy: false },
  { name: "all of the runtime", code: 'export * from "@tilewright/runtime";', limit: 12_900, goal: 12_000 },
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
