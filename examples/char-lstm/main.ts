import { requestDevice } from "@tilewright/runtime";
import { modelOf, write } from "./chars.ts";

const MOST = 2000; // characters

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const [button, stop] = [find<HTMLButtonElement>("write"), find<HTMLButtonElement>("stop")];
const [status, output] = [find("status"), find("output")];
const value = (id: string) => find<HTMLInputElement>(id).value;
const file = (id: string) => find<HTMLInputElement>(id).files?.[0];

find<HTMLFormElement>("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const abort = new AbortController();
  stop.onclick = () => abort.abort();
  [button.disabled, stop.disabled, status.className] = [true, false, ""];
  status.textContent = "Getting ready …";
  const device = await requestDevice().catch((error: Error) => error);
  try {
    if (device instanceof Error) throw device;
    const text = await file("text")!.text();
    const made = await modelOf(text, file("weights"));
    const prompt = value("prompt") || Array.from(text)[0]!;
    output.textContent = prompt;
    const how = { tokens: MOST, temperature: Number(value("temperature")), seed: Date.now(), signal: abort.signal };
    const began = performance.now();
    let count = 0;
    for await (const character of write(made, device, prompt, how)) {
      output.append(character);
      const rate = (1000 * ++count) / (performance.now() - began);
      status.textContent = `${count} characters, ${rate.toFixed(0)} a second`;
    }
    made.model.destroy();
  } catch (error) {
    if (!abort.signal.aborted) {
      status.className = "wrong";
      status.textContent = (error as Error).message;
      console.error(error);
    }
  }
  if (!(device instanceof Error)) device.destroy();
  [button.disabled, stop.disabled] = [false, true];
});
