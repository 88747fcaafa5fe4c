import { matches, toText } from "@tilewright/testing";
import { writeAddress } from "./address.ts";
import { number } from "./format.ts";
import type { Session } from "./session.ts";
import type { Progress } from "./state.ts";
import type { Tab } from "./tabs.tsx";

interface Props {
  readonly session: Session;
  readonly filter: string;
  setFilter(filter: string): void;
  openTab(tab: Tab): void;
}

/** A run that fails says so in the page; nobody waits for its promise. */
export const start = (run: Promise<unknown>): void => void run.catch(() => {});

export function Controls({ session, filter, setFilter, openTab }: Props) {
  const { trials, running, phase, outcomes, measurements, low } = session.state;
  const idle = phase === "ready" && !running;
  const shown = trials.filter(({ path }) => matches(path, filter)).length;
  const setLow = (on: boolean) => {
    writeAddress("low", on ? "1" : "");
    void session.open(on);
  };
  const see = (tab: Tab, run: Promise<unknown>) => {
    start(run);
    openTab(tab);
  };
  return (
    <form class="controls" onSubmit={(event) => event.preventDefault()}>
      <div class="field">
        <label for="filter">Filter by case path</label>
        <input
          id="filter"
          type="search"
          value={filter}
          placeholder="matmul/staged/f32  or  m=512 transB"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-describedby="shown"
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        <span id="shown" class="faint">
          {number(shown, 6)} of {number(trials.length, 6)} cases
        </span>
      </div>
      <div class="buttons">
        <button type="button" class="main" disabled={!idle || shown === 0} onClick={() => see("parity", session.parity(filter))}>
          Run parity
        </button>
        <button type="button" class="main" disabled={!idle} onClick={() => see("throughput", session.bench(filter))}>
          Run throughput
        </button>
        <button
          type="button"
          disabled={!running || running.stopping || running.what === "tuning"}
          title="Tuning has a budget of time, and is not paused"
          onClick={() => session.pause(!running?.paused)}
        >
          {running?.paused ? "Go on" : "Pause"}
        </button>
        <button type="button" disabled={!running || running.stopping} onClick={session.stop}>
          {running?.stopping ? "Stopping …" : "Stop"}
        </button>
        <button
          type="button"
          disabled={!idle || outcomes.size + measurements.size === 0}
          onClick={() => download(...written(session))}
        >
          Export JSON
        </button>
        {canShare && (
          <button
            type="button"
            disabled={!idle || outcomes.size + measurements.size === 0}
            onClick={() => start(navigator.share({ files: [shared(...written(session))] }))}
          >
            Share
          </button>
        )}
        <label class="check" title="No f16, subgroups or immediates, and the smallest limits: what every WebGPU device has">
          <input type="checkbox" checked={low} disabled={!idle} onChange={(event) => setLow(event.currentTarget.checked)} />
          Low profile
        </label>
      </div>
      {running && <ProgressLine {...running} />}
    </form>
  );
}

const ProgressLine = ({ what, done, total, path, paused }: Progress) => (
  <div class="progress">
    <progress aria-label={`${what} progress`} max={total || 1} {...(total > 0 && { value: done })} />
    <span>
      {what} {total > 0 ? `${done} of ${total}` : "starting"}
      {paused && ", paused"}
    </span>
    <code>{path || (total === 0 && what === "throughput" ? "measuring this adapter's roofs" : "")}</code>
  </div>
);

/** The page's run as a file. */
function written(session: Session): [text: string, name: string] {
  const run = session.results();
  return [toText(run), `tilewright-${run.adapter.vendor || "gpu"}-${run.date.slice(0, 19).replaceAll(":", "")}.json`];
}

/** As text: few systems pass JSON files on. */
const shared = (text: string, name: string): File => new File([text], `${name}.txt`, { type: "text/plain" });
const canShare = navigator.canShare?.({ files: [shared("{}", "run.json")] }) ?? false;

/** Hands a document to the user. */
export function download(text: string, name: string, type = "application/json"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
