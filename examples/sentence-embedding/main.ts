import { folder } from "@tilewright/models";
import { requestDevice } from "@tilewright/runtime";
import { onDrop } from "../generate/drop.ts";
import { type Encoder, open, rank, summary } from "./encoder.ts";
import { QUESTION, randomFolder, TEXTS } from "./random.ts";

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const form = find<HTMLFormElement>("form");
const drop = find<HTMLFieldSetElement>("drop");
const chooser = find<HTMLInputElement>("files");
const question = find<HTMLInputElement>("question");
const texts = find<HTMLTextAreaElement>("texts");
const button = find<HTMLButtonElement>("find");
const bar = find<HTMLProgressElement>("progress");
const status = find<HTMLParagraphElement>("status");
question.value = QUESTION;
texts.value = TEXTS.join("\n");

let files: readonly File[] = [];
/** Kept as long as the same model is asked for. */
let ready: { readonly encoder: Encoder; readonly device: GPUDevice } | undefined;

function choose(chosen: readonly File[]): void {
  files = chosen;
  ready?.encoder.model.destroy();
  ready?.device.destroy();
  ready = undefined;
  status.textContent = files.map(({ name }) => name).join(", ");
}

chooser.addEventListener("change", () => choose([...chooser.files!]));
onDrop(drop, choose);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  status.className = "";
  try {
    await run();
  } catch (error) {
    status.className = "wrong";
    status.textContent = (error as Error).message;
    console.error(error);
  }
  bar.hidden = true;
  button.disabled = false;
});

async function run(): Promise<void> {
  bar.value = 0;
  bar.hidden = false;
  const onProgress = (done: number, total: number | undefined) => {
    if (total) bar.value = done / total;
  };
  status.textContent = "Reading the model …";
  ready ??= await load(onProgress);
  status.textContent = "Reading the texts …";
  const lines = texts.value.split("\n").filter((line) => line.trim());
  const { ranked, embedded } = await rank(ready.encoder, question.value, lines, ready.device, onProgress);
  find("ranked").replaceChildren(
    ...ranked.map(({ text, similarity }) => {
      const item = document.createElement("li");
      item.textContent = `${similarity.toFixed(3)} ${text}`;
      return item;
    }),
  );
  status.textContent = `${summary(embedded)}.`;
}

async function load(onProgress: (done: number, total: number | undefined) => void): Promise<NonNullable<typeof ready>> {
  const device = await requestDevice();
  try {
    return { encoder: await open(files.length ? folder(files) : await randomFolder(), { device, onProgress }), device };
  } catch (error) {
    device.destroy();
    throw error;
  }
}
