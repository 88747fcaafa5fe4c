import { CAP, type Form, wgsl } from "@tilewright/runtime";
import { gates, pieceOf, twice } from "../gates.ts";
import { narrow, storing, wideType, written } from "../narrow.ts";
import { NUMBER, PLACES, pack, packedType, project, xpType } from "../pack.ts";
import type { P, Spec } from "../problem.ts";
import { initial, keepsC, LENGTH, placesOf, rowsOf, type StepTile, sharesH, step } from "../step.ts";

/**
 * All steps in one dispatch: a workgroup has a few rows of the batch from the first step to the last, and h in workgroup memory, twice, so that
 * a step needs one barrier.
 *
 *     xp [t]  ──┐            ┌── h of the step before [rows, H] ──┐ one of two
 *     r packed ─┴─► sums of ─┤                                    │
 *                   gates    └─► gates ─► c, h ─► the other one ──┘ barrier, next step
 *
 * What decides is how often a weight that was loaded is used: once for each row. Four rows, two units: 8 vec4 of r and one of h (four lanes
 * load for each other) for 128 multiply-adds. The input's part of all steps is one product before, the weights are laid out anew before that:
 * three dispatches, and one more for f16.
 */
export const sequence: Form<P, Spec, StepTile> = {
  tiles: [
    { rows: 4, units: 2, threads: 64, quad: 1 },
    { rows: 1, units: 2, threads: 64, quad: 1 },
    { rows: 4, units: 2, threads: 64, quad: 0 },
    { rows: 1, units: 1, threads: 128, quad: 0 },
  ],
  prefer: ({ params: { b }, spec: { width } }, { software, subgroups }) =>
    sequence.tiles[b === 1 || width > 256 ? (software && subgroups ? 1 : 3) : software && subgroups ? 0 : 2],
  needs: ({ rows, threads, quad }, spec) => ({
    invocations: Math.max(threads, 64),
    workgroupBytes: 4 * rows * (spec ? states(spec) * spec.width : 64),
    subgroups: quad === 1,
  }),
  scratch: (problem) => ({
    packed: packedType(problem.params, problem.spec),
    xp: xpType(problem.params),
    ...(problem.spec.half && { wide: wideType(problem) }),
  }),
  passes: [
    pack,
    project,
    {
      uses: (spec) => ["lengths", "h0", "c0", ...(spec.empty ? [] : ["xp"]), "packed", ...written(spec)],
      lanes: () => ({ packed: 4 }),
      workgroups: ({ params: { b, dirs } }, { rows }) => Math.ceil(b / rows) * dirs,
      wgsl: text,
    },
    narrow,
  ],
};

/** States in workgroup memory: h twice, c (or GRU's z), and what goes between two sweeps. */
const states = (spec: Spec) => 2 + (keepsC(spec) ? 1 : 0) + (twice(spec) ? 1 : 0);

function text(spec: Spec, tile: StepTile): string {
  const { rows, units, threads } = tile;
  const T = pieceOf(units);
  const W = spec.width / units;
  const row = (r: string) => `${r} * W`;
  const { first, second } = step(spec, tile, {
    row,
    blocks: (count, body) => wgsl`for (var turn = 0u; turn < ${CAP}; turn++) {
    if (turn * SPAN >= ${count}) { break; }
    ${body}
    }`,
  });
  const memory = (x: string, size: number) => wgsl`var<workgroup> s${x}: array<${T}, ${size}>;
fn get_${x}(i: u32) -> ${T} { return s${x}[i]; }
fn set_${x}(i: u32, v: ${T}) { s${x}[i] = v; }`;
  /** A piece of each row's states in turn. */
  const everyPiece = (body: string) => wgsl`for (var i = 0u; i < ${CAP}; i++) {
    let piece = i * ${threads}u + thread;
    if (piece >= W) { break; }
    let unit = piece * ${units}u;
    for (var r = 0u; r < ${CAP}; r++) {
      if (r >= ${rows}u) { break; }
      let b = min(row0 + r, p.b - 1u);
      ${body}
    }
  }`;
  const given = (["h0", "c0"] as const)
    .filter((name) => spec[name])
    .map((name) => `set_${name[0]}(${row("r")} + piece, ${initial(spec, units, name)});`)
    .join("\n      ");
  const left = [
    `put_hn((dir * p.b + b) * p.o, unit, get_h(last_half + ${row("r")} + piece));`,
    ...(spec.kind === "lstm" ? [`put_cn((dir * p.b + b) * p.h, unit, get_c(${row("r")} + piece));`] : []),
  ].join("\n      ");
  return wgsl`
const W = ${W}u; // pieces of a state
const SPAN = ${threads * units}u; // units of all threads
const HALF = ${rows}u * W; // of h, which is there twice
${PLACES(spec)}
${NUMBER}
${gates(spec, units)}
${storing(spec, units)}
${LENGTH(spec)}
${memory("h", 2 * rows * W)}
${keepsC(spec) ? memory("c", rows * W) : ""}
${twice(spec) ? memory("m", rows * W) : ""}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32${sharesH(tile) ? ", @builtin(subgroup_invocation_id) invocation: u32" : ""}) {
  ${sharesH(tile) ? "let lane = invocation & 3u;" : ""}
  let group = wid.y * groups.x + wid.x;
  let parts = (p.b + ${rows - 1}u) / ${rows}u;
  let dir = group / parts;
  if (dir >= p.dirs) { return; }
  let row0 = group % parts * ${rows}u;
  ${rowsOf(spec, tile)}
  ${given ? everyPiece(given) : ""}
  workgroupBarrier();
  ${
    spec.empty
      ? ""
      : wgsl`for (var s = 0u; s < ${CAP}; s++) {
    if (s >= p.t) { break; }
    let old_half = (s & 1u) * HALF;
    let new_half = HALF - old_half;
    ${placesOf(spec, tile)}
    ${first}
    workgroupBarrier();
    ${second ? `${second}\n    workgroupBarrier();` : ""}
  }`
  }
  let last_half = (p.t & 1u) * HALF;
  ${everyPiece(left)}
}
`;
}
