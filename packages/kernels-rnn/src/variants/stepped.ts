import { type Form, type Problem, type TensorType, wgsl } from "@tilewright/runtime";
import { gates, pieceOf, twice } from "../gates.ts";
import { narrow, storing, wideType, written } from "../narrow.ts";
import { NUMBER, PLACES, pack, packedType, project, xpType } from "../pack.ts";
import type { P, Spec } from "../problem.ts";
import { initial, keepsC, LENGTH, placesOf, rowsOf, type StepTile, sharesH, step } from "../step.ts";

const THREADS = 64;
/** Neighbouring units of a thread: the state is bound as vec2. */
const UNITS = 2;
const T = pieceOf(UNITS);

/**
 * A dispatch for each step, over the whole device: rows and units are shared out over workgroups, states lie in scratch.
 *
 *     step s:   state [s & 1] ──┐            ┌─► state [1 − (s & 1)], c in place, y
 *               xp [s], r ──────┴─ workgroup ┘   the next dispatch sees it: no barrier
 *
 * For more units than `resident` holds, and for devices without subgroups. `sequence` has as many workgroups as there are few rows; this has as many as
 * there are units, too: for a batch of one on several cores, and where the weights of a step are more than one core should read: LSTM, 64 steps,
 * 8 rows, H 128: 21.0 ms where `sequence` takes 23.6 on lavapipe, 31 where it takes 38 on SwiftShader. It costs a dispatch a step. Where a step has a
 * second sweep (projection, GRU with its reset before), two. Four fifths of it is loading weights, wherever they lie: an order in which a workgroup
 * reads them in a row gained nothing.
 */
export const stepped: Form<P, Spec, StepTile> = {
  tiles: [
    { rows: 8, units: UNITS, threads: 8, quad: 1 },
    { rows: 1, units: UNITS, threads: 8, quad: 1 },
    { rows: 4, units: UNITS, threads: 8, quad: 0 },
    { rows: 1, units: UNITS, threads: 64, quad: 0 },
  ],
  prefer: ({ params: { b } }, { software, subgroups }) =>
    stepped.tiles[software ? (b > 2 ? (subgroups ? 0 : 2) : subgroups ? 1 : 3) : 3],
  needs: ({ threads, quad }) => ({ invocations: Math.max(threads, THREADS), subgroups: quad === 1 }),
  refuses: ({ spec }) => (spec.empty ? "there are no steps; sequence passes states on" : undefined),
  scratch: (problem) => ({
    packed: packedType(problem.params, problem.spec),
    xp: xpType(problem.params),
    state: stateType(problem),
    ...(problem.spec.half && { wide: wideType(problem) }),
  }),
  passes: [
    pack,
    project,
    {
      uses: () => ["lengths", "h0", "c0", "state"],
      lanes: () => ({ state: UNITS }),
      workgroups: ({ params: { b, dirs }, spec: { width } }) => Math.ceil((dirs * b * width) / UNITS / THREADS),
      wgsl: (spec) => start(spec),
    },
    {
      repeat: { param: "step", times: ({ params: { t } }) => t },
      uses,
      lanes: () => ({ packed: 4, state: UNITS }),
      workgroups: ({ params }, tile) => groups(params, params.h, tile),
      wgsl: (spec, tile) => text(spec, tile, "first"),
    },
    {
      skip: (spec) => !twice(spec),
      repeat: { param: "step", times: ({ params: { t } }) => t },
      uses,
      lanes: () => ({ packed: 4, state: UNITS }),
      workgroups: ({ params }, tile) => groups(params, params.o, tile),
      wgsl: (spec, tile) => text(spec, tile, "second"),
    },
    narrow,
  ],
};

function uses(spec: Spec): readonly string[] {
  return ["lengths", "packed", "xp", "state", ...written(spec)];
}

const groups = ({ b, dirs }: { readonly b: number; readonly dirs: number }, count: number, { rows, units, threads }: StepTile) =>
  dirs * Math.ceil(b / rows) * Math.ceil(count / (units * threads));

/** h twice, c (or a GRU's z), and what goes between two sweeps: each [D, B, width]. */
const stateType = ({ params: { b, dirs }, spec }: Problem<P, Spec>): TensorType => ({
  shape: [2 + (keepsC(spec) ? 1 : 0) + (twice(spec) ? 1 : 0), dirs, b, spec.width],
  dtype: "f32",
});

/** Where the states lie, in pieces. */
function memory(spec: Spec): string {
  const at = (x: string, first: string) => wgsl`fn get_${x}(i: u32) -> ${T} { return load_state(${first}i); }
fn set_${x}(i: u32, v: ${T}) { store_state(${first}i, v); }`;
  return wgsl`const W = ${spec.width / UNITS}u; // pieces of a state
fn half() -> u32 { return p.dirs * p.b * W; } // of h, which is there twice
${at("h", "")}
${keepsC(spec) ? at("c", "2u * half() + ") : ""}
${twice(spec) ? at("m", `${keepsC(spec) ? 3 : 2}u * half() + `) : ""}`;
}

/** h0 and c0 into the state, and zeros behind them and where they are missing: a thread for each piece. */
const start = (spec: Spec): string => wgsl`
${memory(spec)}
${LENGTH(spec)}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  if (i >= half()) { return; }
  let unit = i % W * ${UNITS}u;
  let b = i / W % p.b;
  let dir = i / W / p.b;
  set_h(i, ${initial(spec, UNITS, "h0")});
  set_h(half() + i, ${T}());
  ${keepsC(spec) ? `set_c(i, ${initial(spec, UNITS, "c0")});` : ""}
  ${twice(spec) ? `set_m(i, ${T}());` : ""}
}
`;

/** One sweep of step p.step: a workgroup for some rows and some units. */
function text(spec: Spec, tile: StepTile, which: "first" | "second"): string {
  const { rows, threads } = tile;
  const count = which === "second" && spec.projection ? "p.o" : "p.h";
  const sweeps = step(spec, tile, {
    row: (r) => `(dir * p.b + min(row0 + ${r}, p.b - 1u)) * W`,
    blocks: (_, body) => body,
    ends: true,
  });
  return wgsl`
const SPAN = ${threads * UNITS}u; // units of all threads
${PLACES(spec)}
${memory(spec)}
${NUMBER}
${gates(spec, UNITS)}
${storing(spec, UNITS)}
${LENGTH(spec)}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32${sharesH(tile) ? ", @builtin(subgroup_invocation_id) invocation: u32" : ""}) {
  ${sharesH(tile) ? "let lane = invocation & 3u;" : ""}
  let group = wid.y * groups.x + wid.x;
  let across = (${count} + SPAN - 1u) / SPAN;
  let parts = (p.b + ${rows - 1}u) / ${rows}u;
  let turn = group % across;
  let dir = group / across / parts;
  if (dir >= p.dirs) { return; }
  let row0 = group / across % parts * ${rows}u;
  ${rowsOf(spec, tile)}
  let s = p.step;
  let old_half = (s & 1u) * half();
  let new_half = half() - old_half;
  ${placesOf(spec, tile)}
  ${sweeps[which]}
}
`;
}
