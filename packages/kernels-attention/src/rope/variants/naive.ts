import { type Form, wgsl } from "@tilewright/runtime";
import type { P, Spec } from "../rope.ts";
import { ANGLE, PLACE } from "../text.ts";

/** A thread an element, or a word of two halves: what `direct` cannot store. */
export const naive: Form<P, Spec> = {
  tiles: [{}],
  needs: () => ({ invocations: 64 }),
  lanes: ({ half }, { f16 }) => ({ out: half && !f16 ? 2 : 1 }),
  workgroups: ({ params: { batch, heads, s, d } }) => Math.ceil((batch * heads * s * d) / 64),
  wgsl: ({ interleaved, layout, angles, half }, _, { f16 }) => wgsl`
fn element(e: u32) -> f32 {
  let row = e / p.d;
  let c = e % p.d;
  let x = load_x(e);
  if (c >= 2u * p.half) { return x; }
  let i = ${PLACE[layout]};
  let b = row / (p.heads * p.s);
  let angle = ${ANGLE[angles]};
  let second = ${interleaved ? "(c & 1u) == 1u" : "c >= p.half"};
  let pair = angle * p.half + ${interleaved ? "(c >> 1u)" : "c % p.half"};
  let partner = load_x(select(e + ${interleaved ? "1u" : "p.half"}, e - ${interleaved ? "1u" : "p.half"}, second));
  return x * load_cos(pair) + select(-partner, partner, second) * load_sin(pair);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * groups.x + wid.x) * 64u + thread;
  let count = p.batch * p.heads * p.s * p.d;
  ${
    half && !f16
      ? "if (2u * i < count) { store_out(i, vec2f(element(2u * i), element(min(2u * i + 1u, count - 1u)))); }"
      : "if (i < count) { store_out(i, element(i)); }"
  }
}
`,
};
