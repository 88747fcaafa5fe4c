// The models' side: digits and texts on a device of their own.
import { load } from "@tilewright/models";
import { LOW_PROFILE, maskCaps, requestDevice, tensor } from "@tilewright/runtime";
import { digits, MAPS, scaled } from "./digits.ts";
import type { FeatureMaps, ModelsAnswers, ModelsCommand, ModelsQuestion, ModelsReport } from "./protocol.ts";
import { openTexts, type Texts } from "./texts.ts";

const say = (report: ModelsReport): void => postMessage(report);

const opened = Promise.withResolvers<boolean>();
const device = opened.promise.then(async (low) => {
  const made = await requestDevice();
  if (low) maskCaps(made, LOW_PROFILE);
  void made.lost.then(({ reason, message }) => say({ type: "lost", message: message || String(reason) }));
  return made;
});
device.catch(() => {}); // said to whoever asks

const reader = digits();
let weights: Promise<void> | undefined;
let texts: Promise<Texts> | undefined;
let stop = new AbortController();

async function readDigit(ink: Uint8Array): Promise<ModelsAnswers["digit"]> {
  await (weights ??= load(reader, new URL("./digits.safetensors", import.meta.url)));
  const on = await device;
  const start = performance.now();
  const { y, ...maps } = await reader.run({ x: tensor(scaled(ink), [1, 1, 28, 28]) }, { device: on });
  const ms = performance.now() - start;
  const map = (name: (typeof MAPS)[number]): FeatureMaps => ({
    name,
    shape: maps[name].shape.slice(1),
    data: Float32Array.from(maps[name].data),
  });
  return { probabilities: Array.from(y.data), maps: MAPS.map(map), ms };
}

async function answerTo(question: ModelsQuestion): Promise<ModelsAnswers[keyof ModelsAnswers]> {
  if (question.about === "digit") return readDigit(question.ink);
  const on = await device;
  if (question.about === "use") {
    const fresh = openTexts(on, question.files);
    const old = texts;
    const { about } = await fresh;
    texts = fresh; // only now: files that do not fit leave the old model
    void old?.then((one) => one.destroy());
    return about;
  }
  texts ??= openTexts(on, undefined);
  const model = await texts;
  if (question.about === "attention") return model.attention(question.text);
  stop = new AbortController();
  return model.write(question.prompt, question.how, stop.signal, (text) => say({ type: "text", text }));
}

addEventListener("message", async ({ data }: MessageEvent<ModelsCommand>) => {
  if (data.type === "open") opened.resolve(data.low);
  else if (data.type === "stop") stop.abort();
  else {
    try {
      say({ type: "answer", id: data.id, answer: await answerTo(data.question) });
    } catch (error) {
      say({ type: "answer", id: data.id, error: (error as Error).message });
    }
  }
});
