import type { Run } from "@tilewright/testing";

const ODD = ["NaN", "Infinity", "-Infinity"];

/** A run as text. JSON has no NaN and no infinities, and failures are full of them: they are written as strings. */
export const writeRun = (run: Run): string =>
  `${JSON.stringify(run, (_key, value: unknown) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value), 1)}\n`;

export const readRun = (text: string): Run =>
  JSON.parse(text, (_key, value: unknown) => (typeof value === "string" && ODD.includes(value) ? Number(value) : value)) as Run;
