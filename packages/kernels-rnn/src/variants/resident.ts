import { lines } from "@tilewright/kernels-matmul/text";
import { CAP, type Caps, type Form, turns, wgsl } from "@tilewright/runtime";
import { gates, pieceOf, sweeps, twice } from "../gates.ts";
import { narrow, storing, wideType, written } from "../narrow.ts";
import { projectGiven, xpType } from "../pack.ts";
import { GATES, type P, type Spec } from "../problem.ts";
import { columns, gathered, owners, reduced, times, unitTypes, unitWeights } from "../quads.ts";
import { initial, keepsC, LENGTH, placesOf, rowsOf } from "../step.ts";

/** Units; beyond them a text would be too long to compile. */
const MOST = 256;

interface ResidentTile {
  /** Rows of the batch of a workgroup. */
  readonly rows: number;
  /** Neighbouring units of a quad. */
  readonly units: number;
  /** Of the input projection: lanes of a quad share rows, and a thread has so many columns. */
  readonly quad: 1;
  readonly columns: number;
  readonly [name: string]: number;
}

/**
 * All steps in one dispatch, with the recurrent weights in private memory from the first step to the last: registers on a GPU; on a CPU adapter a
 * thread's own stack, whose vectors load at once where anything in a buffer is loaded lane by lane (measured: 0.1 against 1.7 ns a lane on
 * lavapipe, 0.2 against 8 on SwiftShader).
 *
 *     a quad has a few units; lane l their weights for k = 4l … 4l+3, 16+4l …: 4 · H · G / 4 numbers a thread, for 4 units
 *
 *     h of the step before ─► every lane its k ─► sums of all gates ─► lanes added up: lane l keeps unit l ─► gates ─► c, h ─► barrier
 *
 * So of h a thread reads a quarter for the sums of four units: 16 multiply-adds for a number that it loads, where `stepped` has 6.4, and r is read once,
 * as it lies: two dispatches in all. H 128, SwiftShader / lavapipe, two busy cores: 64 steps of 8 rows 38 / 9.6 ms where `stepped` takes 55 / 20;
 * 128 steps of 1 row 9.4 / 3.1 and 38 / 12. Half of that is the input projection.
 *
 * Two rows share what is loaded of the weights, which SwiftShader likes (1.15x) and lavapipe does not. Lost: four rows (compile twice as long);
 * rows in a loop, their states in arrays (2.8x on lavapipe); all units at a k before the next k (no difference).
 * Up to 256 units, in 4 · H / units threads. On GPUs up to 64, where a thread's weights are 64 numbers: by reckoning, not measured.
 * That lane l of a quad is invocation 4q + l of the workgroup is so wherever workgroups have one dimension.
 */
export const resident: Form<P, Spec, ResidentTile> = {
  tiles: [
    { rows: 1, units: 4, quad: 1, columns: 4 },
    { rows: 2, units: 4, quad: 1, columns: 8 },
    { rows: 1, units: 1, quad: 1, columns: 4 },
  ],
  prefer: ({ params: { b }, spec: { width } }, { software, architecture }) =>
    resident.tiles[!software ? 2 : b > 1 && width <= 128 && architecture === "swiftshader" ? 1 : 0],
  needs: ({ rows, units }, spec) => ({
    invocations: Math.max(spec ? (4 * spec.width) / units : 128, 64), // its other passes have 64
    workgroupBytes: 4 * 2 * rows * (spec?.width ?? 64),
    subgroups: true,
  }),
  refuses({ spec }) {
    if (spec.empty) return "there are no steps; sequence passes states on";
    if (twice(spec)) return "a step has two sweeps";
    if (spec.peephole) return "peepholes would be a binding too many";
    return spec.width > MOST ? `it has room for ${MOST} units` : undefined;
  },
  scratch: (problem) => ({ xp: xpType(problem.params), ...(problem.spec.half && { wide: wideType(problem) }) }),
  passes: [
    projectGiven,
    {
      uses: (spec) => ["r", ...(spec.after ? ["rBias"] : []), "lengths", "h0", "c0", "xp", ...written(spec)],
      lanes: ({ vecH }) => ({ r: vecH ? 4 : 1 }),
      workgroups: ({ params: { b, dirs } }, { rows }) => Math.ceil(b / rows) * dirs,
      wgsl: text,
    },
    narrow,
  ],
};

