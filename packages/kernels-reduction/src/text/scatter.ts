import { isNan, wgsl } from "@tilewright/runtime";
import type { ScatterSpec } from "../scatter.ts";

/** `combine(a, b)`: a with the update b; NaN comes through. */
export function combine({ reduction, dtype }: ScatterSpec): string {
  const S = dtype === "f16" ? "f32" : dtype;
  const compare = (sign: string) =>
    S === "f32"
      ? `select(select(b, a, a ${sign} b), a + b, ${isNan("a", "u32")} | ${isNan("b", "u32")})`
      : `select(b, a, a ${sign} b)`;
  const body = { none: "b", add: "a + b", mul: "a * b", min: compare("<"), max: compare(">") }[reduction];
  return wgsl`alias S = ${S};
fn combine(a: S, b: S) -> S { return ${body}; }`;
}
