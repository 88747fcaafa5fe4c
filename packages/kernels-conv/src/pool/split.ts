import { CAP, type Form, type Pass, type Tile, wgsl } from "@tilewright/runtime";
import { vec3u } from "../text.ts";
import { owned } from "./naive.ts";
import { outputsOf, type P, type Spec } from "./pool.ts";
import { better, beyond, corner, counted, integer, sum, types } from "./text.ts";

const THREADS = 64;
/** Parts of a window. */
const SLICES = 64;
/** Of a window; below it naive has little to share out. */
const LEAST = 100;

const fours = ({ last, vecC }: Spec) => last && vecC;
const elements = ({ kernel }: Spec) => kernel[0] * kernel[1] * kernel[2];

const first: Pass<P, Spec, Tile> = {
  uses: () => ["x", "partial"],
  lanes: (spec): { x: 1 | 4; partial: 1 | 4 } => (fours(spec) ? { x: 4, partial: 4 } : { x: 1, partial: 1 }),
  workgroups: (problem) => Math.ceil((SLICES * outputsOf(problem)) / (fours(problem.spec) ? 4 : 1) / THREADS),
  wgsl(spec) {
    const { last, kind, dilations } = spec;
    const lanes = fours(spec) ? 4 : 1;
    const { term, functions } = kind === "max" ? { term: (x: string) => x, functions: better(spec, lanes) } : sum(spec, lanes);
    const units = lanes === 4 ? "(p.channels / 4u)" : "p.channels";
    return wgsl`
${functions}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  let pixels = p.yd * p.yh * p.yw;
  let outputs = p.batch * ${units} * pixels;
  // Neighbours read neighbours: channels, or pieces of a row.
  let slice = ${last ? "index / outputs" : `index % ${SLICES}u`};
  let i = ${last ? "index % outputs" : `index / ${SLICES}u`};
  if (${last ? `slice >= ${SLICES}u` : "i >= outputs"}) { return; }
  let unit = ${last ? `i % ${units}` : "i / pixels % p.channels"};
  let pixel = ${last ? `i / ${units} % pixels` : "i % pixels"};
  let image = i / (${units} * pixels);
  let start = ${corner(spec)};
  // Rows of the window, in pieces where there are fewer of them than slices.
  let rows = p.kd * p.kh;
  let pieces = max(1u, ${SLICES}u / rows);
  let wide = (p.kw + pieces - 1u) / pieces;
  var total = ${beyond(spec, lanes)};
  for (var turn = 0u; turn < ${CAP}; turn++) {
    let piece = turn * ${SLICES}u + slice;
    if (piece >= rows * pieces) { break; }
    let row = piece / pieces;
    let begin = piece % pieces * wide;
    let end = min(begin + wide, p.kw);
    let at = start + vec3u(row / p.kh, row % p.kh, 0u) * ${vec3u(dilations)};
    if (at.x < p.xd && at.y < p.xh) {
      let line = ((${last ? "image" : "(image * p.channels + unit)"} * p.xd + at.x) * p.xh + at.y) * p.xw;
      for (var k = 0u; k < ${CAP}; k++) {
        if (begin + k >= end) { break; }
        let w = at.z + (begin + k) * ${dilations[2]}u;
        if (w < p.xw) {
          let x = load_x(${last ? `(line + w) * ${units} + unit` : "line + w"});
          ${kind === "max" ? "total = select(total, x, better(x, total));" : `total += ${term("x")};`}
        }
      }
    }
  }
  store_partial(slice * outputs + i, ${lanes === 4 ? "vec4f" : "f32"}(total));
}
`;
  },
};

const second: Pass<P, Spec, Tile> = {
  uses: () => ["partial", "y"],
  lanes: (spec, caps) => ({ partial: 1, y: owned(spec, caps) }),
  // As many as one element each would take: none starts in vain where words hold one.
  workgroups: (problem) => Math.ceil(outputsOf(problem) / THREADS),
  wgsl(spec, _tile, caps) {
    const { last, kind } = spec;
    const { T } = types(spec, 1);
    const words = owned(spec, caps);
    const float = { ...spec, dtype: "f32" } as const;
    const max = kind === "max";
    const each = (j: number) => `${integer(spec) ? T : ""}(element(min(${words}u * i + ${j}u, count - 1u), count))`;
    return wgsl`
${max ? better(float, 1) : `${sum(spec, 1).functions}\n${counted(spec)}`}
fn element(i: u32, count: u32) -> f32 {
  var total = load_partial(i);
  for (var k = 1u; k < ${SLICES}u; k++) {
    let x = load_partial(k * count + i);
    ${max ? "total = select(total, x, better(x, total));" : "total += x;"}
  }
  ${
    max
      ? "return total;"
      : wgsl`let pixels = p.yd * p.yh * p.yw;
  let pixel = ${last ? "i / p.channels % pixels" : "i % pixels"};
  let start = ${corner(spec)};
  return made(total, counted(start));`
  }
}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  let count = p.batch * p.channels * p.yd * p.yh * p.yw;
  if (${words}u * i < count) { store_y(i, ${words === 1 ? each(0) : `vec${words}<${integer(spec) ? T : "f32"}>(${Array.from({ length: words }, (_, j) => each(j)).join(", ")})`}); }
}
`;
  },
};

/**
 * Large windows of few outputs, global pools above all: 64 threads share a window's rows (or pieces of them, where rows are few), and a
 * second pass adds up what they found, in order. Without barriers: CPU adapters take these slowly.
 *
 *     x ┌──────┐ slice 0     partial            y
 *       ├──────┤ slice 1  ►  64 x outputs  ►  outputs
 *       └──────┘ …
 *
 * Scratch is 64 floats an output. Before, one thread walked a window alone.
 */
export const split: Form<P, Spec> = {
  tiles: [{}],
  needs: () => ({ invocations: THREADS }),
  refuses({ spec }) {
    if (spec.indices) return "it does not find indices";
    return elements(spec) < LEAST ? `it splits windows of at least ${LEAST} elements` : undefined;
  },
  scratch: (problem) => ({ partial: { shape: [SLICES, outputsOf(problem)], dtype: "f32" } }),
  passes: [first, second],
};
