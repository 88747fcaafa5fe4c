import { requestDevice, tensor } from "@tilewright/runtime";
import { digitsOf } from "../nearest-digit/files.ts";
import { readIdx } from "../nearest-digit/idx.ts";
import type { Digits } from "../nearest-digit/nearest.ts";
import { network, recognise, summary } from "./digits.ts";
import { drawOn, pixelsOf } from "./sketch.ts";

const SHOWN = 24; // misread digits

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const sketch = find<HTMLCanvasElement>("sketch");
const reading = find("reading");
const bar = find<HTMLProgressElement>("progress");
const status = find("status");
const button = find<HTMLButtonElement>("recognise");

const ready = requestDevice().then(async (device) => ({
  device,
  model: await network(new URL("./weights.safetensors", import.meta.url)),
}));

/** Tells what goes wrong where it is looked for. */
async function telling(where: HTMLElement, work: () => Promise<void>): Promise<void> {
  where.className = "";
  try {
    await work();
  } catch (error) {
    where.className = "wrong";
    where.textContent = (error as Error).message;
    console.error(error);
  }
}

const read = () =>
  telling(reading, async () => {
    const { device, model } = await ready;
    const pixels = pixelsOf(sketch);
    if (!pixels) {
      reading.textContent = "Nothing is drawn yet.";
      return;
    }
    const { y } = await model.run({ x: tensor(Float32Array.from(pixels), [1, 1, 28, 28]) }, { device });
    const scores = Array.from(y.data, Number);
    const [first, second] = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
    reading.textContent = `That is a ${first}; if not, a ${second}.`;
  });

drawOn(sketch, read);
find("clear").addEventListener("click", () => {
  sketch.getContext("2d")!.clearRect(0, 0, sketch.width, sketch.height);
  void read();
});
void read();

find<HTMLFormElement>("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  await telling(status, async () => {
    const { device, model } = await ready;
    const files = [...find<HTMLInputElement>("files").files!];
    const idx = await Promise.all(files.map(async (file) => readIdx(file.name, new Uint8Array(await file.arrayBuffer()))));
    const digits = digitsOf(idx, "test");
    bar.hidden = false;
    const onProgress = (done: number, total: number) => {
      bar.value = done / total;
    };
    const outcome = await recognise(model, digits, device, { onProgress });
    status.textContent = summary(outcome);
    showMisread(digits, outcome.predicted);
  });
  bar.hidden = true;
  button.disabled = false;
});

function showMisread(digits: Digits, predicted: Uint8Array): void {
  const wrong = [...predicted.keys()].filter((i) => predicted[i] !== digits.labels[i]).slice(0, SHOWN);
  const items = wrong.map((i) => {
    const text = `${digits.labels[i]} read as ${predicted[i]}`;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [digits.columns, digits.rows];
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Digit ${i}, a ${text}`);
    const image = new ImageData(digits.columns, digits.rows);
    const pixels = digits.rows * digits.columns;
    for (let p = 0; p < pixels; p++) {
      const ink = 255 - digits.images[i * pixels + p]!;
      image.data.set([ink, ink, ink, 255], 4 * p);
    }
    canvas.getContext("2d")!.putImageData(image, 0, 0);
    const item = document.createElement("li");
    item.append(canvas, text);
    return item;
  });
  find("pairs").replaceChildren(...items);
  find("misread").hidden = items.length === 0;
}
