import { folder } from "@tilewright/models";
import { requestDevice } from "@tilewright/runtime";
import { onDrop } from "./drop.ts";
import { randomFolder } from "./random.ts";
import { open, summary, type Writer, write } from "./writer.ts";

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const input = (id: string) => find<HTMLInputElement>(id);
const form = find<HTMLFormElement>("form");
const drop = find<HTMLFieldSetElement>("drop");
const storage = find<HTMLSelectElement>("storage");
const prompt = find<HTMLTextAreaElement>("prompt");
const start = find<HTMLButtonElement>("write");
const stop = find<HTMLButtonElement>("stop");
const bar = find<HTMLProgressElement>("progress");
const status = find<HTMLParagraphElement>("status");
const text = find<HTMLParagraphElement>("text");

let files: readonly File[] = [];
/** Kept as long as the same model is asked for. */
let ready: { readonly writer: Writer; readonly device: GPUDevice } | undefined;
let abort = new AbortController();

function choose(chosen: readonly File[]): void {
  files = chosen;
  forget();
  status.textContent = files.length ? files.map(({ name }) => name).join(", ") : "";
}
function forget(): void {
  ready?.writer.model.destroy();
  ready?.device.destroy();
  ready = undefined;
}

input("files").addEventListener("change", () => choose([...input("files").files!]));
storage.addEventListener("change", forget);
onDrop(drop, choose);
stop.addEventListener("click", () => abort.abort());

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  abort = new AbortController();
  start.disabled = true;
  stop.disabled = false;
  status.className = "";
  try {
    await run(abort.signal);
  } catch (error) {
    if (abort.signal.aborted) status.textContent = "Stopped.";
    else {
      status.className = "wrong";
      status.textContent = (error as Error).message;
      console.error(error);
    }
  }
  bar.hidden = true;
  start.disabled = false;
  stop.disabled = true;
});

async function run(signal: AbortSignal): Promise<void> {
  ready ??= await load(signal);
  const asked = document.createElement("b");
  asked.textContent = prompt.value;
  text.replaceChildren(asked);
  status.textContent = "Writing …";
  const topK = input("topK").valueAsNumber;
  const written = await write(ready.writer, prompt.value, ready.device, {
    ...{ tokens: input("tokens").valueAsNumber, temperature: input("temperature").valueAsNumber },
    ...{ topK: Number.isNaN(topK) ? undefined : topK, topP: input("topP").valueAsNumber },
    ...{ repetitionPenalty: input("penalty").valueAsNumber, seed: input("seed").valueAsNumber, signal },
    onPiece: (piece) => text.append(piece),
  });
  status.textContent = `${summary(written)}.`;
}

async function load(signal: AbortSignal): Promise<NonNullable<typeof ready>> {
  status.textContent = "Reading the model …";
  bar.value = 0;
  bar.hidden = false;
  const device = await requestDevice();
  try {
    const held = storage.value;
    const writer = await open(files.length ? folder(files) : await randomFolder(), {
      ...{ device, signal },
      dtype: held === "f16" ? held : undefined,
      quantize: held === "q8" || held === "q4" ? held : undefined,
      onProgress(read, total) {
        if (total) bar.value = read / total;
      },
    });
    bar.hidden = true;
    return { writer, device };
  } catch (error) {
    device.destroy();
    throw error;
  }
}
