import { CAP, wgsl } from "@tilewright/runtime";
import type { ConfusionSpec } from "../metrics.ts";
import type { EachProgram } from "../variants/each.ts";

export const program: EachProgram<ConfusionSpec> = {
  four: () => false,
  half: () => false,
  lanes: () => ({}),
  count: "(p.classes * p.classes)",
  text: ({ empty }) =>
    empty
      ? "fn element(i: u32) -> u32 { return 0u; }"
      : wgsl`fn element(i: u32) -> u32 {
  var count = 0u;
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= p.n) { break; }
    count += select(0u, 1u, u32(load_labels(k)) == i / p.classes && u32(load_predicted(k)) == i % p.classes);
  }
  return count;
}`,
};
