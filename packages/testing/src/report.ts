import { showTile } from "@tilewright/runtime";
import type { Timed } from "@tilewright/runtime/tune";
import type { Bench, Measurement } from "./bench.ts";
import type { AdapterCard } from "./device.ts";
import type { Outcome } from "./parity.ts";
import { number, table } from "./table.ts";
import { gainOf, type TuneRun } from "./tuning.ts";

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
    `measured roofs: ${number(roofs.gflops)} GFLOP/s multiply-add${roofs.gflops16 ? ` (f16: ${number(roofs.gflops16)})` : ""}, ${number(roofs.gbps)} GB/s copy; a replayed dispatch costs ${number(replayUs)} µs of JavaScript`,
    "* the kernel's own choice; % roof: of the nearer ceiling; compile: making the pipeline; first: the first run after it (drivers compile there too), both cold but where an earlier size had the same text (warm)",
    table(["kernel", "size", "variant", "ms", "spread", "GFLOP/s", "GB/s", "% roof", "compile ms", "first ms"], rows),
    ...slow,
    ...wrong,
  ].join("\n");
}

/** The kernel's own choice and the tuned one at every size, timed in one run each, and what was thrown out. */
export function tuneTable({ sizes }: TuneRun): string {
  const named = (pick: Timed | undefined) => (pick ? [`${pick.variant} ${showTile(pick.tile)}`, pick.ms.toFixed(3)] : ["-", "-"]);
  const rows = sizes.map((one) => {
    const gain = gainOf(one);
    const ran = one.tried.filter(({ ms }) => ms !== undefined).length;
    const able = one.tried.filter(({ status }) => status !== "pruned").length;
    return [
      one.kernel,
      one.size,
      ...named(one.entry?.standard),
      ...named(one.entry),
      gain ? `${gain.toFixed(2)}x` : "-",
      `${ran} of ${able}`,
    ];
  });
  const bad = sizes.flatMap(({ kernel, size, tried }) =>
    tried
      .filter(({ status }) => status === "wrong" || status === "failed")
      .map(
        ({ variant, tile, status, reason }) =>
          `THROWN OUT ${kernel}/${variant} ${showTile(tile)} at ${size}, ${status}: ${reason}`,
      ),
  );
  const none = sizes.flatMap(({ kernel, size, reason }) => (reason ? [`no entry for ${kernel}/${size}: ${reason}`] : []));
  return [
    table(["kernel", "size", "default", "ms", "tuned", "ms", "gain", "ran"], rows),
    "medians of the last round, default and tuned in turns; a gain of 3 % or less counts as none; ran: candidates left after pruning by adapter class",
    ...none,
    ...bad,
  ].join("\n");
}
