// What scripts/conformance.ts loads into headless Chrome: the same runner and the same tables, on the browser's device.
import { adapterCard, testDevice, toText } from "@tilewright/testing";
import { readOperatorFile, runFile } from "@tilewright/testing/conformance";
import { operators } from "./operators.ts";

const device = testDevice();

Object.assign(globalThis, {
  conform: async (path: string, text: string, filter: string) =>
    toText(await runFile(readOperatorFile(path, text), operators, await device, filter)),
  card: async () => toText(adapterCard(await device)),
});
