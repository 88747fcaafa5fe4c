// The models' worker as the page sees it; it stays while other tabs are seen.
import type { ModelsAnswers, ModelsCommand, ModelsQuestion, ModelsReport } from "./protocol.ts";

export function createDesk(low: () => boolean) {
  let worker: Worker | undefined;
  let asLow = false;
  let ids = 0;
  const asked = new Map<number, PromiseWithResolvers<unknown>>();
  const desk = {
    /** Why the device or the worker is gone. */
    lost: "",
    onChange: (): void => {},
    onText: (_text: string): void => {},
    /** @throws Error that says why there is no answer */
    ask<Q extends ModelsQuestion>(question: Q): Promise<ModelsAnswers[Q["about"]]> {
      const id = ids++;
      const waiting = Promise.withResolvers<unknown>();
      asked.set(id, waiting);
      const command: ModelsCommand = { type: "ask", id, question };
      open().postMessage(command);
      return waiting.promise as Promise<ModelsAnswers[Q["about"]]>;
    },
    stop: (): void => worker?.postMessage({ type: "stop" } satisfies ModelsCommand),
    /** A fresh worker and device at the next question. */
    restart(): void {
      close("restarted");
      desk.lost = "";
      desk.onChange();
    },
  };

  function open(): Worker {
    if (worker && asLow !== low()) close("the device changed");
    if (worker) return worker;
    asLow = low();
    worker = new Worker(new URL("./models-worker.ts", import.meta.url), { type: "module", name: "models" });
    worker.postMessage({ type: "open", low: asLow } satisfies ModelsCommand);
    worker.addEventListener("message", ({ data }: MessageEvent<ModelsReport>) => {
      if (data.type === "text") desk.onText(data.text);
      else if (data.type === "lost") lose(data.message);
      else {
        if (data.error === undefined) asked.get(data.id)?.resolve(data.answer);
        else asked.get(data.id)?.reject(new Error(data.error));
        asked.delete(data.id);
      }
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      lose(event.message || "the worker could not be loaded");
    });
    return worker;
  }

  function lose(message: string): void {
    close(message);
    desk.lost = message;
    desk.onChange();
  }

  function close(why: string): void {
    worker?.terminate();
    worker = undefined;
    for (const { reject } of asked.values()) reject(new Error(why));
    asked.clear();
  }

  return desk;
}

export type Desk = ReturnType<typeof createDesk>;
