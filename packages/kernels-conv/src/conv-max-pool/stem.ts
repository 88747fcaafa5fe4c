import { CAP, type Form, wgsl } from "@tilewright/runtime";
import { finish, rises, sharedAt } from "../epilogue.ts";
import { better } from "../pool/text.ts";
import type { P } from "../problem.ts";
import { channelStep, filterSteps } from "../text.ts";
import { field, type Spec } from "./conv-max-pool.ts";

const THREADS = 64;

/** Four elements of x; those past an edge are 0, and not read. */
const four = (padded: boolean) =>
  padded
    ? wgsl`fn four(at: vec4u, inside: vec4<bool>) -> vec4f {
  let i = select(vec4u(), at, inside);
  return select(vec4f(), vec4f(load_x(i.x), load_x(i.y), load_x(i.z), load_x(i.w)), inside);
}`
    : "fn four(i: vec4u) -> vec4f { return vec4f(load_x(i.x), load_x(i.y), load_x(i.z), load_x(i.w)); }";

/** WGSL of steps ahead. */
const plus = (steps: number, step: string) => (steps > 0 ? ` + ${steps}u * ${step}` : "");

const count = (n: number) => Array.from({ length: n }, (_, i) => i);

/**
 * The first layers of a network, whose input channels are few: a thread holds all of x under four neighbouring windows of the pool, each a lane
 * of vec4, and goes over the filters with it.
 *
 *     x, 3x3 and pool 2:  ┌─┬─┬─┬─┐ 16 vec4, of four windows each      one filter's turn: 9 weights, bias
 *                         ├─┼─┼─┼─┤ loaded once for 16 filters     ─►  36 vec4 multiply-adds into 4 sums
 *                         └─┴─┴─┴─┘                                    their maximum: 4 floats of y
 *
 * Multiply-adds for a component loaded: 10.3 (144 for 9 weights, a bias and a 16th of 64). Of what conv stores and the pool loads again nothing
 * is: 28x28, 32 filters, batch 32: 173 thousand floats stored instead of 865, and 692 thousand loads less; a fifth of the time of the two on
 * SwiftShader and on lavapipe, measured.
 *
 * Lost: weights handed round by quadBroadcast for four filters at a time (a quarter of the loads, no faster, twice the text); fma.
 */
export const stem: Form<P, Spec, { filters: number }> = {
  tiles: [{ filters: 16 }, { filters: 32 }, { filters: 4 }],
  needs: () => ({ invocations: THREADS }),
  refuses({ spec }, { f16 }) {
    if (spec.channels === undefined) return "its windows, taps and input channels are too many, or in groups or three dimensions";
    if (spec.empty) return "there is nothing to multiply; naive writes the bias";
    if (spec.half && !f16 && (spec.last || !spec.vecPlane))
      return "without shader-f16 it stores f16 with channels first only, in planes of a multiple of 4";
    return undefined;
  },
  lanes: ({ last, vecPlane }) => ({ y: !last && vecPlane ? 4 : 1 }),
  workgroups: ({ params: { batch, co, yh, yw } }, { filters }) =>
    Math.ceil((batch * Math.ceil((yh * yw) / 4) * Math.ceil(co / filters)) / THREADS),
  wgsl(spec, { filters }) {
    const { last, padded, kernel, strides, dilations, pool, channels = 0 } = spec;
    const [, rows, columns] = field(spec) as [number[], number[], number[]];
    const [places, taps] = [pool[1] * pool[2], kernel[1] * kernel[2]];
    const step = filterSteps(spec);
    /** Name of what a tap of a channel meets from a place of the window. */
    const met = (place: number, channel: number, tap: number) => {
      const row = Math.floor(place / pool[2]) * strides[1] + Math.floor(tap / kernel[2]) * dilations[1];
      const column = (place % pool[2]) * strides[2] + (tap % kernel[2]) * dilations[2];
      return `x${channel}_${rows.indexOf(row)}_${columns.indexOf(column)}`;
    };
    /** WGSL of what lies at a place of the field. */
    const load = (channel: number, row: number, column: number) => {
      const at = `(line${row} + column${column})${last ? " * p.ci" : ""}`;
      return `four(image_at + ${at}${plus(channel, channelStep(spec))}${padded ? `, in_y${row} & in_x${column}` : ""})`;
    };
    const weights = count(channels * taps);
    const finished = (x: string) => `finish(${x}, 0u, channel${sharedAt(spec, "channel")})`;
    // An activation that never falls has the maximum where the sums have it.
    const late = rises(spec.activation);
    const at = last ? "(image * plane + first) * p.co + channel" : "(image * p.co + channel) * plane + first";
    return wgsl`
const FILTERS = ${filters}u; // of a thread
${finish({ ...spec, last: false, residual: false }, 4)}
${better({ dtype: "f32" }, 4)}
${four(padded)}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  let plane = p.yh * p.yw;
  let fours = (plane + 3u) / 4u;
  let image = index / fours % p.batch;
  let begin = index / fours / p.batch * FILTERS;
  if (begin >= p.co) { return; }
  // What lies past the last window is the last again, stored where that is.
  let first = index % fours * 4u;
  let last = min(3u, plane - 1u - first);
  let windows = first + min(vec4u(0u, 1u, 2u, 3u), vec4u(last));
  let corner_y = windows / p.yw * ${pool[1] * strides[1]}u - p.ph;
  let corner_x = windows % p.yw * ${pool[2] * strides[2]}u - p.pw;
  let image_at = image * p.ci * p.xh * p.xw;
  ${rows.map((row, i) => `let y${i} = corner_y + ${row}u;${padded ? ` let in_y${i} = y${i} < vec4u(p.xh);` : ""} let line${i} = y${i} * p.xw;`).join("\n  ")}
  ${columns.map((column, i) => `let column${i} = corner_x + ${column}u;${padded ? ` let in_x${i} = column${i} < vec4u(p.xw);` : ""}`).join("\n  ")}
  ${count(channels)
    .flatMap((c) => rows.flatMap((_, r) => columns.map((_, v) => `let x${c}_${r}_${v} = ${load(c, r, v)};`)))
    .join("\n  ")}
  let turns = min(FILTERS, p.co - begin);
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= turns) { break; }
    let channel = begin + k;
    let row = channel * ${step.o};
    ${weights.map((i) => `let w${i} = load_w(row${plus(Math.floor(i / taps), step.i)}${plus(i % taps, step.tap)});`).join("\n    ")}
    ${count(places)
      .map((place) => {
        const sum = weights.map((i) => `${met(place, Math.floor(i / taps), i % taps)} * w${i}`).join(" + ");
        return `let s${place} = ${late ? sum : finished(sum)};`;
      })
      .join("\n    ")}
    var most = s0;
    ${count(places)
      .slice(1)
      .map((place) => `most = select(most, s${place}, better(s${place}, most));`)
      .join(" ")}
    let v = ${late ? finished("most") : "most"};
    let at = ${at};
    ${
      !last && spec.vecPlane
        ? "store_y(at >> 2u, v);"
        : ["at", ...[1, 2, 3].map((j) => `at + min(${j}u, last)${last ? " * p.co" : ""}`)]
            .map((here, j) => `store_y(${here}, v[${j}]);`)
            .join(" ")
    }
  }
}
`;
  },
};
