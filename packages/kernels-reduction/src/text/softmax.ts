// Softmax and its logarithm, as text.
import { wgsl } from "@tilewright/runtime";
import type { SoftmaxSpec } from "../softmax.ts";
import { broadcastText } from "./broadcast.ts";
import { elements } from "./elements.ts";
import { safeLog, sumExpFold } from "./folds.ts";

function value(spec: SoftmaxSpec): string {
  const { vec, scaled, causal, mask, maskLanes } = spec;
  const lines = [`var v = load_x(i)${scaled ? " * p.scale" : ""};`];
  if (mask) {
    const four = (f: (c: number) => string) => [0, 1, 2, 3].map(f).join(", ");
    const M = vec === "none" ? "" : `vec4<${mask === "keep" ? "u32" : "f32"}>`;
    const loaded =
      vec === "none"
        ? "load_mask(mask_at(i))"
        : maskLanes === "four"
          ? "load_mask(mask_at(i << 2u) >> 2u)"
          : maskLanes === "same"
            ? `${M}(load_mask(mask_at(i << 2u)))`
            : `${M}(${four((c) => `load_mask(mask_at((i << 2u) + ${c}u))`)})`;
    lines.push(mask === "add" ? `v += ${loaded};` : `v = select(v, T(lowest()), ${loaded} == ${M || "u32"}(0u));`);
  }
  if (causal) lines.push("v = select(v, T(lowest()), j + I(p.queries) > row % I(p.queries) + I(p.n));");
  return wgsl`${mask ? broadcastText("mask_at", spec.across, ["", "p.m1", "p.m2", "p.m3"]) : ""}
// -infinity; the compiler must not see that.
fn lowest() -> f32 { return bitcast<f32>(0xff800000u | (p.n >> 31u)); }
fn value(i: u32, row: I, j: I) -> T { ${lines.join(" ")} return v; }`;
}

/** @param log the logarithm of it */
export const program = (log: boolean) =>
  elements<SoftmaxSpec>({
    reads: ({ mask }) => (mask ? ["x", "mask"] : ["x"]),
    fold: () => sumExpFold(),
    most: 2,
    scalar: () => "f32",
    value,
    half: ({ half }) => half,
    apply: () =>
      log
        ? wgsl`${safeLog("vec4f", "vec4u")}
struct Stats { largest: V, log_sum: V }
fn close(s: State, row: vec4u) -> Stats { return Stats(s.largest, safe_log(s.sum)); }
fn apply(t: Stats, x: V, row: vec4u, j: vec4u) -> V { return (x - t.largest) - t.log_sum; }`
        : wgsl`struct Stats { largest: V, factor: V }
fn close(s: State, row: vec4u) -> Stats { return Stats(s.largest, 1.0 / s.sum); }
fn apply(t: Stats, x: V, row: vec4u, j: vec4u) -> V { return exp(x - t.largest) * t.factor; }`,
    lanes: ({ vec, maskLanes }) => (vec === "none" ? {} : { x: 4, y: 4, mask: maskLanes === "four" ? 4 : 1 }),
  });
