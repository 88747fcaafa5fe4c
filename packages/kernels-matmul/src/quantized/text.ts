// WGSL that reads quantised weights, and rows of a beside them.
import { type Lanes, wgsl } from "@tilewright/runtime";
import { vec4Lanes } from "../text.ts";
import { type Layout, middle, perWord } from "./layout.ts";
import type { QuantizedSpec } from "./matmul.ts";

/** What decides how weights are read. */
export interface WeightsSpec extends Layout {
  readonly zeros: boolean;
}

/** Eight weights a load: a word of 4 bits, two of 8. */
export const weightLanes = ({ bits }: Layout): { weights: 1 | 2 } => ({ weights: bits === 4 ? 1 : 2 });

export const lanesOf = (spec: QuantizedSpec): Lanes => ({ ...vec4Lanes(spec), ...weightLanes(spec) });

/**
 * `dequantize(row, i, scale_of(row, i))`: eight neighbours along k of a row of weights. Blocks of eight are counted along k; a group is an even
 * number of them, so that two have one scale.
 */
export const dequantizing = ({ bits, group, zeros }: WeightsSpec): string => wgsl`
const GROUP = ${group}u;
const BLOCKS = GROUP / 8u; // blocks of eight weights in a group
fn row_groups() -> u32 { return (p.k + GROUP - 1u) / GROUP; } // of a row; the last may reach beyond k
// Four codes from the lowest bits, as the floats they stand for: signed integers convert in one instruction everywhere.
fn codes(word: u32) -> vec4f {
  let shifted = vec4u(word) >> vec4u(0u, ${bits}u, ${2 * bits}u, ${3 * bits}u);
  return vec4f(vec4i(shifted & vec4u(${2 ** bits - 1}u)));
}
fn zero_of(row: u32, group: u32) -> f32 { ${
  zeros
    ? `return f32(i32((load_zeros(row * ((row_groups() + ${perWord(bits) - 1}u) / ${perWord(bits)}u) + group / ${perWord(bits)}u) >> (group % ${perWord(bits)}u * ${bits}u)) & ${2 ** bits - 1}u));`
    : `return ${middle(bits)}.0;`
} }
// Scale and zero of a block's group.
fn scale_of(row: u32, i: u32) -> vec2f {
  let group = i / BLOCKS;
  return vec2f(load_scales(row * row_groups() + group), zero_of(row, group));
}
fn dequantize(row: u32, i: u32, scale: vec2f) -> mat2x4f {
  let word = load_weights(row * row_groups() * BLOCKS + i);
  return mat2x4f(scale.x * (codes(${bits === 4 ? "word" : "word.x"}) - scale.y), scale.x * (codes(${bits === 4 ? "word >> 16u" : "word.y"}) - scale.y));
}`;

/** `four_a(start, i)`: k 4i … 4i+3 of a row of a, zero past its end; `start_a(row)` is where it starts. Rows of whole groups are read as vec4. */
export const readingA = ({ vecA }: QuantizedSpec): string =>
  vecA
    ? wgsl`
fn start_a(row: u32) -> u32 { return row * (p.k >> 2u); }
fn four_a(start: u32, i: u32) -> vec4f { return load_a(start + i); }`
    : wgsl`
fn start_a(row: u32) -> u32 { return row * p.k; }
fn one_a(start: u32, k: u32) -> f32 { return select(0.0, load_a(start + min(k, p.k - 1u)), k < p.k); }
fn four_a(start: u32, i: u32) -> vec4f { return vec4f(one_a(start, 4u * i), one_a(start, 4u * i + 1u), one_a(start, 4u * i + 2u), one_a(start, 4u * i + 3u)); }`;
