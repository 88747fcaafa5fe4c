import { CAP, type Form, wgsl } from "@tilewright/runtime";
import type { Size } from "../problem.ts";
import { channelStep, filterSteps, overTaps, places } from "../text.ts";
import type { Spec } from "./conv-integer.ts";

const THREADS = 64;

/** One thread, one element of y; two loads of a byte for a multiply-add. */
export const naive: Form<Size, Spec> = {
  tiles: [{}],
  needs: () => ({ invocations: THREADS }),
  workgroups: ({ params: { batch, groups, co, yd, yh, yw } }) => Math.ceil((batch * groups * co * yd * yh * yw) / THREADS),
  wgsl: (spec) => wgsl`
${places(spec)}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * ${THREADS}u + thread;
  let pixels = p.yd * p.yh * p.yw;
  let channels = p.groups * p.co;
  if (i >= p.batch * channels * pixels) { return; }
  ${
    spec.last
      ? "let channel = i % channels; let pixel = i / channels % pixels; let image = i / (channels * pixels);"
      : "let channel = i / pixels % channels; let pixel = i % pixels; let image = i / (channels * pixels);"
  }
  var sum = 0;
  ${spec.empty ? "" : multiply(spec)}
  store_y(i, sum);
}
`,
};

function multiply(spec: Spec): string {
  const { o, i, tap, group } = filterSteps(spec);
  const zero = spec.wZero === undefined ? "0" : `i32(load_wZero(${spec.wZero === "c" ? "channel" : "0u"}))`;
  return wgsl`let x_zero = ${spec.xZero ? "i32(load_xZero(0u))" : "0"};
  let w_zero = ${zero};
  let start = corner(pixel);
  ${overTaps(
    spec,
    wgsl`    let at = under(start, offset);
    if (inside(at)) {
      let first = x_at(image, channel / p.co, at);
      let filter_at = tap * ${tap} + channel / p.co * ${group} + channel % p.co * ${o};
      for (var k = 0u; k < ${CAP}; k++) {
        if (k >= p.ci) { break; }
        sum += (i32(load_x(first + k * ${channelStep(spec)})) - x_zero) * (i32(load_w(filter_at + k * ${i})) - w_zero);
      }
    }`,
  )}`;
}
