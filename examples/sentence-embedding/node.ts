import { readFile, stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import { directory } from "@tilewright/models/node";
import { KernelError } from "@tilewright/runtime";
import { requestDevice } from "@tilewright/runtime/node";
import { cosine, embed, open, rank, summary } from "./encoder.ts";
import { QUESTION, randomFolder, TEXTS } from "./random.ts";

const USAGE = `usage: node node.ts --data DIR | --random  [options]

  --data DIR       a folder as Hugging Face has it: config.json, tokenizer.json and model.safetensors, of a BERT whose
                   sentences are means of its rows (as sentence-transformers/all-MiniLM-L6-v2)
  --random         a small model with random weights instead: what it finds near means little
  --question TEXT  what to look for (default "${QUESTION}")
  --texts FILE     where to look, a text a line (default: six sentences)
  --quantize q8 | q4, --f16   weights in fewer bits
  --cpu            the kernels' references instead of the GPU
  --check          the references too; fails unless every vector is the same to a cosine of 0.99999`;

function readOptions() {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    const { values } = parseArgs({
      options: { data: text, question: text, texts: text, quantize: text, random: flag, f16: flag, cpu: flag, check: flag },
    });
    if (!values.data === !values.random) throw new TypeError("needed is --data DIR or --random.");
    if (values.quantize !== undefined && values.quantize !== "q8" && values.quantize !== "q4")
      throw new TypeError(`--quantize is ${values.quantize}; there are q8 and q4.`);
    if (values.cpu && values.check) throw new TypeError("--check compares the GPU with the CPU: leave out --cpu.");
    const { question = QUESTION, f16 = false, cpu = false, check = false } = values;
    return { ...values, quantize: values.quantize as "q8" | "q4" | undefined, question, f16, cpu, check };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function main(): Promise<void> {
  const { data, question, texts: file, quantize, f16, cpu, check } = readOptions();
  if (data !== undefined && !(await stat(data).catch(() => undefined))?.isDirectory()) {
    console.error(`${data} is no directory.`);
    process.exit(1);
  }
  const lines = file === undefined ? TEXTS : (await readFile(file, "utf8")).split(/\r?\n/).filter((line) => line.trim());
  const device = cpu ? undefined : await requestDevice();
  const info = device?.adapterInfo;
  console.log(info ? `GPU: ${info.description || `${info.vendor} ${info.architecture}`}` : "CPU reference");
  const from = data === undefined ? await randomFolder() : directory(data);
  const encoder = await open(from, { device, quantize, dtype: f16 ? "f16" : undefined });
  try {
    const { ranked, embedded } = await rank(encoder, question, lines, device ?? "cpu");
    console.log(`${question}\n`);
    for (const { text, similarity } of ranked.slice(0, 20)) console.log(`${similarity.toFixed(3).padStart(6)}  ${text}`);
    console.log(`\n${summary(embedded)}`);
    if (!check) return;
    const reference = await embed(encoder, [question, ...lines], "cpu");
    const least = Math.min(...reference.vectors.map((vector, i) => cosine(vector, embedded.vectors[i]!)));
    console.log(`beside the references' vectors, the least cosine is ${least.toFixed(7)}`);
    if (!(least > 0.99999)) process.exitCode = 1;
  } finally {
    encoder.model.destroy();
    device?.destroy();
  }
}

main().catch((error) => {
  if (!(error instanceof KernelError) && error.code !== "ENOENT") throw error;
  console.error(error.message); // written for the reader: a stack would bury it
  process.exitCode = 1;
});
