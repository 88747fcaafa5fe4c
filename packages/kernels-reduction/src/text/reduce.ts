// The reductions, as text: each is an entry of a table.
import { wgsl } from "@tilewright/runtime";
import type { ReductionName } from "../proofs/reduce.ts";
import type { ReduceSpec } from "../reduction.ts";
import { extremeFold, type Fold, indexFold, momentsFold, productFold, safeLog, sumExpFold, sumFold } from "./folds.ts";
import type { RowProgram } from "./frame.ts";

interface Entry {
  fold(spec: ReduceSpec): Fold;
  /** Fields of the fold's state, at most; 1 unless said. */
  readonly most?: number;
  /** WGSL of the term that element x contributes; x unless said. */
  readonly term?: string;
  /** WGSL of the result, from `s`. */
  result(spec: ReduceSpec): string;
}

/** A bit pattern that no constant may be: p.n is 0 here, and the compiler does not know. */
const bits = (pattern: string) => `bitcast<V>(vec4u(${pattern}) | vec4u(p.n))`;
const NAN = bits("0x7fc00000u");
const LEAST = bits("0xff800000u");

const sum: Entry = {
  fold: ({ scalar }) => sumFold(`vec4${scalar[0] as "f" | "i" | "u"}`),
  result: () => "s.sum",
};

const extreme = (least: boolean): Entry => ({
  fold: ({ scalar }) => extremeFold(scalar, least),
  result: () => "unkey(s.best)",
});

const place = (least: boolean): Entry => ({
  fold: ({ scalar, last }) => indexFold(scalar, least, last),
  most: 2,
  result: () => "s.at",
});

const truth = (all: boolean): Entry => ({
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

const entries: Readonly<Record<ReductionName, Entry>> = {
  sum,
  mean: { ...sum, result: ({ empty }) => (empty ? NAN : "s.sum / f32(p.n)") },
  prod: { fold: ({ scalar }) => productFold(`vec4${scalar[0] as "f" | "i" | "u"}`), result: () => "s.product" },
  max: extreme(false),
  min: extreme(true),
  argMax: place(false),
  argMin: place(true),
  normL1: { ...sum, term: "abs(x)" },
  sumSquare: { ...sum, term: "x * x" },
  variance: { fold: momentsFold, most: 3, result: ({ empty }) => (empty ? NAN : "s.squares / f32(p.n)") },
  normL2: { ...sum, term: "x * x", result: () => "sqrt(s.sum)" },
  logSum: { ...sum, result: ({ empty }) => (empty ? LEAST : "safe_log(s.sum)") },
  logSumExp: {
    fold: () => sumExpFold(true),
    most: 2,
    result: ({ empty }) => (empty ? LEAST : "s.largest + safe_log(s.sum)"),
  },
  any: truth(false),
  all: truth(true),
};

/** @param real integers are taken as float32 */
export function program(name: ReductionName, real = false): RowProgram<ReduceSpec> {
  const { fold, most = 1, term = "x", result } = entries[name];
  const pairs = ({ dtype, vec }: ReduceSpec, { f16 }: { readonly f16: boolean }) => dtype === "f16" && !f16 && vec !== "columns";
  return {
    reads: ({ empty }) => (empty ? [] : ["x"]),
    fold,
    most,
    scalar: ({ scalar }) => scalar,
    value: () => wgsl`fn value(i: u32, row: I, j: I) -> T { let x = ${real ? "T(load_x(i))" : "load_x(i)"}; return ${term}; }`,
    pairs,
    end: (spec, caps) => {
      const needsLog = result(spec).includes("safe_log");
      return wgsl`alias R = vec4<${spec.dtype === "f16" ? "f32" : spec.dtype}>;
${needsLog ? safeLog("vec4f", "vec4u") : ""}
fn result(s: State) -> R { return R(${result(spec)}); }
${
  pairs(spec, caps)
    ? "fn end_pair(unit: u32, s: State, t: State) { store_y(unit, vec2f(result(s).x, result(t).x)); }"
    : `fn end(unit: u32, first: u32, stride: u32, s: State) { if (first == 0u) { store_y(unit, result(s)${spec.vec === "columns" ? "" : ".x"}); } }`
}`;
    },
    lanes: (spec, caps) => ({
      x: spec.vec === "none" ? 1 : 4,
      y: spec.vec === "columns" ? 4 : pairs(spec, caps) ? 2 : 1,
    }),
  };
}
