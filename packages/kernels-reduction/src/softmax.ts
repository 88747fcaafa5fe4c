import { countOf, defineKernel, fail, type Kernel, showShape, sizeOf, wgsl } from "@tilewright/runtime";
import { broadcastGroups, broadcastText } from "./broadcast.ts";
import { safeLog, sumExpFold } from "./folds.ts";
import { elements } from "./frame.ts";
import { axesOf, type Layout, layoutOf, VIEW_PARAMS, type ViewParam, viewOf, viewParams } from "./layout.ts";
import { mapping } from "./variants/rows.ts";

export interface SoftmaxOptions {
  /** Default -1. */
  axis?: number | undefined;
  /** x is multiplied by it first. Default 1. */
  scale?: number | undefined;
  /** x is [..., queries, keys] and query q sees keys up to q + keys − queries. Default false. */
  causal?: boolean | undefined;
  /** Of the output; x's unless given. */
  dtype?: "f32" | "f16" | undefined;
}

export type SoftmaxParam = ViewParam | "queries" | "scale" | "m1" | "m2" | "m3";

export interface SoftmaxSpec extends Layout {
  readonly half: boolean;
  readonly scaled: boolean;
  readonly causal: boolean;
  /** What the mask is: numbers to add, or 0 for what is left out. */
  readonly mask: "add" | "keep" | undefined;
  /** Groups of x's dimensions, outermost first: `m` the mask has them, `b` it is broadcast over them. */
  readonly across: string;
  /** How a vec4 of x finds its masks: four side by side, one for all, or each its own. */
  readonly maskLanes: "four" | "same" | "each";
}

export type Softmax = Kernel<{ x: "in"; mask: "in?"; y: "out" }, SoftmaxParam, SoftmaxOptions, SoftmaxSpec>;

function value(spec: SoftmaxSpec): string {
  const { vec, scaled, causal, mask, maskLanes } = spec;
  const lines = [`var v = load_x(i)${scaled ? " * p.scale" : ""};`];
  if (mask) {
    const four = (f: (c: number) => string) => [0, 1, 2, 3].map(f).join(", ");
    const M = vec === "none" ? "" : `vec4<${mask === "keep" ? "u32" : "f32"}>`;
    const loaded =
      vec === "none"
        ? "load_mask(mask_at(i))"
        : maskLanes === "four"
          ? "load_mask(mask_at(i << 2u) >> 2u)"
          : maskLanes === "same"
            ? `${M}(load_mask(mask_at(i << 2u)))`
            : `${M}(${four((c) => `load_mask(mask_at((i << 2u) + ${c}u))`)})`;
    lines.push(mask === "add" ? `v += ${loaded};` : `v = select(v, T(lowest()), ${loaded} == ${M || "u32"}(0u));`);
  }
  if (causal) lines.push("v = select(v, T(lowest()), j + I(p.queries) > row % I(p.queries) + I(p.n));");
  return wgsl`${mask ? broadcastText("mask_at", spec.across, ["", "p.m1", "p.m2", "p.m3"]) : ""}
// -infinity; the compiler must not see that.
fn lowest() -> f32 { return bitcast<f32>(0xff800000u | (p.n >> 31u)); }
fn value(i: u32, row: I, j: I) -> T { ${lines.join(" ")} return v; }`;
}

function softmaxOf(name: string, log: boolean): Softmax {
  const rows = elements<SoftmaxSpec>({
    fields: () => sumExpFold().fields,
    fold: () => sumExpFold().text,
    scalar: () => "f32",
    value,
    half: ({ half }) => half,
    apply: () =>
      log
        ? wgsl`${safeLog("vec4f", "vec4u")}
struct Stats { largest: V, log_sum: V }
fn close(s: State, row: vec4u) -> Stats { return Stats(s.largest, safe_log(s.sum)); }
fn apply(t: Stats, x: V, row: vec4u, j: vec4u) -> V { return (x - t.largest) - t.log_sum; }`
        : wgsl`struct Stats { largest: V, factor: V }
fn close(s: State, row: vec4u) -> Stats { return Stats(s.largest, 1.0 / s.sum); }
fn apply(t: Stats, x: V, row: vec4u, j: vec4u) -> V { return exp(x - t.largest) * t.factor; }`,
    lanes: ({ vec, maskLanes }) => (vec === "none" ? {} : { x: 4, y: 4, mask: maskLanes === "four" ? 4 : 1 }),
  });
  return defineKernel({
    name,
    operands: { x: "in", mask: "in?", y: "out" },
    params: { ...VIEW_PARAMS, queries: "u32", scale: "f32", m1: "u32", m2: "u32", m3: "u32" },

    resolve({ x, mask }, { axis = -1, scale = 1, causal = false, dtype = x.dtype as "f32" | "f16", ...unknown }: SoftmaxOptions) {
      for (const key in unknown) fail(name, "feature", `there is no option ${key}; there are axis, scale, causal, dtype.`);
      for (const [operand, type] of [
        ["x", x.dtype],
        ["options.dtype", dtype],
      ])
        if (type !== "f32" && type !== "f16") fail(name, "dtype", `${operand} is ${type}; needed is f32 or f16.`);
      const axes = axesOf(name, x.shape.length, axis);
      const view = viewOf(name, x.shape, axes);
      if (causal && (x.shape.length < 2 || axes[0] !== x.shape.length - 1))
        fail(
          name,
          "shape",
          `causal needs x as [..., queries, keys] and the last axis; x is ${showShape(x.shape)}, axis ${axis}.`,
        );
      if (mask?.dtype === "i32") fail(name, "dtype", "mask is i32; needed is f32 or f16 to add, or u32: 0 for what is left out.");
      const { across, sizes } = mask ? broadcastGroups(name, "mask", mask, x.shape) : { across: "", sizes: [] };
      const layout = layoutOf(view);
      const [, m1 = 1, m2 = 1, m3 = 1] = sizes;
      return {
        params: { ...viewParams(view), queries: (causal && x.shape.at(-2)) || 1, scale, m1, m2, m3 },
        spec: {
          ...layout,
          half: dtype === "f16",
          scaled: scale !== 1,
          causal,
          mask: mask && (mask.dtype === "u32" ? "keep" : "add"),
          across,
          maskLanes: (sizes.at(-1) ?? 0) % 4 ? "each" : across.endsWith("m") ? "four" : "same",
        },
        outputs: { y: { shape: x.shape, dtype } },
        dynamic: ["scale"],
      };
    },

    variants: mapping<SoftmaxSpec, SoftmaxParam>(rows, 2, ({ mask }) => (mask ? ["x", "mask"] : ["x"])),

    proof: async () => (await import("./proofs/softmax.ts")).proof(log),

    cost: ({ types }) => ({
      flops: 5 * countOf(types["y"]!.shape),
      bytes: Object.values(types).reduce((all, type) => all + sizeOf(type), 0),
    }),
  });
}

/**
 * exp(x − max) / Σ exp(x − max) along an axis, of x · scale + mask. A mask broadcasts to x as in NumPy: f32 or f16 is added, of u32 a 0 leaves an element out.
 * Sums are float32; x's largest element is taken out first, so nothing overflows. NaN makes its row NaN, and so does a row that is left out whole.
 */
export const softmax: Softmax = /* @__PURE__ */ softmaxOf("softmax", false);

/** x − max − log Σ exp(x − max) along an axis: the logarithm of {@link softmax}, with the same options. */
export const logSoftmax: Softmax = /* @__PURE__ */ softmaxOf("logSoftmax", true);
