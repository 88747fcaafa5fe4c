import { openAsBlob } from "node:fs";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { KernelError } from "@tilewright/runtime";
import { requestDevice } from "@tilewright/runtime/node";
import { DataError, modelOf, write } from "./chars.ts";

const USAGE = `usage: node node.ts --data TEXT [--weights FILE] [--prompt TEXT] [--characters N] [--temperature T] [--seed N]

  --data TEXT       a text file: its characters are the alphabet
  --weights FILE    of a textLstm over that alphabet, safetensors; counted from the text unless given
  --prompt TEXT     what to go on from; the text's first character unless given
  --characters N    how many to write: 400
  --temperature T   below 1 likelier, above 1 wilder, 0 always the likeliest: 1
  --seed N          the same seed writes the same: 0`;

function readOptions() {
  const names = ["data", "weights", "prompt", "characters", "temperature", "seed"] as const;
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" }])) as {
    [K in (typeof names)[number]]: { type: "string" };
  };
  try {
    const { data, weights, prompt, characters = "400", temperature = "1", seed = "0" } = parseArgs({ options }).values;
    if (!data) throw new TypeError("--data is missing: a text to take the alphabet from.");
    if (!/^[1-9]\d*$/.test(characters)) throw new TypeError(`--characters is ${characters}; needed is a whole number from 1.`);
    if (!(Number(temperature) >= 0)) throw new TypeError(`--temperature is ${temperature}; needed is a number from 0.`);
    if (!/^\d+$/.test(seed)) throw new TypeError(`--seed is ${seed}; needed is a whole number.`);
    const how = { tokens: Number(characters), temperature: Number(temperature), seed: Number(seed) };
    return { data, weights, prompt, how };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

const reading = (what: string) => (cause: NodeJS.ErrnoException) => {
  throw new DataError(`${what} cannot be read: ${cause.code}.`, { cause });
};

async function main(): Promise<void> {
  const { data, weights, prompt, how } = readOptions();
  const text = await readFile(data, "utf8").catch(reading(data));
  const made = await modelOf(text, weights === undefined ? undefined : await openAsBlob(weights).catch(reading(weights)));
  const first = prompt ?? Array.from(text)[0]!;
  const device = await requestDevice();
  process.stdout.write(first);
  const began = performance.now();
  for await (const character of write(made, device, first, how)) process.stdout.write(character);
  const seconds = (performance.now() - began) / 1000;
  console.log(`\n\n${how.tokens} characters in ${seconds.toFixed(1)} s, the first one's compiling included`);
  made.model.destroy();
  device.destroy();
}

main().catch((error) => {
  if (!(error instanceof KernelError || error instanceof DataError)) throw error;
  console.error(error.message); // written for the reader: a stack would bury it
  process.exitCode = 1;
});
