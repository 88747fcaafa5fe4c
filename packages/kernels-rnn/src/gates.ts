// From sums to states: what a step does with a unit's gates. Functions over T, the piece of a state that a thread owns.
import { lines } from "@tilewright/kernels-matmul/text";
import { orNan, wgsl } from "@tilewright/runtime";
import { bodyOf } from "./bodies.ts";
import { vectors } from "./pack.ts";
import type { Spec } from "./problem.ts";

export type Piece = "f32" | "vec2f" | "vec4f";
export const pieceOf = (units: number): Piece => (units === 1 ? "f32" : units === 2 ? "vec2f" : "vec4f");

/**
 * `act0(z, dir)` …: the activations, z kept within ±clip, of the direction where they differ. NaN comes out as it went in, which clamp may drop.
 */
function activations({ activations: sets, clip }: Spec, T: Piece): string {
  const U = T === "f32" ? "u32" : T === "vec2f" ? "vec2u" : "vec4u";
  return sets[0]!
    .map((_, i) => {
      const bodies = sets.map((set) => bodyOf(set[i]!, T, U));
      const differ = bodies.length > 1 && bodies[0] !== bodies[1];
      return wgsl`fn active${i}(x: ${T}, dir: u32) -> ${T} {
  ${differ ? `if (dir == 1u) { ${bodies[1]} }\n  ` : ""}${bodies[0]}
}
fn act${i}(z: ${T}, dir: u32) -> ${T} {
  return ${clip ? orNan(`active${i}(clamp(z, ${T}(-p.clip), ${T}(p.clip)), dir)`, U, "z") : `active${i}(z, dir)`};
}`;
    })
    .join("\n");
}

/** `vector(dir, which, unit)`: a piece of a row of H numbers behind the matrices. */
const vectorText = ({ peephole }: Spec, T: Piece, units: number) =>
  peephole
    ? wgsl`fn vector(dir: u32, which: u32, unit: u32) -> ${T} {
  let at = (dir * VECTORS + which) * p.h;
  return ${T}(${lines(units, (j) => `number(at + min(unit + ${j}u, p.h - 1u))`, ", ")});
}`
    : "";

/** Sums a unit's gates need, those of the second sweep apart. */
export interface Sweeps {
  /** Gates summed over h; `xp` whether the sum starts from the input's part (else from GRU's inner bias). */
  readonly first: readonly { readonly gate: number; readonly xp: boolean }[];
  /** Gates summed over what the first sweep left behind: GRU's r ⊙ h. */
  readonly second: readonly { readonly gate: number; readonly xp: boolean }[];
}

export function sweeps({ kind, after }: Spec): Sweeps {
  const of = (...gates: number[]) => gates.map((gate) => ({ gate, xp: true }));
  if (kind === "lstm") return { first: of(0, 1, 2, 3), second: [] };
  if (kind === "rnn") return { first: of(0), second: [] };
  return after ? { first: [...of(0, 1), { gate: 2, xp: false }], second: [] } : { first: of(0, 1), second: of(2) };
}

/** Whether a step has a second sweep: over r ⊙ h, or LSTM's projection. */
export const twice = (spec: Spec): boolean => spec.projection || sweeps(spec).second.length > 0;

/**
 * `step(z…, x, old, dir, unit)` makes of sums the new state (h, c); x is the input's part of GRU's n, where that is apart.
 * In two sweeps: LSTM's step gives what is to be projected as h. GRU's gives r ⊙ h as h and z as c, and `finish(n, z, h)` the rest.
 */
export function gates(spec: Spec, units: number): string {
  const T = pieceOf(units);
  const one = `${T}(1.0)`;
  const body = () => {
    if (spec.kind === "rnn") return `return State(act0(z0, dir), old.c);`;
    if (spec.kind === "gru") {
      const start = "let reset = act0(z0, dir); let keep = act0(z1, dir);";
      return spec.after
        ? `${start}\n  return State(mixed(act1(x + reset * z2, dir), keep, old.h), old.c);`
        : `${start}\n  return State(reset * old.h, keep);`;
    }
    const at = vectors(spec).peephole;
    const seen = (which: number, c: string) => (spec.peephole ? ` + vector(dir, ${at + which}u, unit) * ${c}` : "");
    return wgsl`let i = act0(z0${seen(0, "old.c")}, dir);
  let f = ${spec.inputForget ? `${one} - i` : `act0(z1${seen(1, "old.c")}, dir)`};
  let c = f * old.c + i * act1(z2, dir);
  let o = act0(z3${seen(2, "c")}, dir);
  return State(o * act2(c, dir), c);`;
  };
  const sums = sweeps(spec).first.map((_, g) => `z${g}: ${T}, `);
  return wgsl`struct State { h: ${T}, c: ${T} }
${activations(spec, T)}
${vectorText(spec, T, units)}
${
  spec.kind === "gru"
    ? wgsl`fn mixed(n: ${T}, keep: ${T}, h: ${T}) -> ${T} { return (${one} - keep) * n + keep * h; }
`
    : ""
}fn step(${sums.join("")}x: ${T}, old: State, dir: u32, unit: u32) -> State {
  ${body()}
}`;
}
