import { requestDevice } from "@tilewright/runtime";
import { assemble } from "./files.ts";
import { readIdx } from "./idx.ts";
import { classify, type Digits, type Outcome, show, summary, take } from "./nearest.ts";

const SHOWN = 12; // misread digits

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const form = find<HTMLFormElement>("form");
const files = find<HTMLInputElement>("files");
const limit = find<HTMLInputElement>("limit");
const button = find<HTMLButtonElement>("classify");
const bar = find<HTMLProgressElement>("progress");
const status = find<HTMLParagraphElement>("status");
const misread = find<HTMLElement>("misread");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  misread.hidden = true;
  status.className = "";
  status.textContent = "Reading the files …";
  try {
    await run([...files.files!], limit.value === "" ? Number.POSITIVE_INFINITY : limit.valueAsNumber);
  } catch (error) {
    status.className = "wrong";
    status.textContent = (error as Error).message;
    console.error(error);
  }
  bar.hidden = true;
  button.disabled = false;
});

async function run(chosen: readonly File[], most: number): Promise<void> {
  const { train, test: all } = assemble(
    await Promise.all(chosen.map(async (file) => readIdx(file.name, new Uint8Array(await file.arrayBuffer())))),
  );
  const test = take(all, most);
  status.textContent = `Comparing ${show(test.count)} test digits with ${show(train.count)} training digits …`;
  bar.value = 0;
  bar.hidden = false;
  const device = await requestDevice();
  try {
    const onProgress = (done: number, total: number) => {
      bar.value = done / total;
    };
    const outcome = await classify(train, test, device, { onProgress });
    status.textContent = `${summary(outcome)} (after ${show(outcome.setUp)} s of set-up).`;
    showMisread(train, test, outcome);
  } finally {
    device.destroy();
  }
}

/** The first digits that were read wrong, each with the training digit that misled. */
function showMisread(train: Digits, test: Digits, { nearest, predicted }: Outcome): void {
  const wrong = [...predicted.keys()].filter((i) => predicted[i] !== test.labels[i]).slice(0, SHOWN);
  const items = wrong.map((i) => {
    const text = `${test.labels[i]} read as ${predicted[i]}`;
    const canvas = document.createElement("canvas");
    canvas.width = 2 * test.columns + 2;
    canvas.height = test.rows;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Test digit ${i}, a ${text}, beside training digit ${nearest[i]}`);
    const context = canvas.getContext("2d")!;
    context.putImageData(picture(test, i), 0, 0);
    context.putImageData(picture(train, nearest[i]!), test.columns + 2, 0);
    const item = document.createElement("li");
    item.append(canvas, text);
    return item;
  });
  find("pairs").replaceChildren(...items);
  misread.hidden = items.length === 0;
}

/** One digit as it was written: dark ink on white. */
function picture({ rows, columns, images }: Digits, index: number): ImageData {
  const image = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    const ink = 255 - images[index * rows * columns + i]!;
    image.data.set([ink, ink, ink, 255], 4 * i);
  }
  return image;
}
