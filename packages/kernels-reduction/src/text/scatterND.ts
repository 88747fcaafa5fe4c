// Slices into places, as text.
import { CAP, wgsl } from "@tilewright/runtime";
import type { SliceSpec } from "../scatterND.ts";
import type { EachProgram } from "../variants/each.ts";
import { combine } from "./scatter.ts";

/** `slot_of(u)`: where update u goes, or `slots` where it goes nowhere. */
export function slots({ tuple, negative }: SliceSpec): string {
  const digits = Array.from({ length: tuple }, (_, d) => {
    const size = `p.s${d}`;
    return `digit = i32(load_indices(u * ${tuple}u + ${tuple - 1 - d}u)); ${negative ? `digit = select(digit, digit + i32(${size}), digit < 0); ` : ""}inside = inside && digit >= 0 && digit < i32(${size}); slot += u32(digit) * step; step *= ${size};`;
  });
  return wgsl`fn slot_of(u: u32) -> u32 {
  var slot = 0u; var step = 1u; var inside = true; var digit = 0i;
  ${digits.join("\n  ")}
  return select(p.slots, slot, inside);
}`;
}

const own = ({ zeros }: SliceSpec) => (zeros ? "S()" : "load_data(i)");

/** Every element looks at every update: for few of them. */
export const loop: EachProgram<SliceSpec> = {
  four: () => false,
  half: ({ dtype }) => dtype === "f16",
  lanes: () => ({}),
  count: "p.count",
  text: (spec) => wgsl`${combine(spec)}
${slots(spec)}
fn element(i: u32) -> S {
  var v = ${own(spec)};
  let slot = i / p.size;
  for (var u = 0u; u < ${CAP}; u++) {
    if (u >= p.updates) { break; }
    if (slot_of(u) == slot) { v = combine(v, load_updates(u * p.size + i % p.size)); }
  }
  return v;
}`,
};

/** Every element walks the chain of its slot. */
export const chain: EachProgram<SliceSpec> = {
  four: () => false,
  half: ({ dtype }) => dtype === "f16",
  lanes: () => ({}),
  count: "p.count",
  text: (spec) => wgsl`${combine(spec)}
fn element(i: u32) -> S {
  var v = ${own(spec)};
  var u = load_first(i / p.size);
  for (var k = 0u; k < ${CAP}; k++) {
    if (u >= p.updates) { break; }
    v = combine(v, load_updates(u * p.size + i % p.size));
    u = load_next(u);
  }
  return v;
}`,
};
