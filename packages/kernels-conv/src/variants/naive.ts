import { CAP, type Form, wgsl } from "@tilewright/runtime";
import { finish, sharedAt } from "../epilogue.ts";
import type { P, Spec } from "../problem.ts";
import { channelStep, filterSteps, lessZero, overTaps, places, zeroAt } from "../text.ts";

/**
 * One thread, one element of y: does everything, the yardstick, and as good as any where y is tiny.
 *
 *     x ┌───────┐   w ┌───┐          y ┌─────┐
 *       │ ┌───┐ │  x  │   │ Σ    =     │  .  │ one thread
 *       │ └───┘ │     └───┘            └─────┘
 *       └───────┘  taps and channels of a group
 *
 * Two loads for a multiply-add. Where y is f16 and the device has no f16, a thread owns a whole word: two elements.
 */
export const naive: Form<P, Spec, { threads: number }> = {
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  lanes: ({ half }, { f16 }) => ({ y: half && !f16 ? 2 : 1 }),
  workgroups: ({ params: { batch, groups, co, yd, yh, yw } }, { threads }) =>
    Math.ceil((batch * groups * co * yd * yh * yw) / threads),
  wgsl: (spec, { threads }, { f16 }) =>
    elementwise(
      spec,
      threads,
      f16,
      places(spec),
      wgsl`var sum = 0.0;
  let start = corner(pixel);
  ${multiply(spec)}
  return finish(sum, i, channel${sharedAt(spec, "channel")});`,
    ),
};

/**
 * A thread for each element of y.
 * @param body what returns element `i`, at `pixel` of `channel` of `image`
 */
export const elementwise = (spec: Spec, threads: number, f16: boolean, functions: string, body: string): string => wgsl`
${functions}
${finish({ ...spec, vecY: false }, 1)}

fn element(i: u32) -> f32 {
  let pixels = p.yd * p.yh * p.yw;
  let channels = p.groups * p.co;
  ${
    spec.last
      ? "let channel = i % channels; let pixel = i / channels % pixels; let image = i / (channels * pixels);"
      : "let channel = i / pixels % channels; let pixel = i % pixels; let image = i / (channels * pixels);"
  }
  ${body}
}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${threads}u + thread;
  let count = p.batch * p.groups * p.co * p.yd * p.yh * p.yw;
  ${
    spec.half && !f16
      ? "if (2u * i < count) { store_y(i, vec2f(element(2u * i), element(min(2u * i + 1u, count - 1u)))); }"
      : "if (i < count) { store_y(i, element(i)); }"
  }
}
`;

/** Adds to `sum` what the filter of `channel` makes of the window that begins at `start`. */
export function multiply(spec: Spec): string {
  if (spec.empty) return "";
  const { o, i, tap, group } = filterSteps(spec);
  return wgsl`${spec.zeros === undefined ? "" : `let zero = ${zeroAt(spec, "channel")};`}
  ${overTaps(
    spec,
    wgsl`    let at = under(start, offset);
    if (inside(at)) {
      let first = x_at(image, channel / p.co, at);
      let filter_at = tap * ${tap} + channel / p.co * ${group} + channel % p.co * ${o};
      for (var k = 0u; k < ${CAP}; k++) {
        if (k >= p.ci) { break; }
        sum = fma(load_x(first + k * ${channelStep(spec)}), f32(load_w(filter_at + k * ${i}))${lessZero(spec, "zero")}, sum);
      }
    }`,
  )}`;
}
