// Kernels that make one number of each row: sum, mean, max, argmax … Each is an entry of a table.
import { wgsl } from "@tilewright/runtime";
import { ALL, FLOATS } from "./dtypes.ts";
import { extremeFold, momentsFold, productFold, sumExpFold, sumFold } from "./folds.ts";
import { type ArgOptions, type Entry, type Reduction, reduction, search } from "./reduction.ts";

/** A bit pattern that no constant may be: p.n is 0 here, and the compiler does not know. */
const bits = (pattern: string) => `bitcast<V>(vec4u(${pattern}) | vec4u(p.n))`;
const total: Pick<Entry, "fold" | "result"> = {
  fold: ({ scalar }) => sumFold(`vec4${scalar[0] as "f" | "i" | "u"}`),
  result: () => "s.sum",
};
/** Σx. Of nothing 0. Integers wrap. */
export const sum: Reduction = /* @__PURE__ */ reduction("sum", { ...total, takes: ALL });

/** Σx / n, in float32, of integers too. Of nothing NaN, as in NumPy. */
export const mean: Reduction = /* @__PURE__ */ reduction("mean", {
  ...total,
  takes: ALL,
  real: true,
  result: ({ empty }) => (empty ? bits("0x7fc00000u") : "s.sum / f32(p.n)"),
});

/** Πx. Of nothing 1. Integers wrap. */
export const prod: Reduction = /* @__PURE__ */ reduction("prod", {
  takes: ALL,
  fold: ({ scalar }) => productFold(`vec4${scalar[0] as "f" | "i" | "u"}`),
  result: () => "s.product",
});

const extreme = (least: boolean): Entry => ({
  takes: ALL,
  fold: ({ scalar }) => extremeFold(scalar, least),
  result: () => "unkey(s.best)",
});

/** The largest element; NaN where there is one. Of nothing -infinity, or the least integer. */
export const max: Reduction = /* @__PURE__ */ reduction("max", /* @__PURE__ */ extreme(false));
/** The least element; NaN where there is one. Of nothing infinity, or the largest integer. */
export const min: Reduction = /* @__PURE__ */ reduction("min", /* @__PURE__ */ extreme(true));

/** Where the largest element is, i32: the first NaN if there is one, else the first (`selectLast`: the last) of the largest. */
export const argMax: Reduction<ArgOptions> = /* @__PURE__ */ search("argMax", false);
/** Where the least element is, i32. See {@link argMax}. */
export const argMin: Reduction<ArgOptions> = /* @__PURE__ */ search("argMin", true);

/** Σ|x| */
export const normL1: Reduction = /* @__PURE__ */ reduction("normL1", {
  ...total,
  takes: ["f32", "f16", "i32"],
  term: "abs(x)",
});

/** Σx² */
export const sumSquare: Reduction = /* @__PURE__ */ reduction("sumSquare", {
  ...total,
  takes: ALL,
  term: "x * x",
});

/** Σ(x − mean)² / n, in one pass in which nothing cancels. Of nothing NaN. */
export const variance: Reduction = /* @__PURE__ */ reduction("variance", {
  takes: ALL,
  real: true,
  fields: 3,
  fold: momentsFold,
  result: ({ empty }) => (empty ? bits("0x7fc00000u") : "s.squares / f32(p.n)"),
});

/** √Σx². Squares are float32's: elements beyond 1.8e19 overflow, below 1e-19 vanish. */
export const normL2: Reduction = /* @__PURE__ */ reduction("normL2", {
  ...total,
  takes: FLOATS,
  term: "x * x",
  result: () => "sqrt(s.sum)",
});

/** log Σx */
export const logSum: Reduction = /* @__PURE__ */ reduction("logSum", {
  ...total,
  takes: FLOATS,
  result: ({ empty }) => (empty ? bits("0xff800000u") : "safe_log(s.sum)"),
});

/** log Σ exp x, without overflow: the largest element is taken out first. Of nothing -infinity. */
export const logSumExp: Reduction = /* @__PURE__ */ reduction("logSumExp", {
  takes: FLOATS,
  fields: 2,
  fold: () => sumExpFold(true),
  result: ({ empty }) => (empty ? bits("0xff800000u") : "s.largest + safe_log(s.sum)"),
});

const truth = (all: boolean): Entry => ({
  takes: ALL,
  gives: "u32",
  fold: ({ scalar }) => ({
    fields: { seen: "vec4u" },
    text: wgsl`fn init() -> State { return State(vec4u(${all ? 1 : 0}u)); }
fn step(s: State, x: V, ok: vec4<bool>, j: vec4u) -> State { return State(select(s.seen, s.seen ${all ? "&" : "|"} truth(x), ok)); }
// By the bits: NaN is true, and so is what a device may flush to zero.
fn truth(x: V) -> vec4u { return select(vec4u(), vec4u(1u), (bitcast<vec4u>(x) & vec4u(${scalar === "f32" ? "0x7fffffffu" : "0xffffffffu"})) != vec4u()); }
fn merge(a: State, b: State) -> State { return State(a.seen ${all ? "&" : "|"} b.seen); }`,
  }),
  result: () => "s.seen",
});

/** 1 where any element is not 0, else 0; u32. Of nothing 0. */
export const any: Reduction = /* @__PURE__ */ reduction("any", /* @__PURE__ */ truth(false));
/** 1 where no element is 0, else 0; u32. Of nothing 1. */
export const all: Reduction = /* @__PURE__ */ reduction("all", /* @__PURE__ */ truth(true));
