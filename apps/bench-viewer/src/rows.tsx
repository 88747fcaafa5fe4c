import type { Outcome } from "@tilewright/testing";
import { useMemo } from "preact/hooks";
import { exact, milliseconds } from "./format.ts";
import { Ratio } from "./parity.tsx";
import { Path } from "./path.tsx";
import type { Listed } from "./protocol.ts";

/** What a row may do. */
export interface CaseTools {
  /** The path that runs now. */
  readonly current: string;
  readonly idle: boolean;
  rerun(path: string): void;
  showShader(path: string): void;
}

interface TableProps {
  readonly name: string;
  readonly list: readonly Listed[];
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly tools: CaseTools;
}

export function CaseTable({ name, list, outcomes, tools }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section class="scroll" aria-label={`Cases of ${name}`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Case</th>
            <th scope="col">Result</th>
            <th scope="col">Error / bound</th>
            <th scope="col">Worst element</th>
            <th scope="col" class="num">
              Time
            </th>
            <th scope="col">
              <span class="unseen">Tools</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map((trial) => (
            <Row
              key={trial.path}
              trial={trial}
              outcome={outcomes.get(trial.path)}
              busy={tools.current === trial.path}
              tools={tools}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface RowProps {
  readonly trial: Listed;
  readonly outcome: Outcome | undefined;
  readonly busy: boolean;
  readonly tools: CaseTools;
}

function Row({ trial: { path, skip }, outcome, busy, tools }: RowProps) {
  const { idle, rerun, showShader } = tools;
  // The same element again lets the row be left alone: hundreds stand here while a run goes on. The functions never change what they do.
  return useMemo(
    () => (
      <tr>
        <th scope="row">
          <Path text={path.split("/").slice(3).join("/")} />
        </th>
        <td>
          <Status status={busy ? "running" : (outcome?.status ?? "")} />
        </td>
        <td>{outcome && outcome.status !== "skipped" ? <Ratio value={outcome.ratio} /> : null}</td>
        <td class="what">{describe(outcome) ?? (skip && `cannot run here: ${skip}`)}</td>
        <td class="num">{outcome && outcome.status !== "skipped" ? milliseconds(outcome.ms) : ""}</td>
        <td class="tools">
          <button type="button" class="small" disabled={!idle} aria-label={`Run ${path}`} onClick={() => rerun(path)}>
            {outcome ? "Rerun" : "Run"}
          </button>
          {!skip && (
            <button type="button" class="small" aria-label={`WGSL of ${path}`} onClick={() => showShader(path)}>
              WGSL
            </button>
          )}
        </td>
      </tr>
    ),
    [path, skip, outcome, busy, idle],
  );
}

const SIGNS: Readonly<Record<string, string>> = {
  passed: "✓ passed",
  failed: "✗ failed",
  skipped: "– skipped",
  running: "… running",
};
const TONES: Readonly<Record<string, string>> = { passed: "good", failed: "bad" };

const Status = ({ status }: { status: string }) => <span class={TONES[status] ?? "faint"}>{SIGNS[status]}</span>;

function describe(outcome: Outcome | undefined): string | undefined {
  if (!outcome) return undefined;
  if (outcome.status !== "passed") return outcome.reason;
  if (!outcome.worst) return "exact";
  const { operand, index, got, expected } = outcome.worst;
  return `${operand}[${index}] is ${exact(got)}, expected ${exact(expected)}`;
}
