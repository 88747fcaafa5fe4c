// What a user's page downloads, minified and gzipped: node scripts/sizes.ts
import { relative } from "node:path";
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
}

const ATTENTION = "@tilewright/kernels-attention";
const CONV = "@tilewright/kernels-conv";
const MODELS = "@tilewright/models";
const MATMUL = "@tilewright/kernels-matmul";
const POINTWISE = "@tilewright/kernels-pointwise";
const REDUCTION = "@tilewright/kernels-reduction";
const RNN = "@tilewright/kernels-rnn";

/** What importing one kernel costs, the runtime included. */
const one = (from: string, name: string, limit: number, goal = 12_000): Entry => ({
  name,
  code: `export { ${name} } from "${from}";`,
  limit,
  goal,
});

const entries: readonly Entry[] = [
  one(MATMUL, "matmul", 15_800, 8_000),
  {
    ...one(MATMUL, "matmul", 17_000, 9_500),
    name: "matmul with a tune table in use",
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

/** What of a build a page fetches at first, and with the largest of the shaders' modules that it may come to need: one is taken per plan. */
async function measure(code: string): Promise<{ first: number; planned: number }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: root, loader: "ts" },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    outdir: root,
    metafile: true,
    write: false,
  });
  const size = new Map(outputFiles.map(({ path, contents }) => [relative(root, path), gzipSync(contents, { level: 9 }).length]));
  const { outputs } = metafile;
  /** A chunk and all that it imports at once. */
  const closure = (path: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(path)) return seen;
    seen.add(path);
    for (const { path: other, kind } of outputs[path]!.imports) if (kind === "import-statement") closure(other, seen);
    return seen;
  };
  const total = (paths: Iterable<string>) => [...paths].reduce((sum, path) => sum + size.get(path)!, 0);
  const entry = closure(Object.keys(outputs).find((path) => outputs[path]!.entryPoint === "<stdin>")!);
  const later = [...entry].flatMap((path) => outputs[path]!.imports).filter(({ kind }) => kind === "dynamic-import");
  const forms = later.filter(({ path }) => !/(runtime\/src|proofs?)\b/.test(outputs[path]!.entryPoint!));
  const more = forms.map(({ path }) => total(closure(path).difference(entry)));
  return { first: total(entry), planned: total(entry) + Math.max(0, ...more) };
}

/** Prints each entry's size; false when one is over its limit. */
export async function sizes(): Promise<boolean> {
  let good = true;
  const kB = (n: number) => (n / 1000).toFixed(1);
  console.log("  import   + the largest variant, kB gz");
  for (const { name, code, limit, goal } of entries) {
    const { first, planned } = await measure(code);
    if (first > limit) good = false;
    const note =
      first > limit
        ? `  OVER its limit of ${kB(limit)}`
        : first > goal
          ? `  (goal of ${kB(goal)} NOT met; limit ${kB(limit)})`
          : "";
    console.log(`${kB(first).padStart(8)}${planned > first ? kB(planned).padStart(7) : "       "}  ${name}${note}`);
  }
  return good;
}

if (import.meta.main) process.exit((await sizes()) ? 0 : 1);
