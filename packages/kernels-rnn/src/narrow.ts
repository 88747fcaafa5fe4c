// f16 outputs: steps write float32 scratch `wide`, y then hn then cn, and a last pass narrows it. So no step has to own whole words of halves.
import { lines } from "@tilewright/kernels-matmul/text";
import { type Pass, type Problem, type TensorType, type Tile, wgsl } from "@tilewright/runtime";
import { pieceOf } from "./gates.ts";
import type { P, Spec } from "./problem.ts";

const THREADS = 64;

/** The outputs there are, and how many elements of each, as WGSL and as a number. */
export const outputs = ({ kind, cell, empty }: Spec) => [
  ...(cell || empty ? [] : [{ name: "y", size: "p.t * p.b * p.dirs * p.o", width: "p.o" }]),
  { name: "hn", size: "p.dirs * p.b * p.o", width: "p.o" },
  ...(kind === "lstm" ? [{ name: "cn", size: "p.dirs * p.b * p.h", width: "p.h" }] : []),
];

const counts = ({ params: { t, b, h, o, dirs }, spec }: Pick<Problem<P, Spec>, "params" | "spec">): number[] =>
  outputs(spec).map(({ name }) => ({ y: t * b * dirs * o, hn: dirs * b * o, cn: dirs * b * h })[name]!);

/**
 * `out_y(i, v)` and its like store an element, into the outputs or, where they are f16, into `wide`; `put_y(at, unit, v)` a piece of a row
 * that starts at `at`, those units that exist. `inside(v, unit, count)` is the piece with zeros for those that do not.
 */
export function storing(spec: Spec, units: number): string {
  const T = pieceOf(units);
  const component = (j: number) => (units === 1 ? "v" : `v.${"xyzw"[j]}`);
  const puts = outputs(spec).map(({ name, width }, i, all) => {
    const before = all.slice(0, i).map(({ size }) => `${size} + `);
    const store = spec.half ? `store_wide(${before.join("")}i, v)` : `store_${name}(i, v)`;
    return wgsl`fn out_${name}(i: u32, v: f32) { ${store}; }
fn put_${name}(at: u32, unit: u32, v: ${T}) {
  ${lines(units, (j) => `if (unit + ${j}u < ${width}) { out_${name}(at + unit + ${j}u, ${component(j)}); }`, "\n  ")}
}`;
  });
  return wgsl`${puts.join("\n")}
fn inside(v: ${T}, unit: u32, count: u32) -> ${T} {
  return ${T}(${lines(units, (j) => `select(0.0, ${component(j)}, unit + ${j}u < count)`, ", ")});
}`;
}

export const written = (spec: Spec): readonly string[] => (spec.half ? ["wide"] : outputs(spec).map(({ name }) => name));

export const wideType = (problem: Pick<Problem<P, Spec>, "params" | "spec">): TensorType => ({
  shape: [counts(problem).reduce((a, b) => a + b, 0)],
  dtype: "f32",
});

/** A thread for an element, or for two where halves are stored by the word. */
export const narrow: Pass<P, Spec, Tile> = {
  skip: ({ half }) => !half,
  uses: (spec) => ["wide", ...outputs(spec).map(({ name }) => name)],
  lanes: (_, { f16 }) => Object.fromEntries(["y", "hn", "cn"].map((name) => [name, f16 ? 1 : 2])),
  workgroups: (problem) => Math.ceil(Math.max(...counts(problem)) / THREADS),
  wgsl(spec, _, { f16 }) {
    const each = outputs(spec).map(({ name, size }) =>
      f16
        ? `if (i < ${size}) { store_${name}(i, load_wide(start + i)); }`
        : `if (2u * i < ${size}) { store_${name}(i, vec2f(load_wide(start + 2u * i), load_wide(start + min(2u * i + 1u, ${size} - 1u)))); }`,
    );
    return wgsl`
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  var start = 0u;
  ${outputs(spec)
    .map(({ size }, k) => `${each[k]}\n  start += ${size};`)
    .join("\n  ")}
}
`;
  },
};
