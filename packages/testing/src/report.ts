import type { Bench, Measurement } from "./bench.ts";
import type { AdapterCard } from "./device.ts";
import type { Outcome } from "./parity.ts";
import { number, table } from "./table.ts";

/** What a run leaves: the viewer, `pnpm parity` and `pnpm bench` write the same document. */
export interface Run {
  readonly schema: "tilewright-run/1";
  readonly date: string;
  readonly host: string;
  readonly adapter: AdapterCard;
  /** The device was masked to what every WebGPU device has. */
  readonly low: boolean;
  readonly parity?: {
    readonly passed: number;
    readonly failed: number;
    readonly skipped: number;
    readonly outcomes: readonly Outcome[];
  };
  readonly bench?: Bench;
}

/** What was measured, as the document that is kept. */
export function makeRun(who: Pick<Run, "host" | "adapter" | "low">, outcomes: readonly Outcome[] = [], bench?: Bench): Run {
  return {
    schema: "tilewright-run/1",
    date: new Date().toISOString(),
    ...who,
    ...(outcomes.length > 0 && { parity: { ...tally(outcomes), outcomes } }),
    ...(bench && { bench }),
  };
}

export function tally(outcomes: readonly Outcome[]): { passed: number; failed: number; skipped: number } {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { status } of outcomes) counts[status]++;
  return counts;
}

/** Per kernel, variant and dtype: how many passed, and how near the worst came to its bound. Failures follow, each with its element. */
export function parityTable(outcomes: readonly Outcome[]): string {
  const groups = Map.groupBy(outcomes, ({ path }) => path.split("/").slice(0, 3).join("/"));
  const rows = [...groups].map(([group, all]) => {
    const { passed, failed, skipped } = tally(all);
    const ran = all.filter(({ status }) => status !== "skipped");
    return [group, String(passed), String(failed), String(skipped), number(Math.max(0, ...ran.map(({ ratio }) => ratio)))];
  });
  const failures = outcomes
    .filter(({ status }) => status === "failed")
    .map(({ path, reason }) => `FAILED ${path}\n       ${reason}`);
  const skips = Map.groupBy(
    outcomes.filter(({ status }) => status === "skipped"),
    ({ reason }) => reason,
  );
  const skipped = [...skips].map(([reason, all]) => `skipped ${all.length}: ${reason}`);
  return [
    table(["kernel/variant/dtype", "passed", "failed", "skipped", "worst error/bound"], rows),
    ...skipped,
    ...failures,
  ].join("\n");
}

/** Every variant at every size; `*` marks the kernel's own choice. */
export function benchTable({ roofs, replayUs, measurements, failures, leftOut }: Bench): string {
  const sorted = [...measurements].sort((a, b) => (a.size === b.size ? a.ms - b.ms : 0));
  const rows = sorted.map((m: Measurement) => [
    m.kernel,
    m.size,
    `${m.variant} ${m.tile}${m.chosen ? " *" : ""}`,
    m.ms.toFixed(2),
    `${(100 * m.spread).toFixed(0)} %`,
    number(m.gflops),
    number(m.gbps),
    m.roof.toFixed(0),
    m.cold ? m.compileMs.toFixed(0) : "warm",
    m.firstMs.toFixed(0),
  ]);
  const slow = leftOut.map(({ path, reason }) => `left out ${path}: ${reason}`);
  const wrong = failures.map(({ path, reason }) => `FAILED ${path}\n       ${reason}`);
  return [
    `measured roofs: ${number(roofs.gflops)} GFLOP/s multiply-add, ${number(roofs.gbps)} GB/s copy; a replayed dispatch costs ${number(replayUs)} µs of JavaScript`,
    "* the kernel's own choice; % roof: of the nearer ceiling; compile: making the pipeline; first: the first run after it (drivers compile there too), both cold but where an earlier size had the same text (warm)",
    table(["kernel", "size", "variant", "ms", "spread", "GFLOP/s", "GB/s", "% roof", "compile ms", "first ms"], rows),
    ...slow,
    ...wrong,
  ].join("\n");
}
