// Images of another size. Coordinates are whole numbers: (A·i + B) / C with integers, so that no rounding turns a tie.
import { countOf, defineKernel, fail, showShape, sizeOf, type TensorType, wgsl } from "@tilewright/runtime";
import { bytes, type Flat, variants } from "./frame.ts";
import { axisOf, noMore } from "./options.ts";

/** Where output pixel i lies in the input, s being the scale out / in: (i + ½) / s - ½; i (in - 1) / (out - 1); i / s; as the first, but 0 for one pixel. */
export type Coordinates = "halfPixel" | "alignCorners" | "asymmetric" | "pytorchHalfPixel";

export interface ResizeOptions {
  /** Sizes along the axes; or `scales` out / in, of which sizes are the floor. */
  readonly sizes?: readonly number[] | undefined;
  readonly scales?: readonly number[] | undefined;
  /** One, or two neighbours; the last two unless given. */
  readonly axes?: readonly number[] | undefined;
  readonly mode?: "nearest" | "linear" | undefined;
  /** Default halfPixel. */
  readonly coordinates?: Coordinates | undefined;
  /** Which pixel is nearest; default roundPreferFloor. */
  readonly nearest?: "roundPreferFloor" | "roundPreferCeil" | "floor" | "ceil" | undefined;
}

export type ResizeParams = "n" | "inner" | "h" | "w" | "outH" | "outW" | "aH" | "bH" | "cH" | "aW" | "bW" | "cW";
export interface ResizeSpec extends Flat {
  readonly mode: "nearest" | "linear";
  readonly nearest: NonNullable<ResizeOptions["nearest"]>;
}

/** A scale as a ratio of integers below 2¹⁵, by continued fractions: exact for what people write. */
function ratio(scale: number): readonly [p: number, q: number] {
  let [p, q, p1, q1, rest] = [Math.floor(scale), 1, 1, 0, scale];
  while (Math.abs(p / q - scale) > 1e-7 * scale) {
    rest = 1 / (rest - Math.floor(rest));
    const whole = Math.floor(rest);
    const next = [whole * p + p1, whole * q + q1] as const;
    if (!(Math.max(...next) < 2 ** 15)) break;
    [p1, q1] = [p, q];
    [p, q] = next;
  }
  return p > 0 ? [p, q] : [1, Math.round(1 / scale)];
}

/** A, B, C of an axis. */
function line(size: number, out: number, scale: number | undefined, mode: Coordinates): readonly [number, number, number] {
  if (mode === "alignCorners") return out > 1 ? [size - 1, 0, out - 1] : [0, 0, 1];
  if (mode === "pytorchHalfPixel" && out === 1) return [0, 0, 1];
  const [p, q] = scale === undefined ? [out, size] : ratio(scale);
  return mode === "asymmetric" ? [q, 0, p] : [2 * q, q - p, 2 * p];
}

const NEAREST = {
  roundPreferFloor: "-floored(c - 2 * t, 2 * c)",
  roundPreferCeil: "floored(2 * t + c, 2 * c)",
  floor: "floored(t, c)",
  ceil: "-floored(-t, c)",
} as const;
/**
 * x with one or two neighbouring axes resized: nearest or (bi)linear, the border going on beyond the edge. Downsizing takes no mean.
 * ONNX's Resize and WebNN's resample2d: { mode, sizes or scales, coordinates, nearest }. tfjs' resizeBilinear: `asymmetric`, or `alignCorners`.
 */
