import { lines } from "@tilewright/kernels-matmul/text";
import { CAP, type Form, type Problem, type TensorType, wgsl } from "@tilewright/runtime";
import { gates, twice } from "../gates.ts";
import { storing } from "../narrow.ts";
import { COUNTS, givenNumbers, vectors } from "../pack.ts";
import { GATES, type P, type Spec } from "../problem.ts";
import { columns, owners, reduced, times, unitTypes, unitWeights } from "../quads.ts";
import { initial, keepsC, type StepTile } from "../step.ts";

const THREADS = 64;

/**
 * One step in one dispatch: both products, gates and the new state. A quad has a few rows and units, its lanes every fourth vec4 of their rows.
 *
 *     x [rows, I], w ──┐  sums of all gates   ┌─ lanes of a quad ─► gates ─► hn, cn
 *     h [rows, H], r ──┴─ rows · units · G  ──┘  are added up
 *
 * Eight rows and two units: 8 vec4 of x and 8 of weights for 256 multiply-adds. Weights are read as they lie: they are used once.
 * One row: a lane for each part of a unit's rows, so that a quad reads 64 bytes in a row. b 1, H 512: 1.2 ms where three dispatches of `sequence` take 7
 * on lavapipe, 9 and 30 on SwiftShader (two busy cores). b 32, H 256: 8.5 and 6.7 there, so `sequence` is the choice, 17 and 21 on SwiftShader.
 * Lost: 4 x 4 and 8 x 1 sums of gates.
 * Two biases, two states and two outputs are one binding more than a device must have: then a small dispatch adds up the biases before.
 */
export const cell: Form<P, Spec, StepTile> = {
  tiles: [
    { rows: 8, units: 2, threads: 8, quad: 1 },
    { rows: 4, units: 1, threads: 64, quad: 1 },
    { rows: 1, units: 1, threads: 64, quad: 1 },
  ],
  prefer: ({ params: { b } }, { architecture }) => cell.tiles[b <= 2 ? 2 : architecture === "swiftshader" ? 0 : 1],
  needs: ({ threads }) => ({ invocations: Math.max(threads, THREADS), subgroups: true }),
  refuses: ({ spec }, { f16 }) =>
    twice(spec) ? "a step has two sweeps" : spec.half && !f16 ? "it needs shader-f16 to store a single half" : undefined,
  scratch: (problem) => (crowded(problem.spec) ? { numbers: numbersType(problem) } : {}),
  passes: [
    {
      skip: (spec) => !crowded(spec),
      uses: () => ["bias", "rBias", "peephole", "numbers"],
      workgroups: (problem) => Math.ceil(numbersType(problem).shape[0]! / THREADS),
      wgsl: addUp,
    },
    {
      uses: (spec) => ["x", "w", "r", ...(crowded(spec) ? ["numbers"] : ["bias", "rBias", "peephole"]), "h0", "c0", "hn", "cn"],
      lanes: ({ vecX, vecH }) => ({ x: vecX ? 4 : 1, w: vecX ? 4 : 1, r: vecH ? 4 : 1 }),
      workgroups: ({ params: { b, h } }, { rows, units, threads }) =>
        Math.ceil(b / rows) * Math.ceil(Math.ceil(h / units) / (threads / 4)),
      wgsl: text,
    },
  ],
};

/** Bindings that every device has. */
const LEAST = 8;
const crowded = ({ kind, bias, rBias, peephole, h0, c0 }: Spec): boolean =>
  [bias, rBias, peephole, h0, c0].filter(Boolean).length + (kind === "lstm" ? 5 : 4) > LEAST;

const numbersType = ({ params: { h }, spec }: Pick<Problem<P, Spec>, "params" | "spec">): TensorType => ({
  shape: [vectors(spec).count * h],
  dtype: "f32",
});

function addUp(spec: Spec): string {
  return wgsl`
${COUNTS(spec)}
${givenNumbers(spec)}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  if (i < VECTORS * p.h) { store_numbers(i, number(i)); }
}
`;
}

