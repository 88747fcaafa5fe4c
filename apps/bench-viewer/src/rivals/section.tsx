import type { Entry, Race } from "@tilewright/rivals";
import { matches } from "@tilewright/testing";
import { useEffect, useState } from "preact/hooks";
import { ChartBox } from "../chart-box.tsx";
import { download, start } from "../controls.tsx";
import { number } from "../format.ts";
import { Path } from "../path.tsx";
import type { Session } from "../session.ts";
import { Table } from "../table.tsx";
import type { Ratios } from "./chart.ts";
import { type Contest, createContest } from "./contest.ts";

let kept: Contest | undefined; // one a page: its results stay while other tabs are seen

export function Rivals({ session, filter }: { session: Session; filter: string }) {
  const contest = (kept ??= createContest(session));
  const [field, setField] = useState<{ paths: readonly string[]; rivals: readonly string[] }>();
  const [problem, say] = useState("");
  useEffect(
    () =>
      void contest.field().then(setField, (error: Error) => {
        say(error.message);
      }),
    [contest],
  );
  const shown = field?.paths.filter((path) => matches(path, filter)) ?? [];
  const idle = session.state.phase === "ready" && !session.state.running;
  const races = shown.flatMap((path) => contest.races.get(path) ?? []);
  return (
    <section class="card" aria-labelledby="rivals-title">
      <header class="head">
        <h2 id="rivals-title">Rivals</h2>
      </header>
      <p class="faint">
        The same calls by {field?.rivals.join(", ") ?? "tfjs, ONNX Runtime Web and jax-js"}: each on its own device, on the same
        numbers, timed in turns in this page, and every result held against our reference. They come from this site when a race
        first needs them, about 30 MB.
      </p>
      {session.state.low && <p class="faint">Everyone asks for a device of their own here: the low profile does not apply.</p>}
      {problem && <p class="bad">{problem}</p>}
      <div class="tune-controls">
        <button type="button" class="main" disabled={!idle || shown.length === 0} onClick={() => start(contest.run(shown))}>
          Race {shown.length} {shown.length === 1 ? "size" : "sizes"}
        </button>
        <button
          type="button"
          disabled={!idle || races.length === 0}
          onClick={() => start(contest.text().then((text) => download(text, "tilewright-rivals.json")))}
        >
          Export races
        </button>
        {!filter && <span class="faint">The filter above chooses fewer: all of them take a while.</span>}
      </div>
      {races.length > 0 && <Pictures races={races} />}
      {field && shown.length === 0 && <p class="empty">No size matches this filter.</p>}
      <Sizes contest={contest} paths={shown} idle={idle} />
    </section>
  );
}

const Pictures = ({ races }: { races: readonly Race[] }) => (
  <figure class="heat">
    <figcaption>
      Their time over ours <span class="faint">logarithmic; right of 1 they take longer; hollow: a wrong result</span>
    </figcaption>
    <ChartBox<Ratios>
      load={async (box) => (await import("./chart.ts")).createRatios(box)}
      show={(chart) => chart.show(races)}
      drawn={races.map(({ path, entries }) => `${path} ${entries.map(({ ms }) => ms)}`).join()}
      label="Time of each rival over ours, by size; the table below has the numbers"
    />
  </figure>
);

interface SizesProps {
  readonly contest: Contest;
  readonly paths: readonly string[];
  readonly idle: boolean;
}

const Sizes = ({ contest, paths, idle }: SizesProps) => (
  <Table label="Races" heads={["Size", "Who", "#ms", "#Spread", "#× ours", "#First call ms", "Result", ""]}>
    {paths.map((path) => {
      const race = contest.races.get(path);
      const failure = contest.failures.get(path);
      const again = (
        <button
          type="button"
          class="small"
          disabled={!idle}
          aria-label={`Race ${path}`}
          onClick={() => start(contest.run([path]))}
        >
          {race ? "Again" : "Race"}
        </button>
      );
      const entries = race?.entries ?? [undefined];
      return entries.map((entry, i) => (
        <tr key={`${path} ${entry?.name}`}>
          {i === 0 && (
            <th scope="rowgroup" rowSpan={entries.length}>
              <Path text={path.replace("/*/", "/")} />
            </th>
          )}
          {entry ? (
            <Numbers entry={entry} ours={race!.entries[0]!.ms} />
          ) : (
            <td colSpan={6}>{failure && <span class="bad">✗ {failure}</span>}</td>
          )}
          {i === 0 && (
            <td class="tools" rowSpan={entries.length}>
              {again}
            </td>
          )}
        </tr>
      ));
    })}
  </Table>
);

const some = (x: number | undefined): string => (x === undefined ? "" : number(x));

function Numbers({ entry, ours }: { entry: Entry; ours: number | undefined }) {
  const { name, version, ms, spread, firstMs } = entry;
  const ratio = ms === undefined || ours === undefined ? undefined : ms / ours;
  return (
    <>
      <td>
        <span class="name">{name}</span> <span class="faint">{version}</span>
      </td>
      <td class="num">{some(ms)}</td>
      <td class="num faint">{spread === undefined ? "" : `${(100 * spread).toFixed(0)} %`}</td>
      <td class={`num ${ratio === undefined || ratio === 1 ? "faint" : ratio > 1 ? "good" : "bad"}`}>{some(ratio)}</td>
      <td class="num faint">{some(firstMs)}</td>
      <Verdict entry={entry} />
    </>
  );
}

function Verdict({ entry: { status, error, reason, note } }: { entry: Entry }) {
  if (status === "right")
    return (
      <td class="what">
        <span class="good">✓ right</span>{" "}
        <span class="faint">
          {number(error ?? 0, 2)} of the bound{note && `; ${note}`}
        </span>
      </td>
    );
  if (status === "wrong")
    return (
      <td class="what">
        <span class="bad">✗ WRONG, {number(error ?? 0, 2)} times the bound</span> <span class="faint">{reason}</span>
      </td>
    );
  const words = { unchecked: "not checked: the reference takes too long", unable: "does not do this", failed: "✗ failed" };
  return (
    <td class="what">
      <span class={status === "failed" ? "bad" : "faint"}>{words[status]}</span> <span class="faint">{reason}</span>
    </td>
  );
}
