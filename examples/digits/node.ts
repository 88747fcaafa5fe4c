import { openAsBlob } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { KernelError } from "@tilewright/runtime";
import { requestDevice } from "@tilewright/runtime/node";
import { chooseFiles, digitsOf } from "../nearest-digit/files.ts";
import { DataError, readIdx } from "../nearest-digit/idx.ts";
import { take } from "../nearest-digit/nearest.ts";
import { network, type Outcome, recognise, summary } from "./digits.ts";

const USAGE = `usage: node node.ts --data DIR [--weights FILE] [--limit N] [--cpu | --check]

  --data DIR       a folder with MNIST's test files, .gz or not: t10k-images-idx3-ubyte  t10k-labels-idx1-ubyte
  --weights FILE   other weights of the same network, safetensors
  --limit N        only the first N digits
  --cpu            the kernels' CPU references instead of the GPU
  --check          both; fails unless all predictions are equal`;

function readOptions() {
  const options = {
    data: { type: "string" },
    weights: { type: "string" },
    limit: { type: "string" },
    cpu: { type: "boolean" },
    check: { type: "boolean" },
  } as const;
  try {
    const { data, weights, limit = "Infinity", cpu = false, check = false } = parseArgs({ options }).values;
    if (!data) throw new TypeError("--data is missing: where are the digits?");
    if (limit !== "Infinity" && !/^[1-9]\d*$/.test(limit))
      throw new TypeError(`--limit is ${limit}; needed is a whole number from 1.`);
    if (cpu && check) throw new TypeError("--check compares the GPU with the CPU: leave out --cpu.");
    return { data, weights, limit: Number(limit), cpu, check };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function main(): Promise<void> {
  const { data, weights, limit, cpu, check } = readOptions();
  const names = await readdir(data).catch((cause) => {
    throw new DataError(`${data} cannot be read as a folder: ${cause.code}.`, { cause });
  });
  const files = chooseFiles(data, names, "test").map(async (name) =>
    readIdx(name, new Uint8Array(await readFile(join(data, name)))),
  );
  const digits = take(digitsOf(await Promise.all(files), "test"), limit);
  const model = await network(await openAsBlob(weights ?? fileURLToPath(new URL("weights.safetensors", import.meta.url))));
  console.log(model.summary());

  const run = async (on: GPUDevice | "cpu"): Promise<Outcome> => {
    const info = on === "cpu" ? undefined : on.adapterInfo;
    console.log(`\n${info ? `GPU: ${info.description || `${info.vendor} ${info.architecture}`}` : "CPU references"}`);
    const outcome = await recognise(model, digits, on);
    console.log(summary(outcome));
    return outcome;
  };
  if (cpu) {
    await run("cpu");
    return;
  }
  const device = await requestDevice();
  const found = await run(device);
  if (check) {
    const { predicted } = await run("cpu");
    const differ = found.predicted.filter((digit, i) => digit !== predicted[i]).length;
    console.log(differ ? `${differ} predictions differ from the references'` : "all predictions equal the references'");
    if (differ) process.exitCode = 1;
  }
  model.destroy();
  device.destroy();
}

main().catch((error) => {
  if (!(error instanceof KernelError || error instanceof DataError)) throw error;
  console.error(error.message); // written for the reader: a stack would bury it
  process.exitCode = 1;
});
