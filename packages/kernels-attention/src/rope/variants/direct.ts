import { type Form, wgsl } from "@tilewright/runtime";
import type { P, Spec } from "../rope.ts";
import { ANGLE, PLACE } from "../text.ts";

/** Steps of a row: turned ones, then those that are copied. */
const stepsOf = ({ interleaved, lanes }: Spec, half: number, d: number): [turned: number, kept: number] => [
  interleaved ? (lanes === 1 ? half : (2 * half) / lanes) : half / lanes,
  (d - 2 * half) / lanes,
];

const TURN = {
  // x and y are blocks half a row apart
  half: wgsl`let x = load_x(at + c);
  let y = load_x(at + c + half);
  let cosine = load_cos(angle * half + c);
  let sine = load_sin(angle * half + c);
  store_out(at + c, x * cosine - y * sine);
  store_out(at + c + half, y * cosine + x * sine);`,
  1: wgsl`let x = load_x(at + 2u * c);
  let y = load_x(at + 2u * c + 1u);
  let cosine = load_cos(angle * p.half + c);
  let sine = load_sin(angle * p.half + c);
  store_out(at + 2u * c, x * cosine - y * sine);
  store_out(at + 2u * c + 1u, y * cosine + x * sine);`,
  2: wgsl`let x = load_x(at + c);
  let cosine = load_cos(angle * p.half + c);
  let sine = load_sin(angle * p.half + c);
  store_out(at + c, x * cosine + vec2f(-x.y, x.x) * sine);`,
  4: wgsl`let x = load_x(at + c);
  let cosine = load_cos(angle * (p.half / 2u) + c);
  let sine = load_sin(angle * (p.half / 2u) + c);
  store_out(at + c, x * cosine.xxyy + vec4f(-x.y, x.x, -x.w, x.z) * sine.xxyy);`,
};

/** A thread turns one block of a row, or copies one that is not turned. */
export const direct: Form<P, Spec> = {
  tiles: [{}],
  needs: () => ({ invocations: 64 }),
  refuses: ({ spec, params: { d } }, { f16 }) =>
    spec.half && !f16 && spec.lanes === 1 ? `without shader-f16 it stores f16 by twos only; d is ${d}` : undefined,
  lanes: ({ lanes, interleaved }) => {
    const angles = interleaved ? (lanes === 4 ? 2 : 1) : lanes;
    return { x: lanes, out: lanes, cos: angles, sin: angles };
  },
  workgroups: ({ params: { batch, heads, s, d, half }, spec }) => {
    const [turned, kept] = stepsOf(spec, half, d);
    return Math.ceil((batch * heads * s * (turned + kept)) / 64);
  },
  wgsl: ({ interleaved, layout, angles, lanes }) => wgsl`
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let id = (wid.y * groups.x + wid.x) * 64u + thread;
  let half = p.half / ${lanes}u;
  let turned = ${interleaved ? (lanes === 1 ? "p.half" : `2u * p.half / ${lanes}u`) : "half"};
  let kept = (p.d - 2u * p.half) / ${lanes}u;
  let row = id / (turned + kept);
  let c = id % (turned + kept);
  if (row >= p.batch * p.heads * p.s) { return; }
  let i = ${PLACE[layout]};
  let b = row / (p.heads * p.s);
  let at = row * (p.d / ${lanes}u);
  if (c >= turned) {
    let e = at + 2u * p.half / ${lanes}u + c - turned;
    store_out(e, load_x(e));
    return;
  }
  let angle = ${ANGLE[angles]};
  ${interleaved ? TURN[lanes] : TURN.half}
}
`,
};