function text(spec: Spec, tile: ResidentTile, caps: Caps): string {
  const { rows, units } = tile;
  const count = GATES[spec.kind];
  const { sum, weights } = unitTypes(count);
  const T = pieceOf(units);
  const threads = (4 * spec.width) / units;
  const W = spec.width / units;
  const blocks = spec.width / 16; // vec4 of a row that a lane has
  const pieces = 4 / units;
  const product = (r: number, u: number, i: number) => times(count, `w[${u * blocks + i}u]`, `h${r}_${i}`);
  const h = (r: number, i: number) => {
    const at = `old_half + ${pieces}u * (${4 * i}u + lane) + ${r * W}u`;
    return pieces === 1 ? `sh[${at}]` : `vec4f(${lines(pieces, (j) => `sh[${at} + ${j}u]`, ", ")})`;
  };
  const { first } = sweeps(spec);
  const xp = (r: number, gate: number) => `load_xp(x${r} + ${gate}u * p.h + u)`;
  const z = (r: number, gate: number) => (count === 1 ? `z${r}` : `z${r}[${gate}]`);
  const starts = (r: number) => first.map(({ gate, xp: given }) => `${z(r, gate)} + ${given ? xp(r, gate) : "inner"}, `).join("");
  const each = (line: (r: number) => string, separator = "\n    ") => lines(rows, line, separator);
  /** h of every row into the half that starts at `half`: a quad's piece by its first lane. */
  const leave = (half: string) => wgsl`${each((r) => `let whole${r} = ${gathered(units, `state_h${r}`)};`)}
    if (lane == 0u) { ${each((r) => `sh[${half} + ${r * W}u + quad] = whole${r};`, " ")} }`;
  return wgsl`
const W = ${W}u; // pieces of a state
const HALF = ${rows}u * W; // of h, which is there twice
const GATES = ${count}u;
var<workgroup> sh: array<${T}, ${2 * rows * W}>;
var<private> w: array<${weights}, ${units * blocks}>;
${gates(spec, 1)}
${storing(spec, 1)}
${LENGTH(spec)}
${columns("r", spec.vecH)}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation & 3u;
  let group = wid.y * groups.x + wid.x;
  let parts = (p.b + ${rows - 1}u) / ${rows}u;
  let dir = group / parts;
  if (dir >= p.dirs) { return; }
  let row0 = group % parts * ${rows}u;
  ${rowsOf(spec, tile)}
  let quad = thread >> 2u;
  let unit = quad * ${units}u + (lane & ${units - 1}u);
  let u = min(unit, p.h - 1u);
  ${turns("j", units * blocks, caps, "p.t")}
    let of_unit = min(quad * ${units}u + j / ${blocks}u, p.h - 1u);
    let col = 16u * (j % ${blocks}u) + 4u * lane;
    ${lines(count, (g) => `let r${g} = columns_r(((dir * GATES + ${g}u) * p.h + of_unit) * p.o, col, p.o);`, "\n    ")}
    w[j] = ${unitWeights(count, (g) => `r${g}`)};
  }
  ${each((r) => `var state_h${r} = ${initial(spec, 1, "h0", `b${r}`)};`)}
  ${keepsC(spec) ? each((r) => `var state_c${r} = ${initial(spec, 1, "c0", `b${r}`)};`) : ""}
  ${spec.after ? `let inner = ${spec.rBias ? "load_rBias((dir * GATES + 2u) * p.h + u)" : "0.0"};` : ""}
  {
    ${leave("0u")}
  }
  workgroupBarrier();
  for (var s = 0u; s < ${CAP}; s++) {
    if (s >= p.t) { break; }
    let old_half = (s & 1u) * HALF;
    let new_half = HALF - old_half;
    ${placesOf(spec, tile)}
    ${each((r) => lines(blocks, (i) => `let h${r}_${i} = ${h(r, i)};`, " "))}
    ${lines(units, (v) => lines(blocks, (i) => each((r) => `${i ? "" : "var "}z${r}_${v} ${i ? "+" : ""}= ${product(r, v, i)};`, " "), " "), "\n    ")}
    ${each((r) => reduced(units, sum, `${r}`))}
    ${each((r) => `let old${r} = State(state_h${r}, ${keepsC(spec) ? `state_c${r}` : "0.0"});`)}
    ${each((r) => `let new${r} = step(${starts(r)}${spec.after ? xp(r, 2) : "0.0"}, old${r}, dir, u);`)}
    ${each((r) => `state_h${r} = select(old${r}.h, inside(new${r}.h, unit, p.o), on${r});`)}
    ${keepsC(spec) ? each((r) => `state_c${r} = select(old${r}.c, new${r}.c, on${r});`) : ""}
    ${leave("new_half")}
    ${owners(units, `if (unit < p.o) { ${each((r) => `out_y(y${r} + unit, select(0.0, new${r}.h, on${r}));`, " ")} }`)}
    workgroupBarrier();
  }
  ${owners(
    units,
    each((r) => {
      const row = `(dir * p.b + b${r})`;
      return `put_hn(${row} * p.o, unit, state_h${r});${spec.kind === "lstm" ? ` put_cn(${row} * p.h, unit, state_c${r});` : ""}`;
    }),
  )}
}
`;
}
