// Several tensors as one along an axis, and back: one dispatch for up to seven.
import {
  type Caps,
  countOf,
  type DType,
  defineKernel,
  fail,
  type Kernel,
  showShape,
  sizeOf,
  type TensorType,
  type Variant,
  wgsl,
} from "@tilewright/runtime";
import { bytes, type Flat, kindOf, main, sharing, type Tile, variants } from "./frame.ts";
import { axisOf, noMore } from "./options.ts";

export const PARTS = ["0", "1", "2", "3", "4", "5", "6"] as const;
type Part = (typeof PARTS)[number];
export type Params = "n" | "row" | `s${Part}`;
const PARAMS = { n: "u32", row: "u32", s0: "u32", s1: "u32", s2: "u32", s3: "u32", s4: "u32", s5: "u32", s6: "u32" } as const;

export interface PartsSpec extends Flat {
  /** The parts that hold anything. */
  readonly parts: readonly Part[];
}

const rowsOf = (sizes: readonly (number | undefined)[]) =>
  Object.fromEntries(PARTS.map((k, i) => [`s${k}`, sizes[i] ?? 0])) as Record<`s${Part}`, number>;

type ConcatInputs = { readonly x0: TensorType } & { readonly [K in `x${Part}`]?: TensorType | undefined };

/** y = x0, x1, … one behind the other along `axis` (default 0): 1 to 7 tensors of one type and alike in all other dimensions. */
export const concat = /* @__PURE__ */ defineKernel({
  name: "concat",
  operands: { x0: "in", x1: "in?", x2: "in?", x3: "in?", x4: "in?", x5: "in?", x6: "in?", y: "out" },
  params: PARAMS,
  resolve(inputs: ConcatInputs, { axis = 0, ...more }: { readonly axis?: number | undefined }) {
    noMore("concat", more, "axis");
    const { x0 } = inputs;
    if (x0.shape.length === 0)
      fail("concat", "shape", "x0 is a scalar; needed is at least one dimension. Reshape scalars to [1].");
    const at = axisOf("concat", axis, x0.shape.length);
    for (const k of PARTS) {
      const x = inputs[`x${k}`];
      if (!x) continue;
      if (x.dtype !== x0.dtype)
        fail("concat", "dtype", `x0 is ${x0.dtype} and x${k} is ${x.dtype}; they must be of one type. Cast one.`);
      if (x.shape.length !== x0.shape.length || x.shape.some((size, d) => d !== at && size !== x0.shape[d]))
        fail(
          "concat",
          "shape",
          `x0 is ${showShape(x0.shape)} and x${k} is ${showShape(x.shape)}; all dimensions but ${at} must be equal.`,
        );
    }
    const inner = countOf(x0.shape.slice(at + 1));
    const sizes = PARTS.map((k) => (inputs[`x${k}`]?.shape[at] ?? 0) * inner);
    const shape = x0.shape.map((size, d) =>
      d === at ? PARTS.reduce((sum, k) => sum + (inputs[`x${k}`]?.shape[at] ?? 0), 0) : size,
    );
    const n = countOf(shape);
    return {
      params: { n, row: sizes.reduce((a, b) => a + b, 0), ...rowsOf(sizes) },
      spec: {
        vec: sizes.every((size) => size % 4 === 0),
        dtype: x0.dtype,
        parts: n ? PARTS.filter((_, k) => sizes[k]! > 0) : [],
      } as PartsSpec,
      outputs: { y: { shape, dtype: x0.dtype } },
    };
  },
  variants: /* @__PURE__ */ variants<Params, PartsSpec>({
    lanes: ({ parts }) => Object.fromEntries(parts.map((k) => [`x${k}`, 4])),
    text({ dtype, parts }, lanes) {
      const T = lanes === 1 ? kindOf(dtype) : `vec4<${kindOf(dtype)}>`;
      const quarter = lanes === 1 ? "" : " >> 2u";
      const take = (k: Part, last: boolean) =>
        last
          ? `return load_x${k}((row * p.s${k} + c)${quarter});`
          : `if (c < p.s${k}) { return load_x${k}((row * p.s${k} + c)${quarter}); }\n  c -= p.s${k};`;
      return wgsl`
fn element(i: u32) -> ${T} {
  let row = i / p.row;
  var c = i % p.row;
  ${parts.map((k, i) => take(k, i === parts.length - 1)).join("\n  ") || `return ${T}();`}
}
`;
    },
  }),
  proof: () => import("./proofs/concat.ts"),
  cost: ({ types }) => ({ flops: 0, bytes: bytes({ types }, sizeOf) }),
});

export interface SplitOptions {
  /** Sizes along the axis, or into how many equal parts; at most 7. */
  readonly parts: number | readonly number[];
  /** Default 0. */
  readonly axis?: number | undefined;
}

