import { type Form, wgsl } from "@tilewright/runtime";
import { vec3u } from "../text.ts";
import { owned } from "./naive.ts";
import { types } from "./text.ts";
import type { UnpoolP, UnpoolSpec } from "./unpool.ts";

const THREADS = 64;
/** Four channels are a vec4. */
const fours = ({ last, vecC }: UnpoolSpec) => last && vecC;

/**
 * One thread, one element of y (four channels, or a word of smaller ones): it asks each window that it lies in whether it is
 * its maximum. So nothing is written twice, no order of threads shows, and zeros need no pass of their own.
 *
 *     x ┌─┬─┬─┐      y ┌────────┐   windows over the element: ⌈kernel / stride⌉ a dimension,
 *       │ │▒│▒│  ◄───  │    .   │   one where they do not overlap
 *       └─┴─┴─┘        └────────┘
 */
export const gather: Form<UnpoolP, UnpoolSpec> = {
  tiles: [{}],
  needs: () => ({ invocations: THREADS }),
  lanes(spec, caps): { x: 1 | 4; indices: 1 | 4; y: 1 | 2 | 4 } {
    return fours(spec) ? { x: 4, indices: 4, y: 4 } : { x: 1, indices: 1, y: owned(spec, caps) };
  },
  // As many as one element each would take: none starts in vain where words hold one.
  workgroups: ({ params: { batch, channels, yd, yh, yw }, spec }) =>
    Math.ceil((batch * (channels / (fours(spec) ? 4 : 1)) * yd * yh * yw) / THREADS),
  wgsl(spec, _tile, caps) {
    const { last, order, kernel, strides, dilations } = spec;
    const four = fours(spec);
    const words = four ? 1 : owned(spec, caps);
    const { T, U } = types(spec, four ? 4 : 1);
    const units = four ? "(p.channels / 4u)" : "p.channels";
    const reach = kernel.map((k, i) => (k - 1) * dilations[i]! + 1);
    const most = reach.map((r, i) => Math.ceil(r / strides[i]!));
    // Where an element lies, as its index counts.
    const pixel = order === "column-major" ? "(at.x + (at.y + at.z * p.ih) * p.id)" : "((at.x * p.ih + at.y) * p.iw + at.z)";
    const box = last ? "image" : "(image * p.channels + unit)";
    const whole = `(${box} * p.id * p.ih * p.iw + ${pixel})`;
    const lanes = four ? "vec4u(4u * unit) + vec4u(0u, 1u, 2u, 3u)" : "unit";
    const mine = order === "plane" ? pixel : last ? `${whole} * p.channels + ${lanes}` : whole;
    const asked = last
      ? `((image * p.xd + o.x) * p.xh + o.y) * p.xw + o.z) * ${units} + unit`
      : `((image * p.channels + unit) * p.xd + o.x) * p.xh + o.y) * p.xw + o.z`;
    const loop = (k: string, axis: number) => `for (var ${k} = 0u; ${k} < ${most[axis]}u; ${k}++) {`;
    const each = (j: number) => `element(min(${words}u * i + ${j}u, count - 1u))`;
    return wgsl`
fn element(i: u32) -> ${T} {
  let pixels = p.yd * p.yh * p.yw;
  let unit = ${last ? `i % ${units}` : "i / pixels % p.channels"};
  let place = ${last ? `i / ${units} % pixels` : "i % pixels"};
  let image = i / (${units} * pixels);
  let at = vec3u(place / (p.yh * p.yw), place / p.yw % p.yh, place % p.yw);
  var value = ${T}();
  if (any(at >= vec3u(p.id, p.ih, p.iw))) { return value; }
  let mine = ${U}(${mine});
  // The windows that it lies in: the last begins before it or here, the first ends here or behind it.
  let here = at + vec3u(p.pd, p.ph, p.pw);
  let first = (max(here + ${vec3u(strides)}, ${vec3u(reach)}) - ${vec3u(reach)}) / ${vec3u(strides)};
  let end = min(here / ${vec3u(strides)} + 1u, vec3u(p.xd, p.xh, p.xw));
  ${loop("kd", 0)} ${loop("kh", 1)} ${loop("kw", 2)}
    let o = first + vec3u(kd, kh, kw);
    if (all(o < end)) {
      let one = (${asked};
      value = select(value, load_x(one), ${U}(load_indices(one)) == mine);
    }
  }}}
  return value;
}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  let count = p.batch * ${units} * p.yd * p.yh * p.yw;
  if (${words}u * i < count) { store_y(i, ${words === 1 ? "element(i)" : `vec${words}<${T}>(${Array.from({ length: words }, (_, j) => each(j)).join(", ")})`}); }
}
`;
  },
};
