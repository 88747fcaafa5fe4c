// Races and their worker, apart from the looks: they stay while other tabs are seen.
import type { Race } from "@tilewright/rivals";
import type { Session } from "../session.ts";
import type { RivalsCommand, RivalsReport } from "./protocol.ts";

export function createContest(session: Session) {
  const races = new Map<string, Race>();
  const failures = new Map<string, string>();
  let worker: Worker | undefined;
  let ready = Promise.withResolvers<Extract<RivalsReport, { type: "ready" }>>();
  let waiting: PromiseWithResolvers<RivalsReport> | undefined;
  let heard = (_what: string): void => {};

  function open(): Worker {
    if (worker) return worker;
    worker = new Worker(new URL("./rivals-worker.ts", import.meta.url), { type: "module", name: "rivals" });
    worker.addEventListener("message", ({ data }: MessageEvent<RivalsReport>) => {
      if (data.type === "ready") ready.resolve(data);
      else if (data.type === "progress") heard(data.what);
      else waiting?.resolve(data);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      const error = new Error(event.message || "the worker could not be loaded");
      ready.reject(error);
      waiting?.reject(error);
      close();
    });
    return worker;
  }

  /** Ends the worker and with it all that the libraries hold. */
  function close(): void {
    worker?.terminate();
    worker = undefined;
    ready = Promise.withResolvers();
    ready.promise.catch(() => {}); // nobody may be waiting
  }

  function tell(command: RivalsCommand): Promise<RivalsReport> {
    waiting = Promise.withResolvers();
    open().postMessage(command);
    return waiting.promise;
  }

  return {
    races,
    failures,
    /** What can be raced, and whom against. */
    field() {
      open();
      return ready.promise;
    },
    run: (paths: readonly string[]): Promise<void> =>
      session.alongside("rivals", async (progress, signal) => {
        const stopped = () => {
          waiting?.reject(new Error("stopped"));
          close();
        };
        signal.addEventListener("abort", stopped);
        try {
          for (const [done, path] of paths.entries()) {
            races.delete(path);
            failures.delete(path);
            heard = (what) => void progress(done, paths.length, `${path} ${what}`);
            await progress(done, paths.length, path);
            signal.throwIfAborted();
            const report = await tell({ type: "race", path });
            if (report.type === "race") races.set(path, report.race);
            else if (report.type === "failed") failures.set(path, report.reason);
          }
        } catch (error) {
          if (!signal.aborted) throw error;
        } finally {
          signal.removeEventListener("abort", stopped);
        }
      }),
    async text(): Promise<string> {
      const report = await tell({ type: "text", races: [...races.values()] });
      return report.type === "text" ? report.text : "";
    },
  };
}

export type Contest = ReturnType<typeof createContest>;
