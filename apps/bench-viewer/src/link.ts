// The worker that has the device, as the page talks to it.
import type { Answers, Command, Question, Report } from "./protocol.ts";

/**
 * @param heard what it reports, but for answers
 * @param lost it ended by itself; the next `start` makes another
 */
export function createLink(heard: (report: Exclude<Report, { type: "answer" }>) => void, lost: (message: string) => void) {
  const asked = new Map<number, PromiseWithResolvers<unknown>>();
  let questions = 0;
  let worker: Worker | undefined;

  function hear(report: Report): void {
    if (report.type !== "answer") {
      heard(report);
      return;
    }
    const { error, answer, id } = report;
    if (error === undefined) asked.get(id)?.resolve(answer);
    else asked.get(id)?.reject(new Error(error));
    asked.delete(id);
  }
  const tell = (command: Command) => worker?.postMessage(command);

  return {
    /** Unless it runs. */
    start(): void {
      if (worker) return;
      worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "tilewright" });
      worker.addEventListener("message", ({ data }: MessageEvent<Report>) => hear(data));
      worker.addEventListener("error", (event) => {
        event.preventDefault();
        worker?.terminate();
        worker = undefined;
        lost(event.message || "the worker could not be loaded");
      });
    },
    tell,
    /** @throws Error that says why there is no answer */
    ask<Q extends Question>(question: Q): Promise<Answers[Q["about"]]> {
      const id = questions++;
      const waiting = Promise.withResolvers<unknown>();
      asked.set(id, waiting);
      tell({ type: "ask", id, question });
      return waiting.promise as Promise<Answers[Q["about"]]>;
    },
    /** Nothing that was asked is answered any more. */
    refuse(message: string): void {
      for (const { reject } of asked.values()) reject(new Error(message));
      asked.clear();
    },
  };
}
