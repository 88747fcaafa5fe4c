import { CAP, type Form } from "@tilewright/runtime";
import { elements } from "../../variants/naive.ts";
import type { QuantizedP, QuantizedSpec } from "../matmul.ts";
import { dequantizing, lanesOf, readingA } from "../text.ts";

/**
 * One thread, one element of c: the yardstick, and the way out for odd f16.
 *
 *     a [m, k]           w [n, k]         c [m, n]
 *     ────────►  row  x  ──────►  row  =  · one thread
 *
 * Per eight k two vec4 of a and a word of weights with its scale, for eight multiply-adds.
 */
export const naive: Form<QuantizedP, QuantizedSpec, { threads: number }> = {
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  lanes: (spec, { f16 }) => ({ ...lanesOf(spec), bias: 1, residual: 1, c: spec.half && !f16 ? 2 : 1 }),
  workgroups: ({ params: { m, n, batch } }, { threads }) => Math.ceil((m * n * batch) / threads),
  wgsl: (spec, { threads }, { f16 }) =>
    (spec.empty ? "" : dequantizing(spec) + readingA(spec)) + elements(spec, threads, f16, spec.empty ? "" : multiply),
};

const multiply = `let start = start_a(matrix * p.m + row);
  let blocks = (p.k + 7u) / 8u;
  for (var k = 0u; k < ${CAP}; k++) {
    if (k >= blocks) { break; }
    let w = dequantize(col, k, scale_of(col, k));
    sum += dot(w[0], four_a(start, 2u * k)) + dot(w[1], four_a(start, 2u * k + 1u));
  }`;
