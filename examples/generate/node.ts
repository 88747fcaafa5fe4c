import { stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import { directory } from "@tilewright/models/node";
import { KernelError } from "@tilewright/runtime";
import { requestDevice } from "@tilewright/runtime/node";
import { randomFolder } from "./random.ts";
import { open, summary, type WriteHow, write } from "./writer.ts";

const USAGE = `usage: node node.ts --data DIR | --random  [options]

  --data DIR              a folder as Hugging Face has it: config.json, tokenizer.json and model.safetensors, or its parts
                          with model.safetensors.index.json; of a GPT-2, Llama, Qwen2 or Mistral
  --random                a small model with random weights instead: what it writes means nothing
  --prompt TEXT           what to write on from (default "Once upon a time")
  --tokens N              at most so many (default 64)
  --temperature T         0, the default, takes the likeliest word; 0.8 is livelier
  --top-k K, --top-p P    only the K likeliest words, only the likeliest whose probabilities reach P
  --repetition-penalty R  above 1: words that were there become less likely
  --stop TEXT             ends the text there; may be given again
  --seed N                other words at temperatures above 0
  --quantize q8 | q4      weights in 8 or 4 bits
  --f16                   weights in 16 bits
  --cpu                   the kernels' references instead of the GPU
  --check                 the references too; fails unless the text is the same`;

function readOptions() {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    const { values } = parseArgs({
      options: {
        ...{ data: text, prompt: text, tokens: text, temperature: text, "top-k": text, "top-p": text, seed: text },
        ...{ "repetition-penalty": text, stop: { type: "string", multiple: true }, quantize: text },
        ...{ random: flag, f16: flag, cpu: flag, check: flag },
      } as const,
    });
    const number = (name: "tokens" | "temperature" | "top-k" | "top-p" | "seed" | "repetition-penalty") => {
      const given = values[name];
      if (given !== undefined && !/^\d+(\.\d+)?$/.test(given)) throw new TypeError(`--${name} is ${given}; needed is a number.`);
      return given === undefined ? undefined : Number(given);
    };
    if (!values.data === !values.random) throw new TypeError("needed is --data DIR or --random.");
    if (values.quantize !== undefined && values.quantize !== "q8" && values.quantize !== "q4")
      throw new TypeError(`--quantize is ${values.quantize}; there are q8 and q4.`);
    if (values.cpu && values.check) throw new TypeError("--check compares the GPU with the CPU: leave out --cpu.");
    const how: WriteHow = {
      ...{ tokens: number("tokens") ?? 64, temperature: number("temperature"), topK: number("top-k"), topP: number("top-p") },
      ...{ repetitionPenalty: number("repetition-penalty"), stop: values.stop, seed: number("seed") },
    };
    const { data, prompt = "Once upon a time", quantize, f16 = false, cpu = false, check = false } = values;
    return { data, prompt, how, quantize: quantize as "q8" | "q4" | undefined, f16, cpu, check };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function main(): Promise<void> {
  const { data, prompt, how, quantize, f16, cpu, check } = readOptions();
  if (data !== undefined && !(await stat(data).catch(() => undefined))?.isDirectory()) {
    console.error(`${data} is no directory.`);
    process.exit(1);
  }
  const device = cpu ? undefined : await requestDevice();
  const info = device?.adapterInfo;
  console.error(info ? `GPU: ${info.description || `${info.vendor} ${info.architecture}`}` : "CPU reference");
  let tenth = 0;
  const writer = await open(data === undefined ? await randomFolder() : directory(data), {
    ...{ device, quantize, dtype: f16 ? "f16" : undefined },
    onProgress(read, total) {
      if (!total || total < 1e7 || Math.floor((10 * read) / total) <= tenth) return;
      tenth = Math.floor((10 * read) / total);
      console.error(`  ${(read / 1e6).toFixed(0)} of ${(total / 1e6).toFixed(0)} MB read`);
    },
  });
  try {
    process.stdout.write(prompt);
    const written = await write(writer, prompt, device ?? "cpu", {
      ...how,
      onPiece: (piece) => void process.stdout.write(piece),
    });
    console.log();
    console.error(summary(written));
    if (!check) return;
    const reference = await write(writer, prompt, "cpu", how);
    console.error(reference.text === written.text ? "the references write the same" : `the references write: ${reference.text}`);
    if (reference.text !== written.text) process.exitCode = 1;
  } finally {
    writer.model.destroy();
    device?.destroy();
  }
}

main().catch((error) => {
  if (!(error instanceof KernelError)) throw error;
  console.error(error.message); // written for the reader: a stack would bury it
  process.exitCode = 1;
});
