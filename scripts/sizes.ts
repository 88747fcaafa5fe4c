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
  /** Without what is fetched only when first used (`run`: the simple style; `proof`: reference and bounds). */
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
  { ...one(MATMUL, "matmul", 19_400, 8_000), name: "matmul, with run and proof", lazy: false },
  one(MATMUL, "matmul", 15_800, 8_000),
  {
    ...one(MATMUL, "matmul", 17_000, 9_500),
    name: "matmul with a tune table in use, to plan and record",
    code: `export { matmul } from "${MATMUL}"; export { useTuning } from "@tilewright/runtime/tune";`,
  },
  one(MATMUL, "matmulInteger", 13_400),
  one(MATMUL, "matmulQuantized", 13_800),
  one(MATMUL, "embeddingQuantized", 8_700),
  one(ATTENTION, "attention", 17_400),
  one(ATTENTION, "rope", 8_700),
  one(CONV, "conv", 25_200),
  one(CONV, "maxPool", 14_000),
  one(CONV, "convMaxPool", 14_300),
  ...["relu", "gelu", "add", "transpose", "gather", "concat", "dropout", "adam"].map((name) => one(POINTWISE, name, 10_500)),
  one(REDUCTION, "sum", 12_200),
  one(REDUCTION, "softmax", 13_900),
  one(REDUCTION, "layerNorm", 15_800),
  one(REDUCTION, "crossEntropy", 13_700),
  one(REDUCTION, "scatterND", 9_100),
  ...["lstm", "gru", "rnn", "lstmCell"].map((name) => one(RNN, name, 19_000)),
  { ...one(MODELS, "cnnMnist", 53_900, 45_000), name: "cnnMnist, to compile and run" },
  { ...one(MODELS, "bert", 53_400, 54_000), name: "bert, to compile and run" },
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
