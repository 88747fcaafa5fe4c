// Kernels that make one number of each row: sum, mean, max, argmax … Each is an entry of a table given to one factory.
import {
  countOf,
  type DType,
  defineKernel,
  fail,
  type Kernel,
  type Problem,
  sizeOf,
  type TensorType,
  wgsl,
} from "@tilewright/runtime";
import { extremeFold, type Fold, indexFold, momentsFold, productFold, safeLog, sumExpFold, sumFold } from "./folds.ts";
import type { RowProgram } from "./frame.ts";
import {
  axesOf,
  type Layout,
  layoutOf,
  offsets,
  reducedShape,
  sizesOf,
  VIEW_PARAMS,
  type ViewParam,
  viewOf,
  viewParams,
} from "./layout.ts";
import { type Arithmetic, prove } from "./numbers.ts";
import { reducing } from "./variants/rows.ts";

export interface ReduceOptions {
  /** Which to reduce, negative ones counted from the end. Default all; `[]` reduces nothing. */
  axes?: number | readonly number[] | undefined;
  /** Reduced axes stay, with size 1. Default false. */
  keepDims?: boolean | undefined;
  /** Of the output; x's unless given. Sums are f32 either way. */
  dtype?: DType | undefined;
}

export interface ArgOptions {
  /** Which to search; all of x, flat, unless given. */
  axis?: number | undefined;
  keepDims?: boolean | undefined;
  /** Of equal elements the last counts. Default false: the first. */
  selectLast?: boolean | undefined;
}

export interface ReduceSpec extends Layout {
  /** Of x, as values are: f16 is f32. */
  readonly scalar: "f32" | "i32" | "u32";
  readonly dtype: DType;
  readonly last: boolean;
}

type ReduceProblem = Problem<ViewParam, ReduceSpec>;
export type Reduction<Options extends object = ReduceOptions> = Kernel<{ x: "in"; y: "out" }, ViewParam, Options, ReduceSpec>;

interface Entry {
  fold(spec: ReduceSpec): Fold;
  /** Fields of the fold's state, at most. */
  fields?: number;
  /** WGSL of the term that element x contributes. */
  term?: string;
  /** WGSL of the result, from `s`. */
  result(spec: ReduceSpec): string;
  /** The row's values to the result. */
  formula<N>(f: Arithmetic<N>, xs: readonly N[], problem: ReduceProblem): N;
  /** Which dtypes x may have. */
  takes: readonly DType[];
  /** The result's dtype, where it is not x's. */
  gives?: DType;
  /** Integers are taken as float32, and so is the result. */
  real?: boolean;
}

const ALL: readonly DType[] = ["f32", "f16", "i32", "u32"];
const FLOATS: readonly DType[] = ["f32", "f16"];

