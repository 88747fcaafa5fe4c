// The normalisations, as text.
import { type Lanes, wgsl } from "@tilewright/runtime";
import type { NormSpec } from "../normalize.ts";
import { broadcastText } from "./broadcast.ts";
import { elements } from "./elements.ts";
import { momentsFold, sumFold } from "./folds.ts";

/** Loads the gammas (or betas, biases) of four elements. */
function affine(operand: string, { vec, by }: NormSpec): string {
  const four = (f: (c: string) => string) => `V(${["x", "y", "z", "w"].map(f).join(", ")})`;
  const body =
    by === "element"
      ? vec === "row"
        ? `load_${operand}(j.x >> 2u)`
        : vec === "columns"
          ? `V(load_${operand}(j.x))`
          : four((c) => `load_${operand}(j.${c})`)
      : by === "row" && vec !== "columns"
        ? `V(load_${operand}(rule(row.x, 0u)))`
        : by === "broadcast"
          ? four((c) => `load_${operand}(gamma_at(start_of(row.${c}) + along(j.${c})))`)
          : four((c) => `load_${operand}(rule(row.${c}, j.${c}))`);
  return `fn ${operand}_of(row: vec4u, j: vec4u) -> V { return ${body}; }`;
}

export const program = elements<NormSpec>({
  reads: ({ residual, bias }) => ["x", ...(residual ? ["residual"] : []), ...(bias ? ["bias"] : [])],
  fold: ({ rms }) => (rms ? sumFold("vec4f", (x) => `${x} * ${x}`) : momentsFold()),
  most: 3,
  scalar: () => "f32",
  value: (spec) => {
    const { residual, bias, vec, by, modulo } = spec;
    const own = !bias
      ? ""
      : vec === "none"
        ? ` + load_bias(${{ element: "j", row: "rule(row, j)", rule: "rule(row, j)", broadcast: "gamma_at(i)" }[by]})`
        : " + bias_of(row, j)";
    return wgsl`${by === "broadcast" ? broadcastText("gamma_at", spec.across, ["", "p.groups", "p.per", "p.span"]) : ""}
fn rule(row: u32, j: u32) -> u32 { return row % p.groups * p.per + j ${modulo ? "%" : "/"} p.span; }
${bias && vec !== "none" ? affine("bias", spec) : ""}
fn value(i: u32, row: I, j: I) -> T { return load_x(i)${residual ? " + load_residual(i)" : ""}${own}; }`;
  },
  half: ({ half }) => half,
  copies: ({ sum }) => (sum ? "sum" : undefined),
  aside: ({ stats, statistics, running, rms, vec }) => {
    const one = vec === "columns" ? "" : ".x";
    const given = stats ? `${rms ? "" : `store_mean(unit, t.mean${one}); `}store_invStd(unit, t.factor${one});` : "";
    const blend = (at: string, v: string) =>
      `store_statistics(${at}, ${running ? `p.momentum * load_running(${at}) + (1.0 - p.momentum) * ` : ""}${v}${one});`;
    const units = vec === "columns" ? "(p.rows >> 2u)" : "p.rows";
    return statistics ? `${given} ${blend("unit", "t.mean")} ${blend(`${units} + unit`, "t.variance")}` : given;
  },
  beside: (spec) => {
    const fields = (["gamma", "beta"] as const).filter((operand) => spec[operand]);
    if (fields.length === 0) return undefined;
    return {
      fields,
      text: wgsl`${fields.map((operand) => affine(operand, spec)).join("\n")}
fn beside(row: vec4u, j: vec4u) -> Beside { return Beside(${fields.map((operand) => `${operand}_of(row, j)`).join(", ")}); }`,
      shared: spec.by === "element" && spec.vec === "row",
    };
  },
  apply: (spec) => {
    const { rms, gamma, beta, statistics, silu } = spec;
    return wgsl`struct Stats { ${rms ? "" : "mean: V, "}factor: V${statistics ? ", variance: V" : ""} }
fn close(s: State, row: vec4u) -> Stats {
  return ${rms ? "Stats(inverseSqrt(s.sum / f32(p.n) + p.epsilon))" : `Stats(s.mean, inverseSqrt(s.squares / f32(p.n) + p.epsilon)${statistics ? ", s.squares / f32(p.n)" : ""})`};
}
fn apply(t: Stats, x: V, row: vec4u, j: vec4u${gamma || beta ? ", b: Beside" : ""}) -> V {
  let y = ${rms ? "x" : "(x - t.mean)"} * t.factor${gamma ? " * b.gamma" : ""}${beta ? " + b.beta" : ""};
  return ${silu ? "y / (1.0 + exp(-y))" : "y"};
}`;
  },
  lanes: ({ vec, by }): Lanes => {
    if (vec === "none") return {};
    const each = by === "element" && vec === "row" ? 4 : 1;
    const stats = vec === "columns" ? 4 : 1;
    return {
      x: 4,
      residual: 4,
      y: 4,
      sum: 4,
      gamma: each,
      beta: each,
      bias: each,
      mean: stats,
      invStd: stats,
      running: stats,
      statistics: stats,
    };
  },
});
