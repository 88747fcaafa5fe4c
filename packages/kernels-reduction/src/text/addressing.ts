// Where rows and their elements lie, as text over p.g0, p.g1 …
import { wgsl } from "@tilewright/runtime";
import type { Layout } from "../layout.ts";

/** How many units of work there are, and how many where two rows make a word of the result. */
export const unitsText = (spec: Layout, pairs = false): string =>
  spec.vec === "columns" ? "(p.rows >> 2u)" : pairs ? "((p.rows + 1u) >> 1u)" : "p.rows";

/** `start_of(row)` and `along(j)`: where a row starts, and how far from there its element j lies. */
export function addressing({ pattern }: Layout): string {
  const index = (name: string, kind: string) => {
    const mine = [...pattern].map((_, i) => i).filter((i) => pattern[i] === kind);
    const lines = mine.reverse().map((i, turn) => {
      const step = [...pattern]
        .map((_, k) => k)
        .filter((k) => k > i)
        .map((k) => `p.g${k}`)
        .join(" * ");
      const last = turn === mine.length - 1;
      return `at += ${last ? "rest" : `rest % p.g${i}`}${step && ` * ${step}`};${last ? "" : ` rest /= p.g${i};`}`;
    });
    return wgsl`fn ${name}(i: u32) -> u32 { var rest = i; var at = 0u; ${lines.join(" ")} return at; }`;
  };
  return `${index("start_of", "k")}\n${index("along", "r")}`;
}

/** `locate(i)`: the row and the element in it that lies at i. */
export const locate = ({ pattern }: Layout): string => {
  const last = pattern.length - 1;
  const groups = [...pattern].reverse().map((kind, turn) => {
    const size = `p.g${last - turn}`;
    return `at.${kind === "k" ? "x" : "y"} += ${turn < last ? `rest % ${size}` : "rest"} * step.${kind === "k" ? "x" : "y"}; step.${kind === "k" ? "x" : "y"} *= ${size};${turn < last ? ` rest /= ${size};` : ""}`;
  });
  return wgsl`fn locate(i: u32) -> vec2u { var rest = i; var at = vec2u(); var step = vec2u(1u); ${groups.join(" ")} return at; }`;
};
