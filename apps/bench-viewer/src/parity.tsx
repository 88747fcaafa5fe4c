import { matches, type Outcome, tally } from "@tilewright/testing";
import { useEffect, useMemo, useState } from "preact/hooks";
import { start } from "./controls.tsx";
import { Failure } from "./failure.tsx";
import { number } from "./format.ts";
import type { Listed } from "./protocol.ts";
import { CaseTable, type CaseTools } from "./rows.tsx";
import type { Session } from "./session.ts";

interface Props {
  readonly session: Session;
  readonly filter: string;
  showShader(path: string): void;
}

const groupOf = ({ path }: Listed): string => path.split("/").slice(0, 3).join("/");

export function Parity({ session, filter, showShader }: Props) {
  const { trials, outcomes, running, phase } = session.state;
  const shown = useMemo(() => trials.filter(({ path }) => matches(path, filter)), [trials, filter]);
  const groups = useMemo(() => [...Map.groupBy(shown, groupOf)], [shown]);
  const drawn = useGrowing(groups.length);
  const done = shown.flatMap(({ path }) => outcomes.get(path) ?? []);
  const counts = tally(done);
  const failures = done.filter(({ status }) => status === "failed");
  const tools: CaseTools = {
    current: running?.what === "parity" ? running.path : "",
    idle: phase === "ready" && !running,
    rerun: (path) => start(session.parity("", path)),
    showShader,
  };
  return (
    <section class="card" aria-labelledby="parity-title">
      <header class="head">
        <h2 id="parity-title">Parity</h2>
        <p class="counts">
          <b class={counts.passed ? "good" : ""}>{counts.passed} passed</b>,{" "}
          <b class={counts.failed ? "bad" : ""}>{counts.failed} failed</b>, <b>{counts.skipped} skipped</b>
          <span class="faint"> of {shown.length}</span>
        </p>
      </header>
      <p class="faint">
        Each case runs twice on poisoned buffers and is compared, element by element, with a float64 reference. Error / bound of 1
        is the most that a correct evaluation in this precision may be off.
      </p>
      {failures.length > 0 && (
        <section aria-label="Failures" class="failures">
          {failures.map((outcome) => (
            <Failure key={outcome.path} outcome={outcome} tools={tools} />
          ))}
        </section>
      )}
      {shown.length === 0 && <p class="empty">No case matches this filter.</p>}
      <div class="groups">
        {groups.slice(0, drawn).map(([name, list]) => (
          <Group
            key={name}
            name={name}
            list={list}
            outcomes={outcomes}
            tools={tools}
            run={() => start(session.parity(`${name}/`))}
          />
        ))}
      </div>
    </section>
  );
}

const STEP = 40; // groups that are drawn at once

/** How many of `count` to draw: more in each turn, so that hundreds do not block the page. */
function useGrowing(count: number): number {
  const [drawn, grow] = useState(STEP);
  useEffect(() => {
    if (drawn >= count) return;
    const turn = setTimeout(() => grow(drawn + STEP));
    return () => clearTimeout(turn);
  }, [drawn, count]);
  return drawn;
}

interface GroupProps {
  readonly name: string;
  readonly list: readonly Listed[];
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly tools: CaseTools;
  run(): void;
}

/** One kernel, variant and dtype; its rows are drawn only while it is open. */
function Group({ name, list, outcomes, tools, run }: GroupProps) {
  const [open, setOpen] = useState(false);
  const done = list.flatMap(({ path }) => outcomes.get(path) ?? []);
  const { passed, failed, skipped } = tally(done);
  const ran = done.filter(({ status }) => status !== "skipped");
  const worst = Math.max(0, ...ran.map(({ ratio }) => ratio));
  const result = [(passed || !skipped) && `${passed} passed`, failed && `${failed} failed`, skipped && `${skipped} skipped`]
    .filter(Boolean)
    .join(", ");
  const busy = tools.current.startsWith(`${name}/`);
  return (
    <details class="group" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <code>{name}</code>
        <span class={failed ? "bad" : passed && passed + skipped === list.length ? "good" : "faint"}>
          {done.length === 0
            ? `${list.length} case${list.length === 1 ? "" : "s"}`
            : done.length < list.length
              ? `${result} of ${list.length}`
              : result}
          {busy && " …"}
        </span>
        <Ratio value={ran.length ? worst : undefined} />
      </summary>
      {open && (
        <>
          <CaseTable name={name} list={list} outcomes={outcomes} tools={tools} />
          <button type="button" class="small" disabled={!tools.idle} onClick={run}>
            Run this group
          </button>
        </>
      )}
    </details>
  );
}

/** error / bound as a number and as a bar whose full length is the bound. */
export function Ratio({ value }: { value: number | undefined }) {
  if (value === undefined) return <span class="ratio faint">–</span>;
  const style = { width: `${100 * Math.min(1, Number.isNaN(value) ? 1 : value)}%` };
  return (
    <span class="ratio" title="worst error / bound">
      <span class="bar" aria-hidden="true">
        <span class={value <= 1 ? "filled" : "filled over"} style={style} />
      </span>
      <span class="unseen">worst error / bound </span>
      {number(value, 2)}
    </span>
  );
}
