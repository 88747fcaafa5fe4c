import { translator } from "@tilewright/models";
import { requestDevice } from "@tilewright/runtime";
import { spell, speller } from "./spelling.ts";

const BEAMS = 3;

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const [status, button] = [find("status"), find<HTMLButtonElement>("spell")];

const ready = requestDevice().then(async (device) => translator(await speller(), { device, beams: BEAMS }));

find<HTMLFormElement>("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  status.className = "";
  status.textContent = "Spelling …";
  try {
    const reader = await ready;
    const began = performance.now();
    const found = await spell(reader, find<HTMLInputElement>("word").value);
    status.textContent = `The ${found.length} likeliest, in ${(performance.now() - began).toFixed(0)} ms:`;
    find("found").replaceChildren(
      ...found.map(({ words, probability }) => {
        const item = document.createElement("li");
        item.textContent = `${words} (probability ${probability.toPrecision(2)})`;
        return item;
      }),
    );
  } catch (error) {
    status.className = "wrong";
    status.textContent = (error as Error).message;
    console.error(error);
  }
  button.disabled = false;
});
