// Rows of a quantised table.
import { defineKernel, fail, showShape, sizeOf, type Variant, wgsl } from "@tilewright/runtime";
import { checkFloat, checkOptions } from "../checks.ts";
import { type LayoutOptions, layoutOf, type QuantizedOperands } from "./layout.ts";
import { dequantizing, type WeightsSpec, weightLanes } from "./text.ts";

export interface EmbeddingQuantizedOptions extends LayoutOptions {
  /** Of the output. Default f32. */
  dtype?: "f32" | "f16" | undefined;
}

export type EmbeddingQuantizedP = "count" | "rows" | "k";
export type EmbeddingQuantizedSpec = WeightsSpec;

/**
 * A thread for eight neighbours of an output row.
 *
 *     indices ──► row of the table   ▓▓▓▓ a word of codes ──► ▓▓▓▓▓▓▓▓ two vec4 of y
 *                                    · its group's scale
 *
 * A multiply for each element: what it costs is the write.
 */
const rows: Variant<EmbeddingQuantizedP, EmbeddingQuantizedSpec, { threads: number }> = {
  name: "rows",
  tiles: [{ threads: 64 }],
  needs: ({ threads }) => ({ invocations: threads }),
  when: () => true,
  lanes: (spec) => ({ ...weightLanes(spec), y: 4 }),
  workgroups: ({ params: { count, k } }, { threads }) => Math.ceil((count * k) / 8 / threads),
  wgsl: (spec, { threads }) => wgsl`
${dequantizing(spec)}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) across: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (wid.y * across.x + wid.x) * ${threads}u + thread;
  let blocks = p.k / 8u;
  if (i >= p.count * blocks) { return; }
  let row = u32(load_indices(i / blocks)); // what is negative is huge here
  var w = mat2x4f();
  if (row < p.rows) { w = dequantize(row, i % blocks, scale_of(row, i % blocks)); }
  store_y(2u * i, w[0]);
  store_y(2u * i + 1u, w[1]);
}
`,
};

/**
 * y[…, i] = scale · (code − zero) of row indices[…] of a quantised table: an embedding, or ONNX GatherBlockQuantized along the first axis.
 *
 * `weights`, `scales`, `zeros` hold a table [rows, k] as {@link QuantizedOperands} has it; `indices` are u32 or i32 of any shape;
 * y is [...indices' shape, k]. An index below 0 or from `rows` on gives a row of zeros.
 */
export const embeddingQuantized = defineKernel({
  name: "embeddingQuantized",
  operands: { indices: "in", weights: "in", scales: "in", zeros: "in?", y: "out" },
  params: { count: "u32", rows: "u32", k: "u32" },

  resolve({ indices, weights, scales, zeros }, { bits, group, dtype = "f32", ...unknown }: EmbeddingQuantizedOptions) {
    const who = "embeddingQuantized";
    checkOptions(who, unknown, "bits, group, dtype");
    if (indices.dtype !== "u32" && indices.dtype !== "i32")
      fail(who, "dtype", `indices is ${indices.dtype}; needed is u32 or i32.`);
    const { n, k, layout } = layoutOf(who, { weights, scales, zeros }, { bits, group });
    checkFloat(who, "options.dtype", dtype);
    if (!n) fail(who, "shape", `weights is ${showShape(weights.shape)}: a table without rows.`);
    const count = indices.shape.reduce((x, y) => x * y, 1);
    return {
      params: { count, rows: n, k },
      spec: { ...layout, zeros: !!zeros } as EmbeddingQuantizedSpec,
      outputs: { y: { shape: [...indices.shape, k], dtype } },
      dynamic: ["count"],
    };
  },

  variants: [rows],

  proof: () => import("./embedding-proof.ts"),

  cost: ({ params: { count, k }, spec: { bits, group }, types }) => ({
    flops: count * k,
    bytes: count * ((k * bits) / 8 + (k / group) * 4) + sizeOf(types["y"]!) + sizeOf(types["indices"]!),
  }),
});
