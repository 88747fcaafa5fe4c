import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KernelError } from "@tilewright/runtime";
import { requestDevice } from "@tilewright/runtime/node";
import { assemble, chooseFiles } from "./files.ts";
import { DataError, readIdx } from "./idx.ts";
import { classify, type Digits, type Outcome, show, summary, take } from "./nearest.ts";

const USAGE = `usage: node node.ts --data DIR [--limit N] [--cpu | --check]

  --data DIR   a folder with MNIST's four files, .gz or not:
                 train-images-idx3-ubyte  train-labels-idx1-ubyte
                 t10k-images-idx3-ubyte   t10k-labels-idx1-ubyte
               (at https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz and so on)
  --limit N    only the first N test digits
  --cpu        the kernel's CPU reference instead of the GPU
  --check      the CPU reference too; fails unless all predictions are equal`;

function readOptions(): { data: string; limit: number; cpu: boolean; check: boolean } {
  const options = {
    data: { type: "string" },
    limit: { type: "string" },
    cpu: { type: "boolean" },
    check: { type: "boolean" },
  } as const;
  try {
    const { data, limit = "Infinity", cpu = false, check = false } = parseArgs({ options }).values;
    if (!data) throw new TypeError("--data is missing: where are the digits?");
    if (limit !== "Infinity" && !/^[1-9]\d*$/.test(limit))
      throw new TypeError(`--limit is ${limit}; needed is a whole number from 1.`);
    if (cpu && check) throw new TypeError("--check compares the GPU with the CPU: leave out --cpu.");
    return { data, limit: Number(limit), cpu, check };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function load(folder: string): Promise<{ train: Digits; test: Digits }> {
  const names = await readdir(folder).catch((cause) => {
    throw new DataError(`${folder} cannot be read as a folder: ${cause.code}.`, { cause });
  });
  const chosen = chooseFiles(folder, names);
  return assemble(
    await Promise.all(chosen.map(async (name) => readIdx(name, new Uint8Array(await readFile(join(folder, name)))))),
  );
}

/** One line that rewrites itself on a terminal; elsewhere (a log) a line every 10 %. */
function progressLine(): (done: number, total: number) => void {
  let tenth = 0;
  return (done, total) => {
    const line = `  ${show(done)} of ${show(total)} (${Math.floor((100 * done) / total)} %)`;
    if (process.stdout.isTTY) process.stdout.write(`\r${line}${done === total ? "\n" : ""}`);
    else if (Math.floor((10 * done) / total) > tenth) console.log(line);
    tenth = Math.floor((10 * done) / total);
  };
}

async function run(train: Digits, test: Digits, on: GPUDevice | "cpu"): Promise<Outcome> {
  const info = on === "cpu" ? undefined : on.adapterInfo;
  console.log(info ? `GPU: ${info.description || `${info.vendor} ${info.architecture}`}` : "CPU reference");
  const outcome = await classify(train, test, on, { onProgress: progressLine() });
  console.log(`${summary(outcome)} (after ${show(outcome.setUp)} s of set-up)`);
  return outcome;
}

async function main(): Promise<void> {
  const { data, limit, cpu, check } = readOptions();
  const { train, test: all } = await load(data);
  const test = take(all, limit);
  console.log(`${show(test.count)} test digits against ${show(train.count)} training digits`);
  if (cpu) {
    await run(train, test, "cpu");
    return;
  }
  const device = await requestDevice();
  const found = await run(train, test, device).finally(() => device.destroy());
  if (!check) return;
  const reference = await run(train, test, "cpu");
  const differ = found.predicted.filter((label, i) => label !== reference.predicted[i]).length;
  console.log(
    differ ? `${show(differ)} predictions differ from the CPU reference's` : "all predictions equal the CPU reference's",
  );
  if (differ) process.exitCode = 1;
}

main().catch((error) => {
  if (!(error instanceof KernelError || error instanceof DataError)) throw error;
  console.error(error.message); // written for the reader: a stack would bury it
  process.exitCode = 1;
});
