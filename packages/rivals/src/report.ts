import { type AdapterCard, number, table } from "@tilewright/testing";
import type { Entry, Race } from "./race.ts";

/** What a run leaves. */
export interface RivalsRun {
  readonly schema: "tilewright-rivals/1";
  readonly date: string;
  readonly host: string;
  readonly adapter: AdapterCard | undefined;
  readonly races: readonly Race[];
}

export const makeRivalsRun = (host: string, races: readonly Race[]): RivalsRun => ({
  schema: "tilewright-rivals/1",
  date: new Date().toISOString(),
  host,
  adapter: races[0]?.adapter,
  races,
});

const STATUS: Readonly<Record<Entry["status"], string>> = {
  right: "right",
  wrong: "WRONG",
  unchecked: "not checked",
  unable: "does not do this",
  failed: "FAILED",
};

const some = (x: number | undefined, digits = 3): string => (x === undefined ? "" : number(x, digits));

/** A contestant a row, sizes in groups; `times` is its milliseconds over ours. */
export function rivalsTable(races: readonly Race[]): string {
  const rows = races.flatMap(({ kernel, size, entries }) =>
    entries.map((entry, i) => {
      const { name, version, ms, min, spread, firstMs, status, error, note, reason } = entry;
      const ours = entries[0]?.ms;
      return [
        i ? "" : `${kernel} ${size}`,
        `${name} ${version}`.trim(),
        some(ms),
        some(min),
        spread === undefined ? "" : `${(100 * spread).toFixed(0)} %`,
        ms === undefined || ours === undefined ? "" : `${number(ms / ours)}x`,
        firstMs === undefined ? "" : firstMs.toFixed(0),
        STATUS[status] + (error === undefined ? "" : ` ${number(error, 2)}`),
        (status === "right" ? note : reason) ?? "",
      ];
    }),
  );
  return [
    "ms: median of a run, queued back to back with one word read at the end; times: over ours; first ms: the first call, cold: from arrays in JavaScript to the first word of the result",
    "right and WRONG: the largest error over the bound that our reference computes from the data, for float32 sums (who sums in f16 exceeds it)",
    table(["size", "contestant", "ms", "least", "spread", "times", "first ms", "result", ""], rows),
  ].join("\n");
}