type SplitOperands = { readonly x: "in"; readonly y0: "out" } & { readonly [K in Exclude<`y${Part}`, "y0">]: "out?" };
export type Split = Kernel<SplitOperands, Params, SplitOptions, PartsSpec>;

/** Pieces of all outputs, one output behind the other: a thread stores whole words of one of them. */
const stores = (vec: boolean): Variant<Params, PartsSpec, Tile> => {
  const lanesOf = (dtype: DType, caps: Caps) => (vec ? 4 : sharing(dtype, caps));
  return {
    name: vec ? "vec4" : "scalar",
    tiles: [{ threads: 64, per: 1 }],
    needs: ({ threads }) => ({ invocations: threads }),
    when: ({ spec }) => spec.vec || !vec,
    refuses: ({ spec }) => (vec && !spec.vec ? "its rows are no multiple of 4" : undefined),
    lanes: ({ parts, dtype }, caps) => ({
      x: vec ? 4 : 1,
      ...Object.fromEntries(parts.map((k) => [`y${k}`, lanesOf(dtype, caps)])),
    }),
    workgroups: ({ params: { n }, spec: { parts } }, { threads }) => Math.ceil((vec ? n / 4 : n + parts.length) / threads),
    wgsl({ dtype, parts }, tile, caps) {
      const lanes = lanesOf(dtype, caps);
      const before = (k: number) =>
        parts
          .slice(0, k)
          .map((j) => ` + p.s${j}`)
          .join("") || " + 0u";
      const put = (k: Part, i: number) => {
        const at = (e: string) => `(${e}) / p.s${k} * p.row${before(i)} + (${e}) % p.s${k}`;
        const each = Array.from({ length: lanes }, (_, l) => `load_x(${at(l ? `min(e + ${l}u, rows * p.s${k} - 1u)` : "e")})`);
        const value = vec
          ? `load_x((${at("e")}) >> 2u)`
          : lanes > 1
            ? `vec${lanes}<${kindOf(dtype)}>(${each.join(", ")})`
            : each[0];
        const store = `let e = ${lanes}u * piece; store_y${k}(piece, ${value});`;
        const pieces = lanes === 1 ? `rows * p.s${k}` : `(rows * p.s${k} + ${lanes - 1}u) / ${lanes}u`;
        return `let n${k} = ${pieces};\n  if (piece < n${k}) { ${store} return; }\n  piece -= n${k};`;
      };
      return `${wgsl`
fn put(i: u32) {
  var piece = i;
  let rows = p.n / p.row;
  ${parts.map(put).join("\n  ")}
}
`}${main(tile, `p.n + ${parts.length}u`, "put(i);")}`;
    },
  };
};

/** x cut along `axis`: y0, y1, … The inverse of {@link concat}. */
export const split: Split = /* @__PURE__ */ defineKernel({
  name: "split",
  operands: { x: "in", y0: "out", y1: "out?", y2: "out?", y3: "out?", y4: "out?", y5: "out?", y6: "out?" } as SplitOperands,
  params: PARAMS,
  resolve({ x }: { readonly x: TensorType }, { parts, axis = 0, ...more }: SplitOptions) {
    noMore("split", more, "parts, axis");
    const at = axisOf("split", axis, x.shape.length);
    const size = x.shape[at] ?? fail("split", "shape", "x is a scalar; needed is at least one dimension.");
    const cuts = typeof parts === "number" ? Array.from({ length: parts }, () => size / parts) : (parts ?? []);
    if (cuts.length > 7)
      fail("split", "limit", `it has ${cuts.length} parts; a dispatch binds 8 buffers, so at most 7. Split in two steps.`);
    if (cuts.length === 0 || cuts.some((cut) => !Number.isInteger(cut) || cut < 0) || cuts.reduce((a, b) => a + b, 0) !== size)
      fail("split", "shape", `parts is ${parts}; needed are sizes that add up to ${size}, or a number that divides it.`);
    const inner = countOf(x.shape.slice(at + 1));
    const sizes = cuts.map((cut) => cut * inner);
    const n = countOf(x.shape);
    const outputs = Object.fromEntries(
      cuts.map((cut, k) => [`y${k}`, { shape: x.shape.map((s, d) => (d === at ? cut : s)), dtype: x.dtype }]),
    );
    return {
      params: { n, row: size * inner, ...rowsOf(sizes) },
      spec: {
        vec: sizes.every((s) => s % 4 === 0),
        dtype: x.dtype,
        parts: n ? PARTS.filter((_, k) => (sizes[k] ?? 0) > 0) : [],
      } as PartsSpec,
      outputs: outputs as never,
    };
  },
  variants: [/* @__PURE__ */ stores(true), /* @__PURE__ */ stores(false)] as unknown as readonly Variant<Params, PartsSpec>[],
  proof: () => import("./proofs/split.ts") as never,
  cost: ({ types }) => ({ flops: 0, bytes: bytes({ types }, sizeOf) }),
}) as Split;
