// What a user's page downloads, minified and gzipped: node scripts/sizes.ts
import { relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type OutputFile } from "esbuild";
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
  one(MATMUL, "matmul", 8_000, 8_000),
  {
    ...one(MATMUL, "matmul", 9_300, 9_500),
    name: "matmul with a tune table in use",
    code: `export { matmul } from "${MATMUL}"; export { useTuning } from "@tilewright/runtime/tune";`,
  },
  one(MATMUL, "matmulInteger", 8_000),
  one(MATMUL, "matmulQuantized", 8_000),
  one(MATMUL, "embeddingQuantized", 8_000),
  one(ATTENTION, "attention", 9_000),
  one(ATTENTION, "rope", 7_000),
  one(CONV, "conv", 9_700),
  one(CONV, "maxPool", 8_000),
  one(CONV, "convMaxPool", 9_500),
  ...["relu", "gelu", "add", "transpose", "gather", "concat", "dropout", "adam"].map((name) => one(POINTWISE, name, 9_700)),
  one(REDUCTION, "sum", 7_600),
  one(REDUCTION, "softmax", 8_000),
  one(REDUCTION, "layerNorm", 8_500),
  one(REDUCTION, "crossEntropy", 7_800),
  one(REDUCTION, "scatterND", 7_000),
  ...["lstm", "gru", "rnn", "lstmCell"].map((name) => one(RNN, name, 8_200)),
  { ...one(MODELS, "cnnMnist", 21_700, 45_000), name: "cnnMnist, to compile and run" },
  { ...one(MODELS, "bert", 30_000, 54_000), name: "bert, to compile and run" },
  { name: "all of the runtime", code: 'export * from "@tilewright/runtime";', limit: 11_700, goal: 12_000 },
];

/** Minified, what is not used left out, and so is what is imported dynamically: its paths stand in the text. */
async function bundle(code: string): Promise<{ text: string; bytes: number }> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    plugins: [
      {
        name: "leave dynamic imports",
        setup: (b) =>
          b.onResolve({ filter: /./ }, ({ kind, path, resolveDir }) =>
            kind === "dynamic-import" ? { path: `./${relative(root, resolve(resolveDir, path))}`, external: true } : null,
          ),
      },
    ],
  });
  const [{ text, contents }] = outputFiles as [OutputFile];
  return { text, bytes: gzipSync(contents, { level: 9 }).length };
}

/** Bytes that a page fetches with the import, and until it has planned, with the largest of the variants that it may take. */
async function measure(code: string): Promise<{ first: number; planned: number }> {
  const { text, bytes: first } = await bundle(code);
  const later = [...text.matchAll(/import\("([^"]*)"\)/g)].map(([, path]) => path!);
  // Not what is fetched for other reasons: the simple style, references and bounds, what the runtime meets now and then.
  const shaders = [...new Set(later)].filter((path) => !/runtime\/src|proofs?(\/|\.ts)/.test(path));
  const variants = shaders.filter((path) => path.includes("variants/"));
  const shared = shaders.filter((path) => !variants.includes(path));
  const planned = await Promise.all(
    (variants.length ? variants : [undefined]).map(async (variant) => {
      const texts = [...shared, ...(variant ? [variant] : [])].map((path, i) => `export * as text${i} from "${path}";`);
      return (await bundle(code + texts.join(""))).bytes;
    }),
  );
  return { first, planned: Math.max(...planned) };
}

/** Prints each entry's size; false when one is over its limit. */
export async function sizes(): Promise<boolean> {
  let good = true;
  const kB = (n: number) => (n / 1000).toFixed(1);
  console.log("kB gz: imported, and planned with its largest variant");
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
