// Kernels whose elements are made from their place: triangles and one-hot rows.
import {
  countOf,
  type DType,
  defineKernel,
  fail,
  type Kernel,
  showShape,
  sizeOf,
  type TensorType,
  wgsl,
} from "@tilewright/runtime";
import { bytes, type Flat, kindOf, variants } from "./frame.ts";
import { bitsOf } from "./movement.ts";
import { axisOf, checkIndices, noMore } from "./options.ts";

type TriangleOptions = { readonly diagonal?: number | undefined };
export type Triangle = Kernel<
  { readonly x: "in"; readonly y: "out" },
  "n" | "rows" | "columns" | "diagonal",
  TriangleOptions,
  Flat
>;

const triangle = (name: string, upper: boolean): Triangle =>
  defineKernel({
    name,
    operands: { x: "in", y: "out" },
    params: { n: "u32", rows: "u32", columns: "u32", diagonal: "i32" },
    resolve({ x }: { readonly x: TensorType }, { diagonal = 0, ...more }: TriangleOptions) {
      noMore(name, more, "diagonal");
      if (x.shape.length < 2) fail(name, "shape", `x is ${showShape(x.shape)}; needed is a matrix or a batch of them.`);
      if (!Number.isInteger(diagonal)) fail(name, "shape", `diagonal is ${diagonal}; needed is an integer.`);
      const [rows, columns] = [x.shape.at(-2)!, x.shape.at(-1)!];
      return {
        params: { n: countOf(x.shape), rows, columns, diagonal: Math.min(Math.max(diagonal, -(2 ** 30)), 2 ** 30) },
        spec: { vec: columns % 4 === 0, dtype: x.dtype } as Flat,
        outputs: { y: x },
      };
    },
    variants: variants<"n" | "rows" | "columns" | "diagonal", Flat>({
      lanes: () => ({ x: 4 }),
      text({ dtype }, lanes) {
        const kind = kindOf(dtype);
        const [T, I] = lanes === 1 ? [kind, "i32"] : [`vec4<${kind}>`, "vec4<i32>"];
        const columns = lanes === 1 ? "column" : "column + vec4<i32>(0, 1, 2, 3)";
        return wgsl`
fn element(i: u32) -> ${T} {
  let column = i32(i % p.columns);
  let row = i32(i / p.columns % p.rows);
  let off = ${columns} - ${I}(row);
  return select(${T}(), load_x(${lanes === 1 ? "i" : "i >> 2u"}), off ${upper ? ">=" : "<="} ${I}(p.diagonal));
}
`;
      },
    }),
    proof: async () => (await import("./proofs/triangle.ts")).proof(upper),
    cost: ({ types }) => ({ flops: 0, bytes: bytes({ types }, sizeOf) }),
  });

/** Each matrix of x [..., rows, columns] with 0 below its diagonal (or the one `diagonal` above it). */
export const triu = /* @__PURE__ */ triangle("triu", true);
/** Each matrix of x [..., rows, columns] with 0 above its diagonal (or the one `diagonal` above it). */
export const tril = /* @__PURE__ */ triangle("tril", false);

export interface OneHotOptions {
  /** How many classes. */
  readonly depth: number;
  /** Where the new dimension stands in y; -1 (default) last. */
  readonly axis?: number | undefined;
  /** At the index, default 1, and elsewhere, default 0. */
  readonly onValue?: number | undefined;
  readonly offValue?: number | undefined;
  /** Of y; default f32. */
  readonly dtype?: DType | undefined;
}

/** y has `onValue` at its index and `offValue` elsewhere, along a new dimension of size `depth`; an index outside it gives `offValue` throughout. */
export const oneHot = /* @__PURE__ */ defineKernel({
  name: "oneHot",
  operands: { indices: "in", y: "out" },
  params: { n: "u32", depth: "u32", inner: "u32", on: "u32", off: "u32" },
  resolve({ indices }, { depth, axis = -1, onValue = 1, offValue = 0, dtype = "f32", ...more }: OneHotOptions) {
    noMore("oneHot", more, "depth, axis, onValue, offValue, dtype");
    checkIndices("oneHot", indices);
    if (!Number.isInteger(depth) || depth < 0) fail("oneHot", "shape", `depth is ${depth}; needed is an integer from 0.`);
    const at = axisOf("oneHot", axis, indices.shape.length + 1);
    const shape = [...indices.shape.slice(0, at), depth, ...indices.shape.slice(at)];
    const inner = countOf(indices.shape.slice(at));
    return {
      params: { n: countOf(shape), depth, inner, on: bitsOf(onValue, dtype), off: bitsOf(offValue, dtype) },
      spec: { vec: inner === 1 && depth % 4 === 0, dtype } as Flat,
      outputs: { y: { shape, dtype } },
    };
  },
  variants: /* @__PURE__ */ variants<"n" | "depth" | "inner" | "on" | "off", Flat>({
    text({ dtype }, lanes) {
      const kind = kindOf(dtype);
      const T = lanes === 1 ? kind : `vec4<${kind}>`;
      const [place, I] =
        lanes === 1 ? ["i / p.inner % p.depth", "u32"] : ["(i % p.depth) + vec4<u32>(0u, 1u, 2u, 3u)", "vec4<u32>"];
      const row = lanes === 1 ? "i / (p.inner * p.depth) * p.inner + i % p.inner" : "i / p.depth";
      return wgsl`
fn element(i: u32) -> ${T} {
  let index = u32(load_indices(${row}));
  return select(${T}(bitcast<${kind}>(p.off)), ${T}(bitcast<${kind}>(p.on)), ${place} == ${I}(index));
}
`;
    },
  }),
  proof: () => import("./proofs/oneHot.ts"),
  cost: ({ types }) => ({ flops: 0, bytes: bytes({ types }, sizeOf) }),
});