function text(spec: Spec, tile: StepTile): string {
  const { rows, units, threads } = tile;
  const count = GATES[spec.kind];
  // GRU's n has its two parts apart: they are the third and the fourth sum.
  const sums = spec.after ? 4 : count;
  const { sum } = unitTypes(count);
  const each = (line: (r: number) => string, separator = "\n  ") => lines(rows, line, separator);
  const eachSum = (line: (r: number, v: number) => string) => each((r) => lines(units, (v) => line(r, v), " "));
  /** Adds up rows of x (or h), `width` long, times rows of w (or r). */
  const sweep = (w: string, width: string, to: string, row: (r: number) => string) => wgsl`for (var k = 0u; k < ${CAP}; k++) {
    let col = 16u * k + 4u * lane;
    if (16u * k >= ${width}) { break; }
    ${each((r) => `let x${r} = ${row(r)};`, "\n    ")}
    ${lines(
      units,
      (v) => wgsl`let w${v} = ${unitWeights(count, (g) => `columns_${w}((${g}u * p.h + u${v}) * ${width}, col, ${width})`)};
    ${each((r) => `${to}${r}_${v} += ${times(count, `w${v}`, `x${r}`)};`, " ")}`,
      "\n    ",
    )}
  }`;
  const state = spec.after ? "inner" : "z";
  const z = (r: number, g: number) => (sums === 1 ? `z${r}` : `z${r}[${g}]`);
  const biased = (r: number, g: number) => `${z(r, g)} + bias${g}`;
  const starts = (r: number) =>
    (spec.after
      ? [biased(r, 0), biased(r, 1), `${z(r, 3)} + bias3`]
      : Array.from({ length: count }, (_, g) => biased(r, g))
    ).join(", ");
  return wgsl`
${COUNTS(spec)}
${crowded(spec) ? "fn number(i: u32) -> f32 { return load_numbers(i); }" : givenNumbers(spec)}
${gates(spec, 1)}
${storing({ ...spec, half: false }, 1)}
${columns("x", spec.vecX)}
${columns("w", spec.vecX)}
${columns("r", spec.vecH)}
${spec.h0 ? columns("h0", false) : ""}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation & 3u;
  let group = wid.y * groups.x + wid.x;
  let across = (p.h + ${(units * threads) / 4 - 1}u) / ${(units * threads) / 4}u;
  let row0 = group / across * ${rows}u;
  if (row0 >= p.b) { return; }
  let dir = 0u;
  let first = (group % across * ${threads / 4}u + (thread >> 2u)) * ${units}u;
  ${lines(units, (v) => `let u${v} = min(first + ${v}u, p.h - 1u);`, " ")}
  ${each((r) => `let b${r} = min(row0 + ${r}u, p.b - 1u);`, " ")}
  ${eachSum((r, v) => `var z${r}_${v} = ${sum}();`)}
  ${sweep("w", "p.k", "z", (r) => `columns_x(b${r} * p.k, col, p.k)`)}
  ${spec.after ? eachSum((r, v) => `var inner${r}_${v} = ${sum}();`) : ""}
  ${spec.h0 ? sweep("r", "p.h", state, (r) => `columns_h0(b${r} * p.h, col, p.h)`) : ""}
  ${
    spec.after
      ? each((r) =>
          lines(
            units,
            (v) => `let both${r}_${v} = vec4f(z${r}_${v}.xy + inner${r}_${v}.xy, z${r}_${v}.z, inner${r}_${v}.z);`,
            " ",
          ),
        )
      : ""
  }
  ${each((r) => (spec.after ? reduced(units, "vec4f", `${r}`, "both") : reduced(units, sum, `${r}`)))}
  let unit = first + (lane & ${units - 1}u);
  let u = min(unit, p.h - 1u);
  ${lines(sums, (g) => `let bias${g} = number(${g}u * p.h + u);`, " ")}
  ${each((r) => `let old${r} = State(${initial(spec, 1, "h0", `b${r}`)}, ${keepsC(spec) ? initial(spec, 1, "c0", `b${r}`) : "0.0"});`)}
  ${each((r) => `let new${r} = step(${starts(r)}, ${spec.after ? `${z(r, 2)} + bias2` : "0.0"}, old${r}, dir, u);`)}
  ${owners(
    units,
    `if (unit < p.h) {
    ${each((r) => `out_hn(b${r} * p.h + unit, new${r}.h);${spec.kind === "lstm" ? ` out_cn(b${r} * p.h + unit, new${r}.c);` : ""}`, "\n    ")}
  }`,
  )}
}
`;
}
