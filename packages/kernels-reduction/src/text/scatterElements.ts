import { CAP, wgsl } from "@tilewright/runtime";
import type { ElementsSpec } from "../scatterElements.ts";
import type { EachProgram } from "../variants/each.ts";
import { combine } from "./scatter.ts";

export const program: EachProgram<ElementsSpec> = {
  four: () => false,
  half: ({ dtype }) => dtype === "f16",
  lanes: () => ({}),
  count: "p.count",
  text: (spec) => {
    const { rank, axis } = spec;
    const walk = Array.from({ length: rank }, (_, d) => {
      const at = d < rank - 1 ? `rest % p.d${d}` : "rest";
      const step = Array.from({ length: d }, (_, k) => `p.i${k}`).join(" * ") || "1u";
      const next = d < rank - 1 ? ` rest /= p.d${d};` : "";
      if (d === axis) return `let mine = i32(${at}); let stride = ${step};${next}`;
      return `inside = inside && ${at} < p.i${d}; start += (${at}) * ${step};${next}`;
    });
    return wgsl`${combine(spec)}
// Updates that may meet element i stand in one line along the axis.
fn element(i: u32) -> S {
  var v = load_data(i);
  var rest = i; var start = 0u; var inside = true;
  ${walk.join("\n  ")}
  if (!inside) { return v; }
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= p.i${axis}) { break; }
    let at = start + k * stride;
    let index = i32(load_indices(at));
    if (select(index, index + i32(p.axisSize), index < 0) == mine) { v = combine(v, load_updates(at)); }
  }
  return v;
}`;
  },
};