const program = ({ fold, term, result, real }: Entry): RowProgram<ReduceSpec> => {
  const pairs: NonNullable<RowProgram<ReduceSpec>["pairs"]> = ({ dtype, vec }, { f16 }) =>
    dtype === "f16" && !f16 && vec !== "columns";
  return {
    fields: (spec) => fold(spec).fields,
    fold: (spec) => fold(spec).text,
    scalar: ({ scalar }) => scalar,
    value: () =>
      wgsl`fn value(i: u32, row: I, j: I) -> T { let x = ${real ? "T(load_x(i))" : "load_x(i)"}; return ${term ?? "x"}; }`,
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
};

/** The integer that 32 bits hold. */
const wrap = (x: number, dtype: DType): number => (dtype === "i32" ? x | 0 : dtype === "u32" ? x >>> 0 : x);

function checkDtype(kernel: string, { dtype }: TensorType, takes: readonly DType[]): void {
  if (!takes.includes(dtype)) fail(kernel, "dtype", `x is ${dtype}; needed is ${takes.join(" or ")}.`);
}

function resolved(
  kernel: string,
  entry: Entry,
  x: TensorType,
  axes: readonly number[],
  { keepDims = false, dtype: wanted }: ReduceOptions,
  last = false,
) {
  const { takes, real = false } = entry;
  const gives = entry.gives ?? (real && !FLOATS.includes(x.dtype) ? "f32" : undefined);
  const dtype = wanted ?? gives ?? x.dtype;
  checkDtype(kernel, x, takes);
  if (dtype !== x.dtype && dtype !== gives && !(FLOATS.includes(x.dtype) && FLOATS.includes(dtype) && !gives))
    fail(
      kernel,
      "dtype",
      `it cannot make ${dtype} of ${x.dtype}; ${gives ?? (FLOATS.includes(x.dtype) ? "f32 or f16" : x.dtype)} is what it makes.`,
    );
  const view = viewOf(kernel, x.shape, axes);
  return {
    params: viewParams(view),
    spec: { ...layoutOf(view), scalar: x.dtype === "f16" || real ? "f32" : x.dtype, dtype, last } satisfies ReduceSpec,
    outputs: { y: { shape: reducedShape(x.shape, axes, keepDims), dtype } },
  };
}

function unknownOption(kernel: string, options: object, known: readonly string[]): void {
  for (const key in options)
    if (!known.includes(key)) fail(kernel, "feature", `there is no option ${key}; there are ${known.join(", ")}.`);
}

/** Everything of a reduction but its name, operands and options. */
function common(entry: Entry) {
  return {
    operands: { x: "in", y: "out" } as const,
    params: VIEW_PARAMS,
    variants: reducing<ReduceSpec, ViewParam>(program(entry), entry.fields ?? 1, ({ empty }) => (empty ? [] : ["x"])),
    ...prove<ViewParam, ReduceSpec, "y">((f, problem, at) => {
      const { rows, along } = offsets(sizesOf(problem));
      return {
        y: rows.map((row) =>
          entry.formula(
            f,
            along.map((j) => at("x", row + j)),
            problem,
          ),
        ),
      };
    }),
    cost: ({ types }: ReduceProblem) => ({
      flops: countOf(types["x"]!.shape),
      bytes: sizeOf(types["x"]!) + sizeOf(types["y"]!),
    }),
  };
}

function reduction(name: string, entry: Entry): Reduction {
  return defineKernel({
    name,
    ...common(entry),
    resolve({ x }, options: ReduceOptions) {
      unknownOption(name, options, ["axes", "keepDims", "dtype"]);
      return resolved(name, entry, x, axesOf(name, x.shape.length, options.axes), options);
    },
  });
}

function search(name: string, least: boolean): Reduction<ArgOptions> {
  const better = (a: number, b: number) => (least ? a < b : a > b);
  const entry: Entry = {
    takes: ALL,
    gives: "i32",
    fields: 2,
    fold: ({ scalar, last }) => indexFold(scalar, least, last),
    result: () => "s.at",
    formula: (f, xs, { spec: { last } }) => {
      let best = 0;
      xs.forEach((x, i) => {
        const [v, top] = [f.value(x), f.value(xs[best]!)];
        if (Number.isNaN(top) ? last && Number.isNaN(v) : Number.isNaN(v) || better(v, top) || (last && v === top)) best = i;
      });
      return f.of(best);
    },
  };
  return defineKernel({
    name,
    ...common(entry),
    resolve({ x }, options: ArgOptions) {
      unknownOption(name, options, ["axis", "keepDims", "selectLast"]);
      const axes = axesOf(name, x.shape.length, options.axis);
      const made = resolved(name, entry, x, axes, { keepDims: options.keepDims }, options.selectLast);
      if (made.spec.empty && made.params.rows > 0)
        fail(name, "shape", `x is ${x.shape.join("x")}: of no elements there is no best. Leave empty tensors out.`);
      return made;
    },
  });
}

/** A bit pattern that no constant may be: p.n is 0 here, and the compiler does not know. */
const bits = (pattern: string) => `bitcast<V>(vec4u(${pattern}) | vec4u(p.n))`;
const total: Pick<Entry, "fold" | "result"> = {
  fold: ({ scalar }) => sumFold(`vec4${scalar[0] as "f" | "i" | "u"}`),
  result: () => "s.sum",
};
/** Sums in the dtype: integers wrap as 32 bits do. */
const added = <N>(f: Arithmetic<N>, xs: readonly N[], { spec }: ReduceProblem): N =>
  spec.scalar === "f32" ? f.sum(xs) : f.of(xs.reduce((sum, x) => wrap(sum + f.value(x), spec.scalar), 0));
const squared = <N>(f: Arithmetic<N>, xs: readonly N[]): N[] => xs.map((x) => f.mul(x, x));

/** Σx. Of nothing 0. Integers wrap. */
export const sum: Reduction = /* @__PURE__ */ reduction("sum", { ...total, takes: ALL, formula: added });

/** Σx / n, in float32, of integers too. Of nothing NaN, as in NumPy. */
export const mean: Reduction = /* @__PURE__ */ reduction("mean", {
  ...total,
  takes: ALL,
  real: true,
  result: ({ empty }) => (empty ? bits("0x7fc00000u") : "s.sum / f32(p.n)"),
  formula: (f, xs) => f.div(f.sum(xs), f.of(xs.length)),
});

/** Πx. Of nothing 1. Integers wrap. */
export const prod: Reduction = /* @__PURE__ */ reduction("prod", {
  takes: ALL,
  fold: ({ scalar }) => productFold(`vec4${scalar[0] as "f" | "i" | "u"}`),
  result: () => "s.product",
  formula: (f, xs, { spec }) =>
    spec.scalar === "f32"
      ? xs.reduce((p, x) => f.mul(p, x), f.of(1))
      : f.of(xs.reduce((p, x) => wrap(Math.imul(p, f.value(x)), spec.scalar), 1)),
});

const extreme = (least: boolean): Entry => ({
  takes: ALL,
  fold: ({ scalar }) => extremeFold(scalar, least),
  result: () => "unkey(s.best)",
  formula: (f, xs, { spec: { scalar } }) => {
    if (xs.length === 0) {
      const most = { f32: Infinity, i32: 2 ** 31 - 1, u32: 2 ** 32 - 1 }[scalar];
      return f.of(least ? most : scalar === "f32" ? -most : scalar === "i32" ? -most - 1 : 0);
    }
    return xs.reduce((best, x) => {
      const [a, b] = [f.value(best), f.value(x)];
      return Number.isNaN(a) || (!Number.isNaN(b) && (least ? a <= b : a >= b)) ? best : x;
    });
  },
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
  formula: (f, xs, problem) => added(f, xs.map(f.abs), problem),
});

/** Σx² */
export const sumSquare: Reduction = /* @__PURE__ */ reduction("sumSquare", {
  ...total,
  takes: ALL,
  term: "x * x",
  formula: (f, xs, problem) =>
    problem.spec.scalar === "f32"
      ? f.sum(squared(f, xs))
      : added(
          f,
          xs.map((x) => f.of(Math.imul(f.value(x), f.value(x)))),
          problem,
        ),
});

/** Σ(x − mean)² / n, in one pass in which nothing cancels. Of nothing NaN. */
export const variance: Reduction = /* @__PURE__ */ reduction("variance", {
  takes: ALL,
  real: true,
  fields: 3,
  fold: momentsFold,
  result: ({ empty }) => (empty ? bits("0x7fc00000u") : "s.squares / f32(p.n)"),
  formula: (f, xs) => {
    const n = f.of(xs.length);
    const middle = f.div(f.sum(xs), n);
    return f.div(
      f.sum(
        squared(
          f,
          xs.map((x) => f.sub(x, middle)),
        ),
      ),
      n,
    );
  },
});

/** √Σx². Squares are float32's: elements beyond 1.8e19 overflow, below 1e-19 vanish. */
export const normL2: Reduction = /* @__PURE__ */ reduction("normL2", {
  ...total,
  takes: FLOATS,
  term: "x * x",
  result: () => "sqrt(s.sum)",
  formula: (f, xs) => f.sqrt(f.sum(squared(f, xs))),
});

/** log Σx */
export const logSum: Reduction = /* @__PURE__ */ reduction("logSum", {
  ...total,
  takes: FLOATS,
  result: ({ empty }) => (empty ? bits("0xff800000u") : "safe_log(s.sum)"),
  formula: (f, xs) => f.log(f.sum(xs)),
});

/** log Σ exp x, without overflow: the largest element is taken out first. Of nothing -infinity. */
export const logSumExp: Reduction = /* @__PURE__ */ reduction("logSumExp", {
  takes: FLOATS,
  fields: 2,
  fold: () => sumExpFold(true),
  result: ({ empty }) => (empty ? bits("0xff800000u") : "s.largest + safe_log(s.sum)"),
  formula: (f, xs) => {
    const largest = f.max(xs);
    const infinite = Math.abs(f.value(largest)) === Infinity;
    return infinite ? largest : f.add(largest, f.log(f.sumExp(xs, largest)));
  },
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
  formula: (f, xs) => f.of(Number(all ? xs.every((x) => f.value(x) !== 0) : xs.some((x) => f.value(x) !== 0))),
});

/** 1 where any element is not 0, else 0; u32. Of nothing 0. */
export const any: Reduction = /* @__PURE__ */ reduction("any", /* @__PURE__ */ truth(false));
/** 1 where no element is 0, else 0; u32. Of nothing 1. */
export const all: Reduction = /* @__PURE__ */ reduction("all", /* @__PURE__ */ truth(true));
