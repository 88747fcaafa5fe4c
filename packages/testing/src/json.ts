const ODD = ["NaN", "Infinity", "-Infinity"];

/** A document as text. JSON has no NaN and no infinities, and failures are full of them: they are written as strings. */
export const toText = (document: unknown): string =>
  `${JSON.stringify(document, (_key, value: unknown) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value), 1)}\n`;

export const fromText = <T>(text: string): T =>
  JSON.parse(text, (_key, value: unknown) => (typeof value === "string" && ODD.includes(value) ? Number(value) : value)) as T;
