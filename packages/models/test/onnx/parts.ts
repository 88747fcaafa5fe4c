// Layers in ONNX operators, as their papers have them; parameters by the names that ours have.
import type { Graph } from "./graph.ts";

/** x · Wᵀ + b, or x · W + b where the weight is [inputs, units]. */
export function dense(g: Graph, x: string, path: string, { io = false, bias = true } = {}): string {
  const w = io ? `${path}.weight` : g.node("Transpose", [`${path}.weight`], { perm: [1, 0] });
  const y = g.node("MatMul", [x, w]);
  return bias ? g.node("Add", [y, `${path}.bias`]) : y;
}

export const layerNorm = (g: Graph, x: string, path: string, epsilon = 1e-5): string =>
  g.node("LayerNormalization", [x, `${path}.weight`, `${path}.bias`], { axis: -1, epsilon: { f: epsilon } });

export const gelu = (g: Graph, x: string, approximate: "none" | "tanh" = "none"): string => g.node("Gelu", [x], { approximate });

/** [batch, rows, heads · size] as [batch, heads, rows, size]. */
export const apart = (g: Graph, x: string, heads: number): string =>
  g.node("Transpose", [g.node("Reshape", [x, g.ints([0, 0, heads, -1])])], { perm: [0, 2, 1, 3] });

/** Heads of keys or values, one for each head of queries. */
export const repeated = (g: Graph, x: string, heads: number, kvHeads: number): string =>
  heads === kvHeads
    ? x
    : g.node("Gather", [x, g.ints(Array.from({ length: heads }, (_, h) => Math.floor((h * kvHeads) / heads)))], { axis: 1 });

/**
 * softmax(q · kᵀ / √size + mask) · v of [batch, heads, rows, size], as [batch, rows, heads · size].
 * @param mask added to the scores
 */
export function attention(g: Graph, q: string, k: string, v: string, size: number, mask?: string): string {
  const dots = g.node("MatMul", [q, g.node("Transpose", [k], { perm: [0, 1, 3, 2] })]);
  const scaled = g.node("Mul", [dots, g.scalar(1 / Math.sqrt(size))]);
  const weights = g.node("Softmax", [mask ? g.node("Add", [scaled, mask]) : scaled], { axis: -1 });
  const y = g.node("Transpose", [g.node("MatMul", [weights, v])], { perm: [0, 2, 1, 3] });
  return g.node("Reshape", [y, g.ints([0, 0, -1])]);
}

/** What a causal row may not see: [rows, rows]. */
export const causal = (g: Graph, rows: number): string =>
  g.tensor({ data: Array.from({ length: rows * rows }, (_, i) => (i % rows > i / rows ? -1e9 : 0)), shape: [rows, rows] });

/** Columns from … to - 1 of the last dimension. */
export const columns = (g: Graph, x: string, from: number, to: number): string =>
  g.node("Slice", [x, g.ints([from]), g.ints([to]), g.ints([-1])]);
