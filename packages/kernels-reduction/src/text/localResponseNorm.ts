import { CAP, wgsl } from "@tilewright/runtime";
import type { ChannelSpec } from "../channels.ts";
import type { EachProgram } from "../variants/each.ts";

export const program: EachProgram<ChannelSpec> = {
  four: ({ vec }) => vec === "same",
  half: ({ half }) => half,
  count: "p.count",
  lanes: ({ vec }) => ({ x: vec === "same" ? 4 : 1 }),
  text: ({ vec }) => {
    const T = vec === "same" ? "vec4f" : "f32";
    const inner = vec === "same" ? "(p.inner >> 2u)" : "p.inner";
    return wgsl`fn element(i: u32) -> ${T} {
  let c = i / ${inner} % p.channels;
  let first = c - min(c, (p.size - 1u) / 2u);
  let end = min(c + p.size / 2u, p.channels - 1u) + 1u;
  var squares = ${T}();
  for (var k = 0u; k < ${CAP}; k++) {
    if (first + k >= end) { break; }
    let x = load_x(i + (first + k) * ${inner} - c * ${inner});
    squares += x * x;
  }
  return load_x(i) / exp(p.beta * log(p.bias + p.alpha / f32(p.size) * squares));
}`;
  },
};
