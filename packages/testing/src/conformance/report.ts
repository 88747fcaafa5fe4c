import type { AdapterCard } from "../device.ts";
import { number, table } from "../table.ts";
import { type CaseResult, noKernel } from "./run.ts";

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly unsupported: number;
}

/** The document of a conformance run. */
export interface ConformanceRun {
  readonly adapter: AdapterCard | "cpu";
  readonly totals: Totals;
  readonly ops: Readonly<Record<string, Totals & { readonly reasons: readonly string[] }>>;
  readonly cases: readonly CaseResult[];
}

function totalsOf(cases: readonly CaseResult[]): Totals {
  const totals = { passed: 0, failed: 0, unsupported: 0 };
  for (const { status } of cases) totals[status]++;
  return totals;
}

const reasonsOf = (cases: readonly CaseResult[]) => [
  ...new Set(cases.filter(({ status }) => status !== "passed").map(({ reason }) => reason ?? "")),
];

export function conformanceRun(adapter: AdapterCard | "cpu", cases: readonly CaseResult[]): ConformanceRun {
  const groups = Map.groupBy(cases, ({ file }) => file);
  const ops = Object.fromEntries([...groups].map(([file, mine]) => [file, { ...totalsOf(mine), reasons: reasonsOf(mine) }]));
  return { adapter, totals: totalsOf(cases), ops, cases };
}

/** A line an operator, then failures and the reasons of what is unsupported. */
export function conformanceTable({ ops, cases }: ConformanceRun): string {
  const rows = Object.entries(ops)
    .filter(([file, { reasons }]) => !reasons.includes(noKernel(file)))
    .map(([file, { passed, failed, unsupported }]) => {
      const worst = Math.max(0, ...cases.filter((c) => c.file === file && c.status !== "unsupported").map((c) => c.ratio));
      return [file, String(passed), String(failed), String(unsupported), number(worst)];
    });
  const failures = cases
    .filter(({ status }) => status === "failed")
    .map(({ file, name, reason }) => `FAILED ${file}/${name}\n       ${reason}`);
  const missing = Object.entries(ops).filter(([file, { reasons }]) => reasons.includes(noKernel(file)));
  const reasons = Object.entries(ops)
    .filter(([file, { reasons }]) => !reasons.includes(noKernel(file)))
    .flatMap(([file, { unsupported, reasons }]) => (unsupported ? [`unsupported in ${file}: ${reasons.join("; ")}`] : []));
  const widened = cases.filter((c) => c.widened).map(({ file, name }) => `${file}/${name}`);
  return [
    table(["operator", "passed", "failed", "unsupported", "worst error/tolerance"], rows),
    ...(missing.length > 0 ? [`no kernel yet: ${missing.map(([file]) => file).join(", ")}`] : []),
    ...reasons,
    ...(widened.length > 0
      ? [`the sum's own rounding was added to the tolerance of ${widened.length}: ${widened.join(", ")}`]
      : []),
    ...failures,
  ].join("\n");
}
