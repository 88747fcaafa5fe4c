import { CAP, lines } from "@tilewright/kernels-matmul/text";
import { type Variant, wgsl } from "@tilewright/runtime";
import { gates, pieceOf, sweeps, twice } from "../gates.ts";
import { narrow, storing, wideType, written } from "../narrow.ts";
import { columns, projectGiven, xpType } from "../pack.ts";
import { GATES, type P, type Spec } from "../problem.ts";
import { initial, keepsC, LENGTH } from "../step.ts";

interface Tile {
  /** Rows of the batch that a workgroup works on, one after the other. */
  readonly rows: number;
  /** Neighbouring units of a quad. */
  readonly units: number;
  readonly [name: string]: number;
}

export const resident: Variant<P, Spec, Tile> = {
  name: "resident",
  tiles: [
    { rows: 4, units: 4 },
    { rows: 1, units: 4 },
    { rows: 1, units: 1 },
  ],
  prefer: ({ params: { b } }) => resident.tiles[b === 1 ? 1 : 0],
  needs: ({ rows, units }, spec) => ({
    invocations: spec ? (4 * spec.width) / units : 128,
    workgroupBytes: 4 * 2 * rows * (spec?.width ?? 64),
    subgroups: true,
  }),
  when: () => true,
  refuses: ({ spec }) =>
    spec.empty
      ? "there are no steps; sequence passes states on"
      : spec.peephole
        ? "it has no room for peepholes among its bindings"
        : twice(spec)
          ? "a step has two sweeps"
          : spec.width > 128
            ? "more than 128 units"
            : undefined,
  scratch: (problem) => ({ xp: xpType(problem.params), ...(problem.spec.half && { wide: wideType(problem) }) }),
  passes: [
    projectGiven,
    {
      uses: (spec) => ["r", ...(spec.after ? ["rBias"] : []), "lengths", "h0", "c0", "xp", ...written(spec)],
      workgroups: ({ params: { b, dirs } }, { rows }) => Math.ceil(b / rows) * dirs,
      wgsl: text,
    },
    narrow,
  ],
};

/** Sums of all gates of a unit, and the weights of four columns that give them. */
const types = (gates: number) =>
  gates === 1 ? { sum: "f32", weights: "vec4f" } : { sum: `vec${gates}f`, weights: `mat4x${gates}f` };

