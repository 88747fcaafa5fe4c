// Between floats and bytes with a scale and a zero point, for a whole tensor, along axes or in blocks: whatever of x's shape scale divides.
import { countOf, defineKernel, fail, type Kernel, showShape, sizeOf, type TensorType, wgsl } from "@tilewright/runtime";
import { broadcast } from "./broadcast.ts";
import { GEOMETRY, type Geometry, indices } from "./elementwise.ts";
import { bytes, type Flat, kindOf, variants } from "./frame.ts";
import { isFloat } from "./movement.ts";
import { noMore } from "./options.ts";

export interface QuantizeSpec extends Flat {
  readonly from: TensorType["dtype"];
  readonly groups: readonly string[];
  readonly zero: boolean;
  /** Shapes in which scale broadcasts to x: every dimension cut into blocks. */
  readonly cut: { readonly x: readonly number[]; readonly scale: readonly number[] };
}

export interface QuantizeOptions {
  /** Along which of x's axes a scale of rank 1 lies; the last unless given. */
  readonly axis?: number | undefined;
}
type Types = { readonly x: TensorType; readonly scale: TensorType; readonly zero?: TensorType | undefined };

/** Where scale lies along x. */
function layout(who: string, { x, scale, zero }: Types, axis: number | undefined) {
  if (!isFloat(scale.dtype)) fail(who, "dtype", `scale is ${scale.dtype}; needed is f32 or f16.`);
  if (zero && (`${zero.shape}` !== `${scale.shape}` || isFloat(zero.dtype)))
    fail(
      who,
      "shape",
      `zero is ${zero.dtype} ${showShape(zero.shape)}; needed are integers of scale's shape ${showShape(scale.shape)}.`,
    );
  const rank = x.shape.length;
  let shape = scale.shape;
  if (shape.length === 1 && rank > 1 && shape[0] !== 1) {
    const at = (axis ?? rank - 1) < 0 ? (axis ?? 0) + rank : (axis ?? rank - 1);
    shape = x.shape.map((_, d) => (d === at ? shape[0]! : 1));
  }
  shape = [...Array<number>(Math.max(0, rank - shape.length)).fill(1), ...shape];
  if (shape.length === 1 && rank === 0) shape = [];
  if (shape.length !== rank || shape.some((size, d) => (size === 0 ? x.shape[d] !== 0 : x.shape[d]! % size)))
    fail(
      who,
      "shape",
      `x is ${showShape(x.shape)} and scale ${showShape(scale.shape)}; each size of scale must divide x's, or be a vector along options.axis.`,
    );
  const cut = { x: shape.flatMap((size, d) => [size, size ? x.shape[d]! / size : 0]), scale: shape.flatMap((size) => [size, 1]) };
  const { sizes, groups } = broadcast(who, ["x", "scale"], [cut.x, cut.scale]);
  const [d0 = 1, d1 = 1, d2 = 1, d3 = 1, d4 = 1] = sizes;
  return {
    params: { n: countOf(x.shape), d0, d1, d2, d3, d4 },
    spec: {
      vec: d0 % 4 === 0,
      from: x.dtype,
      groups: groups.map((group) => (group.includes("1") ? `${group}2` : group)),
      zero: !!zero,
      cut,
    },
  };
}

/** `value` over x, scale as f32 and zero as `whole`. */
const text = (spec: QuantizeSpec, lanes: 1 | 4, whole: "f32" | "i32", value: (T: string, K: string) => string) => {
  const wide = (type: string) => (lanes === 1 ? type : `vec4<${type}>`);
  const K = kindOf(spec.dtype);
  const along = lanes === 4 && spec.groups[0]?.includes("1");
  const read = (name: string, type: string) =>
    along ? `${wide(type)}(load_${name}(at_${name} >> 2u))` : `${wide(type)}(${type}(load_${name}(at_${name})))`;
  return wgsl`
fn element(i: u32) -> ${wide(K)} {
  ${indices(["x", "scale", "zero"], spec.groups)}
  let x = load_x(${lanes === 1 ? "at_x" : "at_x >> 2u"});
  let scale = ${read("scale", "f32")};
  let zero = ${spec.zero ? read("zero", whole) : `${wide(whole)}()`};
  ${value(wide(whole), wide(K))}
}
`;
};
const lanesOf = ({ groups }: QuantizeSpec) => {
  const along = groups[0]?.includes("1") ? 4 : 1;
  return { x: 4, scale: along, zero: along } as const;
};

