// Quantised matrices: how they are made, and the kernels that read them. Only who quantises loads this.
import { dequantize, embeddingQuantized, matmulQuantized, quantize } from "@tilewright/kernels-matmul";
import { arrayOf, type Result, tensor } from "@tilewright/runtime";
import { BLOCK, type Floats, part } from "./floats.ts";
import type { Coded, Codes, Parameter } from "./layer.ts";
import { groupOf } from "./storage.ts";

/** Codes of [outputs, inputs], a few rows at a time: the matrix is never there in f32 as a whole, unless it is stored the other way round. */
function pack(floats: Floats, parameter: Parameter, bits: 4 | 8): Coded<Result> {
  const k = parameter.shape[parameter.inputs!]!;
  const n = floats.data.length / k;
  const group = groupOf(parameter)!;
  const [words, groups] = [(k * bits) / 32, k / group];
  const weights = tensor(new Uint32Array(n * words), [n, words]);
  const scales = tensor(new (arrayOf("f16"))(n * groups), [n, groups], "f16");
  const turned = parameter.inputs === 0 ? part(floats, 0, n * k) : undefined;
  const rows = (from: number, to: number): Float32Array => {
    if (!turned) return part(floats, from * k, to * k);
    const some = new Float32Array((to - from) * k);
    for (let i = 0; i < k; i++) for (let row = from; row < to; row++) some[(row - from) * k + i] = turned[i * n + row]!;
    return some;
  };
  const step = Math.max(1, Math.floor(BLOCK / k));
  for (let from = 0; from < n; from += step) {
    const to = Math.min(n, from + step);
    const { operands } = quantize(rows(from, to), [to - from, k], { bits, group, scales: "f16" });
    (weights.data as Uint32Array).set(operands.weights.data as Uint32Array, from * words);
    (scales.data as Uint16Array).set(operands.scales.data as Uint16Array, from * groups);
  }
  return { weights, scales, options: { bits, group } };
}

/** By kernels-matmul, with scales in f16. */
export const codes: Codes = {
  pack,
  unpack: ({ weights, scales, options }) => dequantize({ operands: { weights, scales }, options }).data as Float32Array,
  times: (tape, a, { weights, scales, options }, { activation, ...added }) =>
    tape.call(matmulQuantized, { a, weights, scales, ...added }, { ...options, activation }),
  rows: (tape, { weights, scales, options }, indices) => tape.call(embeddingQuantized, { indices, weights, scales }, options),
};
