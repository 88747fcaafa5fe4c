import { type Comparison, compareRuns, matches, type Run } from "@tilewright/testing";
import { useMemo } from "preact/hooks";
import { FileButton } from "./file-button.tsx";
import { number } from "./format.ts";
import { Path } from "./path.tsx";
import type { Session } from "./session.ts";
import { Table } from "./table.tsx";

/** A saved run beside what the page holds, or beside a second saved one. */
export function Runs({ session, filter }: { session: Session; filter: string }) {
  const { loaded, runProblem, outcomes, measurements, running } = session.state;
  const [before, second] = loaded;
  // The page's own run changes in place: it is looked at again when one begins or ends, and as results come in.
  const held = outcomes.size + measurements.size;
  const after = useMemo(
    () => second ?? (before && held > 0 ? session.results() : undefined),
    [before, second, running === undefined, held],
  );
  return (
    <section class="card" aria-labelledby="runs-title">
      <header class="head">
        <h2 id="runs-title">Runs</h2>
      </header>
      <p class="faint">
        A run that was exported here, or written by <code>pnpm parity --json</code> or <code>pnpm bench --json</code>, beside this
        page's; or two of them beside each other.
      </p>
      <div class="tune-controls">
        <FileButton text="Load a run" label="Run to load" take={session.loadRun} />
        <button type="button" disabled={loaded.length === 0} onClick={session.forgetRuns}>
          Forget
        </button>
      </div>
      {runProblem && (
        <ul class="notes" aria-label="Why the run was not loaded">
          <li>{runProblem}</li>
        </ul>
      )}
      {before && (
        <Table label="The runs" heads={["Run", "Date", "Adapter", "Parity", "Throughput"]}>
          <Card title="Before" run={before} />
          {after && <Card title={second ? "After" : "This page"} run={after} />}
        </Table>
      )}
      {before && !after && <p class="empty">Run something, or load a second run, to compare it with.</p>}
      {before && after && <Differences before={before} after={after} filter={filter} />}
    </section>
  );
}

function Card({ title, run }: { title: string; run: Run }) {
  const { adapter, parity, bench, low, date } = run;
  return (
    <tr>
      <th scope="row">{title}</th>
      <td>{date.slice(0, 16).replace("T", " ")}</td>
      <td>
        {[adapter.vendor, adapter.architecture, adapter.description].filter(Boolean).join(", ")}
        {low && ", low profile"}
      </td>
      <td>{parity ? `${parity.passed} passed, ${parity.failed} failed, ${parity.skipped} skipped` : "no parity"}</td>
      <td>{bench ? `${bench.measurements.length} timed` : "nothing timed"}</td>
    </tr>
  );
}

const TONES: Readonly<Record<string, string>> = { passed: "good", failed: "bad" };

function Differences({ before, after, filter }: { before: Run; after: Run; filter: string }) {
  const all: Comparison = useMemo(() => compareRuns(before, after), [before, after]);
  const cases = all.cases.filter(({ path }) => matches(path, filter));
  const times = all.times.filter(({ path }) => matches(path, filter));
  return (
    <>
      {!all.sameAdapter && (
        <p class="reason">The two ran on different adapters or profiles: their times say nothing about the code.</p>
      )}
      <p>
        <b>{all.sameCases}</b> {all.sameCases === 1 ? "case" : "cases"} came out the same, <b>{cases.length}</b> otherwise;{" "}
        <b>{times.filter(({ differs }) => differs).length}</b> of <b>{times.length}</b> times differ by more than both spreads.
      </p>
      {cases.length > 0 && (
        <Table label="Cases that came out otherwise" heads={["Case", "Before", "After"]}>
          {cases.map((one) => (
            <tr key={one.path}>
              <th scope="row">
                <Path text={one.path} />
              </th>
              <td class={TONES[one.before] ?? "faint"}>{one.before}</td>
              <td class={TONES[one.after] ?? "faint"}>{one.after}</td>
            </tr>
          ))}
        </Table>
      )}
      {times.length > 0 && (
        <Table label="Times of both" heads={["Variant and size", "#ms before", "#ms after", "#After / before"]}>
          {times.map(({ path, before: then, after: now, ratio, differs }) => (
            <tr key={path}>
              <th scope="row">
                <Path text={path} />
              </th>
              <td class="num">{number(then)}</td>
              <td class="num">{number(now)}</td>
              <td class={`num ${differs ? (ratio < 1 ? "good" : "bad") : "faint"}`}>
                {number(ratio)} × {differs && (ratio < 1 ? "faster" : "slower")}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
