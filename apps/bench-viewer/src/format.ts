/** Three significant digits, thousands grouped. */
export function number(x: number, digits = 3): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : x > 0 ? "∞" : "−∞";
  if (x !== 0 && Math.abs(x) < 1e-3) return x.toExponential(1);
  return x.toLocaleString("en", { maximumSignificantDigits: digits });
}

/** A value as it is, to the last digit. */
export const exact = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];

export function bytes(n: number): string {
  const power = n > 0 ? Math.min(4, Math.floor(Math.log2(n + 4) / 10)) : 0; // + 4: 2 GiB less 4 bytes is a usual limit
  return `${number(n / 1024 ** power)} ${UNITS[power]}`;
}

export const milliseconds = (ms: number): string => (ms >= 10_000 ? `${number(ms / 1000)} s` : `${number(ms)} ms`);

/** `f32/k=512,m=512,n=512,transB` in two lines, numbers without their names where they are m, n and k. */
export function shorten(size: string): string {
  const [dtype = "", keys = ""] = size.split("/");
  const parts = keys.split(",");
  const dims = ["m", "n", "k"].map((key) => parts.find((part) => part.startsWith(`${key}=`))?.slice(2));
  if (dims.some((dim) => dim === undefined)) return `${dtype} ${parts.join(" ")}`;
  const rest = parts.filter((part) => !/^[mnk]=/.test(part));
  return `${dims.join("×")}\n${[dtype, ...rest].join(" ")}`;
}
