import { openAsBlob } from "node:fs";
import { parseArgs } from "node:util";
import { translator } from "@tilewright/models";
import { KernelError } from "@tilewright/runtime";
import { requestDevice } from "@tilewright/runtime/node";
import { DataError, spell, speller, spelt } from "./spelling.ts";

const USAGE = `usage: node node.ts [--weights FILE] [--beams N] [WORD ...]

  WORD             letters a to z; some words of its own unless given
  --weights FILE   other weights of the same network, safetensors
  --beams N        how many spellings to follow side by side: 1`;

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      options: { weights: { type: "string" }, beams: { type: "string" } },
      allowPositionals: true,
    });
    const { weights, beams = "1" } = values;
    if (!/^[1-9]\d*$/.test(beams)) throw new TypeError(`--beams is ${beams}; needed is a whole number from 1.`);
    return { weights, beams: Number(beams), words: positionals.length > 0 ? positionals : ["hello", "pneumonia", "zzz"] };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function main(): Promise<void> {
  const { weights, beams, words } = readOptions();
  const model = await speller(weights === undefined ? undefined : await openAsBlob(weights));
  const device = await requestDevice();
  const reader = await translator(model, { device, beams });
  for (const word of words) {
    const began = performance.now();
    const found = await spell(reader, word);
    const ms = performance.now() - began;
    console.log(`${word} (${ms.toFixed(0)} ms)`);
    for (const { words: said, probability } of found)
      console.log(`  ${said}${beams > 1 ? ` (probability ${probability.toPrecision(2)})` : ""}`);
    if (found[0]?.words === spelt(word)) continue;
    console.log(`  It should be ${spelt(word)}.`);
    process.exitCode = 1;
  }
  reader.destroy();
  model.destroy();
  device.destroy();
}

main().catch((error) => {
  if (!(error instanceof KernelError || error instanceof DataError)) throw error;
  console.error(error.message); // written for the reader: a stack would bury it
  process.exitCode = 1;
});