export const resize = /* @__PURE__ */ defineKernel({
  name: "resize",
  operands: { x: "in", y: "out" },
  params: {
    ...({ n: "u32", inner: "u32", h: "u32", w: "u32", outH: "u32", outW: "u32" } as const),
    ...({ aH: "i32", bH: "i32", cH: "i32", aW: "i32", bW: "i32", cW: "i32" } as const),
  },
  resolve(
    { x }: { readonly x: TensorType },
    { sizes, scales, axes, mode = "nearest", coordinates = "halfPixel", nearest = "roundPreferFloor", ...more }: ResizeOptions,
  ) {
    noMore("resize", more, "sizes, scales, axes, mode, coordinates, nearest");
    if (x.dtype !== "f32" && x.dtype !== "f16") fail("resize", "dtype", `x is ${x.dtype}; needed is f32 or f16.`);
    if (mode !== "nearest" && mode !== "linear")
      fail("resize", "feature", `there is no mode "${mode}"; there are nearest and linear.`);
    if (!Object.hasOwn(NEAREST, nearest))
      fail("resize", "feature", `there is no nearest "${nearest}"; there are ${Object.keys(NEAREST).join(", ")}.`);
    const kinds: readonly string[] = ["halfPixel", "alignCorners", "asymmetric", "pytorchHalfPixel"];
    if (!kinds.includes(coordinates))
      fail("resize", "feature", `there are no coordinates "${coordinates}"; there are ${kinds.join(", ")}.`);
    const rank = x.shape.length;
    const along = (axes ?? [rank - 2, rank - 1]).map((axis) => axisOf("resize", axis, rank, "axes"));
    const given = sizes ?? scales;
    if (!given || given.length !== along.length || along.length < 1 || along.length > 2)
      fail(
        "resize",
        "shape",
        `sizes is ${sizes} and scales is ${scales}; one of them needs a number for each of the axes [${along}], one or two.`,
      );
    const order = along.map((d, k) => [d, k] as const).sort(([a], [b]) => a - b);
    const [first, second] = along.length === 1 ? [undefined, order[0]!] : order;
    if (first && second![0] !== first[0] + 1)
      fail("resize", "limit", `axes are [${along}]; two axes must be neighbours. Resize in two steps.`);
    const outOf = (at: readonly [number, number] | undefined) => {
      if (!at) return { size: 1, out: 1, scale: undefined };
      const [d, k] = at;
      const size = x.shape[d]!;
      const scale = sizes ? undefined : scales![k]!;
      const out = sizes ? sizes[k]! : Math.floor(size * scale! + 1e-6);
      if (!Number.isInteger(out) || out < 0 || (scale !== undefined && !(scale > 0)))
        fail(
          "resize",
          "shape",
          `${sizes ? "sizes" : "scales"}[${k}] is ${given[k]}; needed is ${sizes ? "an integer from 0" : "a number above 0"}.`,
        );
      if (size === 0 && out > 0) fail("resize", "shape", `x ${showShape(x.shape)} has nothing along axis ${d}.`);
      return { size, out, scale };
    };
    const [down, across] = [outOf(first), outOf(second)];
    const [aH, bH, cH] = line(down.size, down.out, down.scale, coordinates);
    const [aW, bW, cW] = line(across.size, across.out, across.scale, coordinates);
    if (Math.max((aH * down.out + Math.abs(bH)) * 2 + cH, (aW * across.out + Math.abs(bW)) * 2 + cW) >= 2 ** 31)
      fail(
        "resize",
        "limit",
        `${down.size}x${across.size} to ${down.out}x${across.out} needs coordinates beyond 2^31. Give sizes or scales of small whole ratios.`,
      );
    const inner = countOf(x.shape.slice(second![0] + 1));
    const shape = x.shape.map((size, d) => (d === first?.[0] ? down.out : d === second![0] ? across.out : size));
    return {
      params: {
        n: countOf(shape),
        inner,
        h: down.size,
        w: across.size,
        outH: down.out,
        outW: across.out,
        aH,
        bH,
        cH,
        aW,
        bW,
        cW,
      },
      spec: { vec: inner % 4 === 0, dtype: x.dtype, mode, nearest } as ResizeSpec,
      outputs: { y: { shape, dtype: x.dtype } },
    };
  },
  variants: /* @__PURE__ */ variants<ResizeParams, ResizeSpec>({
    lanes: () => ({ x: 4 }),
    text({ mode, nearest }, lanes) {
      const T = lanes === 1 ? "f32" : "vec4f";
      const body =
        mode === "nearest"
          ? `return pixel(outer, clamp(nearest(i32(row) * p.aH + p.bH, p.cH), 0, i32(p.h) - 1), clamp(nearest(i32(col) * p.aW + p.bW, p.cW), 0, i32(p.w) - 1), channel);`
          : `let tY = i32(row) * p.aH + p.bH;
  let tX = i32(col) * p.aW + p.bW;
  let y0 = floored(tY, p.cH);
  let x0 = floored(tX, p.cW);
  let v = f32(tY - y0 * p.cH) / f32(p.cH);
  let u = f32(tX - x0 * p.cW) / f32(p.cW);
  let ya = clamp(y0, 0, i32(p.h) - 1);
  let yb = clamp(y0 + 1, 0, i32(p.h) - 1);
  let xa = clamp(x0, 0, i32(p.w) - 1);
  let xb = clamp(x0 + 1, 0, i32(p.w) - 1);
  return (1.0 - v) * ((1.0 - u) * pixel(outer, ya, xa, channel) + u * pixel(outer, ya, xb, channel))
    + v * ((1.0 - u) * pixel(outer, yb, xa, channel) + u * pixel(outer, yb, xb, channel));`;
      return wgsl`
fn floored(a: i32, b: i32) -> i32 { return a / b - select(0, 1, a % b < 0); }
fn nearest(t: i32, c: i32) -> i32 { return ${NEAREST[nearest]}; }
fn pixel(outer: u32, y: i32, x: i32, channel: u32) -> ${T} {
  return load_x((((outer * p.h + u32(y)) * p.w + u32(x)) * p.inner + channel)${lanes === 1 ? "" : " >> 2u"});
}
fn element(i: u32) -> ${T} {
  let channel = i % p.inner;
  let col = i / p.inner % p.outW;
  let row = i / (p.inner * p.outW) % p.outH;
  let outer = i / (p.inner * p.outW * p.outH);
  ${body}
}
`;
    },
  }),
  proof: () => import("./proofs/resize.ts"),
  cost: ({ params: { n }, spec, types }) => ({ flops: spec.mode === "linear" ? 9 * n : 0, bytes: bytes({ types }, sizeOf) }),
});
