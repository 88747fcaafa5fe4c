// The table that a model's summary is.
import { countOf, showShape } from "@tilewright/runtime";
import type { Parameter } from "./layer.ts";
import type { Trace } from "./trace.ts";

/** A line for each layer that has none in it: path, kind, output shape, parameters; what is shared counts once, where it is first used. */
export function summarise(name: string, { notes }: Trace, parameters: ReadonlyMap<string, Parameter>): string {
  const seen = new Set<string>();
  const rows = notes
    .filter(({ depth }, i) => !((notes[i + 1]?.depth ?? 0) > depth))
    .map(({ path, kind, output, parameters: mine }) => {
      const fresh = mine.filter((one) => !seen.has(one));
      for (const one of fresh) seen.add(one);
      const count = fresh.reduce((sum, one) => sum + countOf(parameters.get(one)!.shape), 0);
      return [path, kind, output ? showShape(output.shape) : "", count.toLocaleString("en")];
    });
  const head = ["layer", "kind", "output", "parameters"];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 3 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  const all = [...parameters.values()];
  const total = all.reduce((sum, { shape }) => sum + countOf(shape), 0);
  const trained = all.reduce((sum, { shape, trainable }) => sum + (trainable ? countOf(shape) : 0), 0);
  const rest = total === trained ? "" : `, ${trained.toLocaleString("en")} of them trainable`;
  return [name, line(head), ...rows.map(line), `${total.toLocaleString("en")} parameters${rest}`].join("\n");
}