/** The ends of each integer type. */
export const RANGE = { u8: [0, 255], i8: [-128, 127], i32: [-(2 ** 31), 2 ** 31 - 1], u32: [0, 2 ** 32 - 1] } as const;
export type Whole = keyof typeof RANGE;

export type Quantize = Kernel<
  { readonly x: "in"; readonly scale: "in"; readonly zero: "in?"; readonly y: "out" },
  Geometry,
  QuantizeOptions & { readonly dtype?: "u8" | "i8" | undefined },
  QuantizeSpec
>;

/** y = saturate(round(x / scale) + zero), halves to even: u8 or i8, zero's type, or options.dtype, or u8. x and scale f32 or f16. */
export const quantizeLinear: Quantize = /* @__PURE__ */ defineKernel({
  name: "quantizeLinear",
  operands: { x: "in", scale: "in", zero: "in?", y: "out" },
  params: GEOMETRY,
  resolve(types: Types, { axis, dtype, ...more }: QuantizeOptions & { readonly dtype?: "u8" | "i8" | undefined }) {
    noMore("quantizeLinear", more, "axis, dtype");
    const to = types.zero?.dtype ?? dtype ?? "u8";
    if (!isFloat(types.x.dtype)) fail("quantizeLinear", "dtype", `x is ${types.x.dtype}; needed is f32 or f16.`);
    if (to !== "u8" && to !== "i8") fail("quantizeLinear", "dtype", `the result is ${to}; needed is u8 or i8.`);
    const { params, spec } = layout("quantizeLinear", types, axis);
    return { params, spec: { ...spec, dtype: to } as QuantizeSpec, outputs: { y: { shape: types.x.shape, dtype: to } } };
  },
  variants: /* @__PURE__ */ variants<Geometry, QuantizeSpec>({
    lanes: lanesOf,
    text: (spec, lanes) => {
      const [low, high] = RANGE[spec.dtype as Whole];
      return text(spec, lanes, "f32", (T, K) => `return ${K}(clamp(round(x / scale) + zero, ${T}(${low}.0), ${T}(${high}.0)));`);
    },
  }),
  proof: () => import("./proofs/quantizeLinear.ts"),
  cost: ({ params: { n }, types }) => ({ flops: 4 * n, bytes: bytes({ types }, sizeOf) }),
}) as Quantize;

export type Dequantize = Kernel<
  { readonly x: "in"; readonly scale: "in"; readonly zero: "in?"; readonly y: "out" },
  Geometry,
  QuantizeOptions,
  QuantizeSpec
>;

/** y = (x - zero) · scale, of scale's type; x u8, i8, i32 or u32, of which x - zero fits 32 bits. */
export const dequantizeLinear: Dequantize = /* @__PURE__ */ defineKernel({
  name: "dequantizeLinear",
  operands: { x: "in", scale: "in", zero: "in?", y: "out" },
  params: GEOMETRY,
  resolve(types: Types, { axis, ...more }: QuantizeOptions) {
    noMore("dequantizeLinear", more, "axis");
    if (isFloat(types.x.dtype)) fail("dequantizeLinear", "dtype", `x is ${types.x.dtype}; needed are integers.`);
    const { params, spec } = layout("dequantizeLinear", types, axis);
    return {
      params,
      spec: { ...spec, dtype: types.scale.dtype } as QuantizeSpec,
      outputs: { y: { shape: types.x.shape, dtype: types.scale.dtype } },
    };
  },
  variants: /* @__PURE__ */ variants<Geometry, QuantizeSpec>({
    lanes: lanesOf,
    text: (spec, lanes) => text(spec, lanes, "i32", (T, K) => `return ${K}(${T}(x) - zero) * scale;`),
  }),
  proof: () => import("./proofs/dequantizeLinear.ts"),
  cost: ({ params: { n }, types }) => ({ flops: 2 * n, bytes: bytes({ types }, sizeOf) }),
}) as Dequantize;