function text(spec: Spec, { rows, units }: Tile): string {
  const count = GATES[spec.kind];
  const { sum, weights } = types(count);
  const T = pieceOf(units);
  const threads = (4 * spec.width) / units;
  const W = spec.width / units;
  const blocks = spec.width / 16; // vec4 of a row that a lane has
  const pieces = 4 / units;
  const product = (u: number, i: number) => (count === 1 ? `dot(w[${u * blocks + i}u], h${i})` : `w[${u * blocks + i}u] * h${i}`);
  const h = (i: number) => {
    const at = `base + ${pieces}u * (${4 * i}u + lane)`;
    return pieces === 1 ? `sh[${at}]` : `vec4f(${lines(pieces, (j) => `sh[${at} + ${j}u]`, ", ")})`;
  };
  const { first } = sweeps(spec);
  const xp = (gate: number) => `load_xp(x + ${gate}u * p.h + u)`;
  const z = (gate: number) => (count === 1 ? "z" : `z[${gate}]`);
  const starts = first.map(({ gate, xp: given }) => `${z(gate)} + ${given ? xp(gate) : "inner"}`);
  const rowAt = spec.batchFirst ? "b * p.t + t" : "t * p.b + b";
  const yAt = spec.split && !spec.batchFirst ? "((t * p.dirs + dir) * p.b + b) * p.o" : `((${rowAt}) * p.dirs + dir) * p.o`;
  const piece = (v: string) => (units === 1 ? v : `${T}(${lines(units, (j) => `quadBroadcast(${v}, ${j}u)`, ", ")})`);
  const eachRow = (body: string) => wgsl`for (var r = 0u; r < ${CAP}; r++) {
    if (r >= ROWS) { break; }
    let b = min(row0 + r, p.b - 1u);
    ${body}
  }`;
  return wgsl`
const ROWS = ${rows}u;
const W = ${W}u; // pieces of a state
const HALF = ROWS * W; // of h, which is there twice
const GATES = ${count}u;
var<workgroup> sh: array<${T}, ${2 * rows * W}>;
var<private> w: array<${weights}, ${units * blocks}>;
var<private> hs: array<f32, ${rows}>;
${keepsC(spec) ? `var<private> cs: array<f32, ${rows}>;` : ""}
${gates(spec, 1)}
${storing(spec, 1)}
${LENGTH(spec)}
${columns("r")}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32, @builtin(subgroup_invocation_id) invocation: u32) {
  let lane = invocation & 3u;
  let group = wid.y * groups.x + wid.x;
  let parts = (p.b + ROWS - 1u) / ROWS;
  let dir = group / parts;
  if (dir >= p.dirs) { return; }
  let row0 = group % parts * ROWS;
  let back = ${spec.direction === "forward" ? "false" : spec.direction === "reverse" ? "true" : "dir == 1u"};
  let quad = thread >> 2u;
  let unit = quad * ${units}u + (lane & ${units - 1}u);
  let u = min(unit, p.h - 1u);
  for (var j = 0u; j < ${CAP}; j++) {
    if (j >= ${units * blocks}u + (p.t >> 31u)) { break; }
    let of_unit = min(quad * ${units}u + j / ${blocks}u, p.h - 1u);
    let col = 16u * (j % ${blocks}u) + 4u * lane;
    ${lines(count, (g) => `let r${g} = columns_r(((dir * GATES + ${g}u) * p.h + of_unit) * p.o, col, p.o);`, "\n    ")}
    w[j] = ${count === 1 ? "r0" : `transpose(mat${count}x4f(${lines(count, (g) => `r${g}`, ", ")}))`};
  }
  ${eachRow(wgsl`let h = ${initial(spec, 1, "h0")};
    hs[r] = h;
    ${keepsC(spec) ? `cs[r] = ${initial(spec, 1, "c0")};` : ""}
    let whole = ${piece("h")};
    if (lane == 0u) { sh[r * W + quad] = whole; }`)}
  ${spec.after ? `let inner = ${spec.rBias ? "load_rBias((dir * GATES + 2u) * p.h + u)" : "0.0"};` : ""}
  workgroupBarrier();
  for (var s = 0u; s < ${CAP}; s++) {
    if (s >= p.t) { break; }
    let old_half = (s & 1u) * HALF;
    let new_half = HALF - old_half;
    ${eachRow(wgsl`let base = old_half + r * W;
    ${lines(blocks, (i) => `let h${i} = ${h(i)};`, " ")}
    ${lines(units, (v) => wgsl`var z_${v} = ${product(v, 0)};`, " ")}
    ${lines(blocks - 1, (i) => lines(units, (v) => `z_${v} += ${product(v, i + 1)};`, " "), "\n    ")}
    ${reduced(units, sum)}
    let length = length_of(b);
    let on = s < length;
    let t = select(s, length - 1u - s, back && on);
    let x = ((${rowAt}) * p.dirs + dir) * GATES * p.h;
    let old = State(hs[r], ${keepsC(spec) ? "cs[r]" : "0.0"});
    let new_state = step(${starts.join(", ")}, ${spec.after ? xp(2) : "0.0"}, old, dir, u);
    let h = select(old.h, inside(new_state.h, unit, p.o), on);
    hs[r] = h;
    ${keepsC(spec) ? "cs[r] = select(old.c, new_state.c, on);" : ""}
    let whole = ${piece("h")};
    if (lane == 0u) { sh[new_half + r * W + quad] = whole; }
    ${units === 4 ? "" : `if (lane < ${units}u) {`}
    if (unit < p.o) { out_y(${yAt} + unit, select(0.0, new_state.h, on)); }
    ${units === 4 ? "" : "}"}`)}
    workgroupBarrier();
  }
  ${units === 4 ? "" : `if (lane >= ${units}u) { return; }`}
  ${eachRow(wgsl`put_hn((dir * p.b + b) * p.o, unit, hs[r]);
    ${spec.kind === "lstm" ? "put_cn((dir * p.b + b) * p.h, unit, cs[r]);" : ""}`)}
}
`;
}

/** `z`: over the lanes of a quad, the sum of each of its units, of which lane l keeps number l. */
function reduced(units: number, sum: string): string {
  const keep = (bit: string, even: string, odd: string) => ({
    kept: `select(${odd}, ${even}, ${bit} == 0u)`,
    sent: `select(${even}, ${odd}, ${bit} == 0u)`,
  });
  if (units === 1)
    return wgsl`let half_sum = z_0 + quadSwapX(z_0);
    let z = half_sum + quadSwapY(half_sum);`;
  const first = (i: number) => {
    const { kept, sent } = keep("(lane & 1u)", `z_${2 * i}`, `z_${2 * i + 1}`);
    return `let half_${i} = ${kept} + quadSwapX(${sent});`;
  };
  if (units === 2)
    return wgsl`${first(0)}
    let z: ${sum} = half_0 + quadSwapY(half_0);`;
  const { kept, sent } = keep("(lane & 2u)", "half_0", "half_1");
  return wgsl`${first(0)}
    ${first(1)}
    let z: ${sum} = ${kept} + quadSwapY(${sent});`;
}
