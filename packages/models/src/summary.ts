// The table that a model's summary is.
import { countOf, showShape } from "@tilewright/runtime";
import type { Parameter } from "./layer.ts";
import type { Trace } from "./trace.ts";

/** A line for each layer that has none in it or has parameters itself: path, kind, output shape, parameters, each counted where it is first used. */
export function summarise(name: string, { notes }: Trace, parameters: ReadonlyMap<string, Parameter>): string {
  const seen = new Set<string>();
  const count = (names: Iterable<string>) => {
    let sum = 0;
    for (const one of names) {
      if (!seen.has(one)) sum += countOf(parameters.get(one)!.shape);
      seen.add(one);
    }
    return sum.toLocaleString("en");
  };
  const rows = notes
    .filter(({ depth, parameters: own }, i) => own.length > 0 || !((notes[i + 1]?.depth ?? 0) > depth))
    .map(({ path, kind, output, parameters: own }) => [path, kind, output ? showShape(output.shape) : "", count(own)]);
  if ([...parameters.keys()].some((one) => !seen.has(one))) rows.push(["", name, "", count(parameters.keys())]); // asked for outside of any layer
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
