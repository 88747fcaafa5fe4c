import { showTile } from "@tilewright/runtime";
import type { Timed, TuneEntry } from "@tilewright/runtime/tune";
import { matches, SIZE_BUDGET_MS, type TunedSize } from "@tilewright/testing";
import { useState } from "preact/hooks";
import { ChartBox } from "./chart-box.tsx";
import { download, start } from "./controls.tsx";
import { FileButton } from "./file-button.tsx";
import { number } from "./format.ts";
import type { HeatMap } from "./heatmap.ts";
import type { Session } from "./session.ts";

export function Tune({ session, filter }: { session: Session; filter: string }) {
  const { kept, running, using, notes } = session.state;
  const rows = Object.entries(kept.table?.kernels ?? {}).flatMap(([kernel, byTypes]) =>
    Object.entries(byTypes).flatMap(([types, list]) => list.map((entry) => ({ kernel, types, entry }))),
  );
  const shown = kept.sizes.filter(({ kernel, size }) => matches(`${kernel}/${size}`, variantless(filter)));
  const busy = running?.what === "tuning";
  return (
    <section class="card" aria-labelledby="tune-title">
      <header class="head">
        <h2 id="tune-title">Tune</h2>
        <p class="counts">
          <b>{rows.length}</b> {rows.length === 1 ? "entry" : "entries"} kept,{" "}
          <b class={using ? "good" : ""}>{using ? "in use" : "not in use"}</b>
        </p>
      </header>
      <p class="faint">
        Which variant and tile is fastest on this adapter, at the benchmark's sizes that match the filter: what is wrong is thrown
        out, the rest is timed in turns, half of them in each round. The table is kept in this browser, for this adapter.
      </p>
      <Buttons session={session} filter={filter} entries={rows.length} />
      {notes.length > 0 && (
        <ul class="notes" aria-label="Notes on the tune table">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {rows.length + shown.length === 0 && (
        <p class="empty">
          {busy ? "Tuning …" : "Tune to find the fastest, or import a table that pnpm tune wrote on this adapter."}
        </p>
      )}
      {[...Map.groupBy(shown, ({ kernel }) => kernel)].map(([kernel, sizes]) => (
        <Heat key={kernel} kernel={kernel} sizes={sizes} />
      ))}
      {rows.length > 0 && <Entries rows={rows} />}
      <ThrownOut sizes={shown} />
    </section>
  );
}

/** A filter names cases; sizes have no variant in their path. */
const variantless = (filter: string): string =>
  filter
    .split(/\s+/)
    .filter((part) => !part.includes("/"))
    .join(" ");

function Buttons({ session, filter, entries }: { session: Session; filter: string; entries: number }) {
  const { kept, running, phase, adapter } = session.state;
  const [seconds, setSeconds] = useState("");
  const idle = phase === "ready" && !running;
  const budget = Number(seconds) > 0 ? 1000 * Number(seconds) : undefined;
  const busy = running?.what === "tuning";
  return (
    <div class="tune-controls">
      <label class="number">
        Seconds, for all sizes
        <input
          type="number"
          min="1"
          step="1"
          inputMode="numeric"
          value={seconds}
          placeholder={`${SIZE_BUDGET_MS / 1000} each`}
          onInput={(event) => setSeconds(event.currentTarget.value)}
        />
      </label>
      {busy ? (
        <button type="button" class="main" disabled={running.stopping} onClick={session.stop}>
          {running.stopping ? "Stopping …" : "Stop tuning"}
        </button>
      ) : (
        <button type="button" class="main" disabled={!idle} onClick={() => start(session.tune(filter, budget))}>
          Tune
        </button>
      )}
      <button
        type="button"
        disabled={!idle || entries === 0}
        title="Plans, and with them Run throughput, go by the table"
        onClick={() => start(session.applyTuning(!kept.applied))}
      >
        {kept.applied ? "Do not apply" : "Apply"}
      </button>
      <button
        type="button"
        disabled={!idle || (entries === 0 && kept.sizes.length === 0)}
        onClick={() => start(session.resetTuning())}
      >
        Reset
      </button>
      <button
        type="button"
        disabled={entries === 0}
        onClick={() => download(`${JSON.stringify(kept.table, null, 1)}\n`, `tilewright-tuning-${adapter?.vendor || "gpu"}.json`)}
      >
        Export table
      </button>
      <FileButton text="Import table" label="Tune table to import" disabled={!idle} take={session.importTuning} />
    </div>
  );
}

const Heat = ({ kernel, sizes }: { kernel: string; sizes: readonly TunedSize[] }) => (
  <figure class="heat">
    <figcaption>
      {kernel}: milliseconds of every candidate{" "}
      <span class="faint">★ in the table; stronger: nearer to the best of its size; ~ from a single run</span>
    </figcaption>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
    <section class="scroll" aria-label={`Heat map of ${kernel}`} tabIndex={0}>
      <ChartBox<HeatMap>
        load={async (box) => (await import("./heatmap.ts")).createHeatMap(box)}
        show={(map) => map.show(sizes)}
        drawn={sizes.map(({ size, took }) => `${size} ${took}`).join()}
        label={`Milliseconds of each variant and tile of ${kernel} at ${sizes.length} sizes; the table below has the winners`}
      />
    </section>
  </figure>
);

interface Row {
  readonly kernel: string;
  readonly types: string;
  readonly entry: TuneEntry;
}

const HEADS = ["Kernel", "Bucket", "Own choice", "ms", "Tuned", "ms", "Gain"];

const Entries = ({ rows }: { rows: readonly Row[] }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
  <section class="scroll" aria-label="Tune table" tabIndex={0}>
    <table>
      <thead>
        <tr>
          {HEADS.map((head, i) => (
            <th key={`${head}${i}`} scope="col" class={head === "ms" || head === "Gain" ? "num" : ""}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ kernel, types, entry }) => (
          <tr key={`${kernel} ${types} ${JSON.stringify(entry.bucket)}`}>
            <td>{kernel}</td>
            <th scope="row">
              <code>{bucketText(types, entry)}</code>
            </th>
            <Choice pick={entry.standard} />
            <Choice pick={entry} />
            <Gain entry={entry} />
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

const Choice = ({ pick }: { pick: Timed | undefined }) => (
  <>
    <td>
      {pick ? (
        <>
          <span class="name">{pick.variant}</span> <span class="faint">{showTile(pick.tile)}</span>
        </>
      ) : (
        <span class="faint">none that is right</span>
      )}
    </td>
    <td class="num">{pick ? number(pick.ms) : ""}</td>
  </>
);

const same = (a: Timed, b: Timed | undefined): boolean => a.variant === b?.variant && showTile(a.tile) === showTile(b.tile);

function Gain({ entry }: { entry: TuneEntry }) {
  const { standard } = entry;
  if (!standard) return <td class="num" />;
  if (same(entry, standard)) return <td class="num faint">same</td>;
  return <td class="num good">{number(standard.ms / entry.ms)} ×</td>;
}

/** `f32,f32,f32 m=512 n=512 k=512 vecA vecB` */
function bucketText(types: string, { bucket }: TuneEntry): string {
  const parts = Object.entries(bucket).map(([key, value]) => (value === true ? key : `${key}=${value}`));
  return [types, ...parts].join(" ");
}

/** What was wrong or did not run, and sizes that got no entry. */
function ThrownOut({ sizes }: { sizes: readonly TunedSize[] }) {
  const lines = sizes.flatMap(({ kernel, size, tried, reason }) => [
    ...(reason ? [`${kernel}/${size}: ${reason}`] : []),
    ...tried
      .filter(({ status }) => status === "wrong" || status === "failed")
      .map((one) => `${kernel}/${one.variant} ${showTile(one.tile)} at ${size} ${one.status}: ${one.reason}`),
  ]);
  if (lines.length === 0) return null;
  return (
    <ul class="notes" aria-label="Thrown out and undecided">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}
