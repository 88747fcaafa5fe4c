import { wgsl } from "@tilewright/runtime";
import type { LpSpec } from "../lpNormalize.ts";
import { elements } from "./elements.ts";
import { sumFold } from "./folds.ts";

export const program = elements<LpSpec>({
  reads: () => ["x"],
  fold: ({ p }) => sumFold("vec4f", (x) => (p === 1 ? `abs(${x})` : `${x} * ${x}`)),
  most: 1,
  scalar: () => "f32",
  value: () => "fn value(i: u32, row: I, j: I) -> T { return load_x(i); }",
  half: ({ half }) => half,
  apply: ({ p }) => wgsl`struct Stats { norm: V }
fn close(s: State, row: vec4u) -> Stats { return Stats(${p === 1 ? "s.sum" : "sqrt(s.sum)"}); }
fn apply(t: Stats, x: V, row: vec4u, j: vec4u) -> V { return select(x / t.norm, V(), t.norm == V()); }`,
  lanes: ({ vec }) => (vec === "none" ? {} : { x: 4, y: 4 }),
});
