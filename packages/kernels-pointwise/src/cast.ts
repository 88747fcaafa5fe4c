// Between types.
import { countOf, type DType, defineKernel, fail, isNan, sizeOf, wgsl } from "@tilewright/runtime";
import { bytes, type Flat, kindOf, variants } from "./frame.ts";
import { isFloat } from "./movement.ts";
import { noMore } from "./options.ts";

export interface CastSpec extends Flat {
  readonly from: DType;
  readonly bool: boolean;
}

/** The ends of each integer type. */
export const RANGES: { readonly [dtype: string]: readonly [number, number] } = {
  ...{ i32: [-(2 ** 31), 2 ** 31 - 1], u32: [0, 2 ** 32 - 1], i8: [-128, 127], u8: [0, 255] },
};

/**
 * x in another type. Floats to integers go towards zero, what does not fit to the nearest end, NaN to 0; integers keep their low bits;
 * `bool` gives u32 1 for all but 0.
 */
export const cast = /* @__PURE__ */ defineKernel({
  name: "cast",
  operands: { x: "in", y: "out" },
  params: { n: "u32" },
  resolve({ x }, { dtype, ...more }: { readonly dtype: DType | "bool" }) {
    noMore("cast", more, "dtype");
    const known: readonly string[] = ["f32", "f16", "i32", "u32", "i8", "u8", "bool"];
    if (!known.includes(dtype)) fail("cast", "dtype", `options.dtype is ${dtype}; needed is one of ${known.join(", ")}.`);
    const to: DType = dtype === "bool" ? "u32" : dtype;
    const n = countOf(x.shape);
    return {
      params: { n },
      spec: { vec: n % 4 === 0, dtype: to, from: x.dtype, bool: dtype === "bool" } as CastSpec,
      outputs: { y: { shape: x.shape, dtype: to } },
    };
  },
  variants: /* @__PURE__ */ variants<"n", CastSpec>({
    lanes: () => ({ x: 4 }),
    text({ dtype, from, bool }, lanes) {
      const wide = (type: string) => (lanes === 1 ? type : `vec4<${type}>`);
      const [T, S, U] = [wide(kindOf(dtype)), wide(kindOf(from)), wide("u32")];
      const whole = isFloat(from) && !isFloat(dtype);
      const value = bool
        ? `select(${U}(0u), ${U}(1u), (bitcast<${U}>(x) & ${U}(${isFloat(from) ? "0x7fffffffu" : "0xffffffffu"})) != ${U}(0u))`
        : whole
          ? `select(${dtype.endsWith("8") ? `clamp(${T}(x), ${T}(${RANGES[dtype]![0]}), ${T}(${RANGES[dtype]![1]}))` : `${T}(x)`}, ${T}(), ${isNan("x", U)})`
          : `${T}(x)`;
      return wgsl`
fn element(i: u32) -> ${T} {
  let x: ${S} = load_x(${lanes === 1 ? "i" : "i >> 2u"});
  return ${value};
}
`;
    },
  }),
  proof: () => import("./proofs/cast.ts"),
  cost: ({ types }) => ({ flops: 0, bytes: bytes({ types }, sizeOf) }),
});

/** bfloat16 to f32 or f16: x is u32 words of two each, the first in the low half, [..., w] → y [..., 2w]. */
export const fromBf16 = /* @__PURE__ */ defineKernel({
  name: "fromBf16",
  operands: { x: "in", y: "out" },
  params: { n: "u32" },
  resolve({ x }, { dtype = "f32", ...more }: { readonly dtype?: "f32" | "f16" | undefined }) {
    noMore("fromBf16", more, "dtype");
    if (x.dtype !== "u32" || x.shape.length === 0)
      fail("fromBf16", "dtype", `x is ${x.dtype} [${x.shape}]; needed is u32 words of two bfloat16 each, rank 1 or more.`);
    if (dtype !== "f32" && dtype !== "f16") fail("fromBf16", "dtype", `options.dtype is ${dtype}; needed is f32 or f16.`);
    const shape = [...x.shape.slice(0, -1), 2 * x.shape.at(-1)!];
    return {
      params: { n: countOf(shape) },
      spec: { vec: countOf(shape) % 4 === 0, dtype } as Flat,
      outputs: { y: { shape, dtype } },
    };
  },
  variants: /* @__PURE__ */ variants<"n", Flat>({
    lanes: () => ({ x: 2 }),
    text: (_, lanes) =>
      lanes === 1
        ? wgsl`
fn element(i: u32) -> f32 { return bitcast<f32>((load_x(i >> 1u) >> ((i & 1u) * 16u)) << 16u); }
`
        : wgsl`
fn element(i: u32) -> vec4f {
  let words = load_x(i >> 2u);
  return bitcast<vec4f>(vec4u(words.x << 16u, words.x & 0xffff0000u, words.y << 16u, words.y & 0xffff0000u));
}
`,
  }),
  proof: () => import("./proofs/fromBf16.ts"),
  cost: ({ types }) => ({ flops: 0, bytes: bytes({ types }, sizeOf) }),
});
