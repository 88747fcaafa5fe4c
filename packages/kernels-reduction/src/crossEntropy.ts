// Losses over classes: softmax cross-entropy fused from logits, and negative log-likelihood; of each row, their sum or their mean.
import { countOf, type DType, defineKernel, fail, type Kernel, showShape, sizeOf, type Variant, wgsl } from "@tilewright/runtime";
import { type Fold, safeLog, scaling, sumExpFold } from "./folds.ts";
import type { RowProgram } from "./frame.ts";
import { axesOf, type Layout, layoutOf, reducedShape, VIEW_PARAMS, type ViewParam, viewOf, viewParams } from "./layout.ts";
import { reducing } from "./variants/rows.ts";
import { summed } from "./variants/summed.ts";

export interface ClassLossOptions {
  /** `mean` is Σ loss / Σ weight of the target's class. Default "mean". */
  reduction?: "none" | "sum" | "mean" | undefined;
  /** Where the classes are. Default 1, or 0 where x has one dimension. */
  axis?: number | undefined;
  /** Rows with this target count nothing. Default -100. */
  ignoreIndex?: number | undefined;
  /** Of the output; x's unless given. */
  dtype?: "f32" | "f16" | undefined;
}
export interface CrossEntropyOptions extends ClassLossOptions {
  /** This much of the target is spread over all classes: Szegedy et al. 2016, arXiv:1512.00567. Default 0. */
  labelSmoothing?: number | undefined;
}

export type ClassParam = ViewParam | "ignore" | "smoothing";
export interface ClassSpec extends Layout {
  /** x are logarithms of probabilities already. */
  readonly logs: boolean;
  /** The target is a class, or a probability for each. */
  readonly target: "class" | "probabilities";
  readonly weights: boolean;
  readonly smooth: boolean;
  readonly reduction: "none" | "sum" | "mean";
  readonly half: boolean;
}

const OPERANDS = { x: "in", labels: "in", weights: "in?", y: "out" } as const;
export type ClassLoss<Options extends object = ClassLossOptions> = Kernel<typeof OPERANDS, ClassParam, Options, ClassSpec>;

/** Besides Σ exp x, a row sums q · x and q, q being what each class's logarithm counts. */
const spread = ({ target, smooth }: ClassSpec) => target === "probabilities" || smooth;

const sums = (): Fold => ({
  fields: { largest: "vec4f", sum: "vec4f", dot: "vec4f", mass: "vec4f" },
  text: wgsl`fn init() -> State { return State(V(-0x1.fffffep+127f), V(), V(), V()); }
${scaling}
fn step(s: State, x: V, q: V, ok: vec4<bool>, j: vec4u) -> State {
  let largest = select(s.largest, max(s.largest, x), ok);
  let sum = s.sum * scale(s.largest, largest) + select(V(), exp_of(x - largest), ok);
  // A class of no probability may have any logit.
  return State(largest, sum, s.dot + select(V(), q * x, ok & (q != V())), s.mass + select(V(), q, ok));
}
fn merge(a: State, b: State) -> State {
  let largest = max(a.largest, b.largest);
  let sum = a.sum * scale(a.largest, largest) + b.sum * scale(b.largest, largest);
  return State(largest, sum, a.dot + b.dot, a.mass + b.mass);
}`,
});

/** The loss of a row and what it weighs. */
function rowLoss(spec: ClassSpec): string {
  const { vec, logs, target, weights, smooth } = spec;
  const at = vec === "none" ? "load_x(i)" : "load_x(i >> 2u)[i & 3u]";
  const log = "safe_log(s.sum[c])";
  if (target === "probabilities")
    return wgsl`fn loss_of(row: u32, s: State, c: u32) -> vec2f { return vec2f(s.mass[c] * (s.largest[c] + ${log}) - s.dot[c], 1.0); }`;
  const plain = logs ? `-${at}` : `${log} - (${at} - s.largest[c])`;
  const loss = smooth
    ? `(1.0 - p.smoothing) * w * (${plain}) + p.smoothing / f32(p.n) * (s.mass[c] * (s.largest[c] + ${log}) - s.dot[c])`
    : `w * (${plain})`;
  return wgsl`// A target that is no class, and not ignored, makes NaN.
fn loss_of(row: u32, s: State, c: u32) -> vec2f {
  let class_ = i32(load_labels(row));
  if (class_ == p.ignore) { return vec2f(); }
  if (class_ < 0 || class_ >= i32(p.n)) { return vec2f(bitcast<f32>(0x7fc00000u | (p.n >> 31u))); }
  let i = start_of(row) + along(u32(class_));
  let w = ${weights ? "load_weights(u32(class_))" : "1.0"};
  return vec2f(${loss}, w);
}`;
}

const program: RowProgram<ClassSpec> = {
  fields: (spec) => (spread(spec) ? sums() : sumExpFold()).fields,
  fold: (spec) => (spread(spec) ? sums() : sumExpFold()).text,
  scalar: () => "f32",
  value: () => "fn value(i: u32, row: I, j: I) -> T { return load_x(i); }",
  second: (spec) => {
    if (!spread(spec)) return undefined;
    const { vec, target, weights, smooth } = spec;
    const four = "T(load_weights(j.x), load_weights(j.y), load_weights(j.z), load_weights(j.w))";
    const load = vec === "columns" ? "T(load_weights(j.x))" : vec === "row" ? four : "load_weights(j)";
    const q =
      target === "class" ? "T(1.0)" : smooth ? "load_labels(i) * (1.0 - p.smoothing) + p.smoothing / f32(p.n)" : "load_labels(i)";
    return `fn second(i: u32, row: I, j: I) -> T { return ${weights ? `(${q}) * ${load}` : q}; }`;
  },
  pairs: ({ half, vec, reduction }, { f16 }) => half && !f16 && vec !== "columns" && reduction === "none",
  end: (spec, { f16 }) => {
    const { vec, half, reduction } = spec;
    const put = (v: string, to: string) => (reduction === "none" ? `store_y(${to}, ${v}.x);` : `store_losses(${to}, ${v});`);
    const pair = wgsl`fn end_pair(unit: u32, s: State, t: State) {
  store_y(unit, vec2f(loss_of(2u * unit, s, 0u).x, loss_of(min(2u * unit + 1u, p.rows - 1u), t, 0u).x));
}`;
    const four = [0, 1, 2, 3].map((c) => `loss_of(4u * unit + ${c}u, s, ${c}u)`);
    const columns =
      reduction === "none"
        ? `store_y(unit, vec4f(${four.map((l) => `${l}.x`).join(", ")}));`
        : four.map((l, c) => put(l, `4u * unit + ${c}u`)).join(" ");
    const one = vec === "columns" ? columns : put("loss_of(unit, s, 0u)", "unit");
    return wgsl`${safeLog("f32", "u32")}
${rowLoss(spec)}
${half && !f16 && vec !== "columns" && reduction === "none" ? pair : `fn end(unit: u32, first: u32, stride: u32, s: State) { if (first == 0u) { ${one} } }`}`;
  },
  lanes: ({ vec, half, target, reduction }, { f16 }) => {
    const wide = vec === "none" ? 1 : 4;
    const y = reduction !== "none" ? (half && !f16 ? 2 : 1) : vec === "columns" ? 4 : half && !f16 ? 2 : 1;
    return { x: wide, labels: target === "class" ? 1 : wide, y, losses: 2 };
  },
};

/** Negative log-likelihood folds nothing: no element but the target's is read. */
const picking: RowProgram<ClassSpec> = {
  ...program,
  fields: () => ({ none: "vec4f" }),
  fold: () => wgsl`fn init() -> State { return State(V()); }
fn step(s: State, x: V, ok: vec4<bool>, j: vec4u) -> State { return s; }
fn merge(a: State, b: State) -> State { return a; }`,
};

function classLoss<Options extends CrossEntropyOptions>(
  name: string,
  logs: boolean,
  known: readonly string[],
): ClassLoss<Options> {
  const reads = ({ empty, target }: ClassSpec) => (empty ? [] : ["x", ...(target === "class" ? [] : ["labels", "weights"])]);
  const rows = reducing<ClassSpec, ClassParam>(logs ? picking : program, logs ? 1 : 4, reads).filter(
    (variant) => !("passes" in variant) && !(logs && variant.name !== "thread"),
  );
  const variants: readonly Variant<ClassParam, ClassSpec>[] = rows.flatMap((variant) => summed(variant));
  return defineKernel({
    name,
    operands: OPERANDS,
    params: { ...VIEW_PARAMS, ignore: "i32", smoothing: "f32" },

    resolve({ x, labels, weights }, options: Options) {
      for (const key in options)
        if (!known.includes(key)) fail(name, "feature", `there is no option ${key}; there are ${known.join(", ")}.`);
      const {
        reduction = "mean",
        axis = Math.min(1, x.shape.length - 1),
        ignoreIndex = -100,
        dtype = x.dtype,
        labelSmoothing = 0,
      } = options;
      if (!["none", "sum", "mean"].includes(reduction))
        fail(name, "feature", `reduction is "${reduction}"; it may be none, sum or mean.`);
      const floats: [string, DType | undefined][] = [
        ["x", x.dtype],
        ["weights", weights?.dtype],
        ["options.dtype", dtype],
      ];
      for (const [operand, type] of floats)
        if (type && type !== "f32" && type !== "f16") fail(name, "dtype", `${operand} is ${type}; needed is f32 or f16.`);
      if (x.shape.length === 0) fail(name, "shape", "x is a scalar; needed is [classes] or [N, classes, ...].");
      const axes = axesOf(name, x.shape.length, axis);
      const view = viewOf(name, x.shape, axes);
      const kept = reducedShape(x.shape, axes, false);
      const classes = labels.dtype === "i32" || labels.dtype === "u32";
      const wanted = classes ? kept : x.shape;
      if (logs && !classes) fail(name, "dtype", `labels are ${labels.dtype}; needed are classes, i32 or u32.`);
      if (`${labels.shape}` !== `${wanted}`)
        fail(
          name,
          "shape",
          `labels are ${showShape(labels.shape)}; needed is ${showShape(kept)} of classes (i32, u32)${logs ? "" : ` or ${showShape(x.shape)} of probabilities`}.`,
        );
      if (weights && `${weights.shape}` !== `${[view.n]}`)
        fail(name, "shape", `weights are ${showShape(weights.shape)}; needed is [${view.n}], one for each class.`);
      if (view.n === 0) fail(name, "shape", `x is ${showShape(x.shape)}; there must be a class at least.`);
      return {
        params: { ...viewParams(view), ignore: ignoreIndex, smoothing: labelSmoothing },
        spec: {
          ...layoutOf(view),
          empty: logs,
          logs,
          target: classes ? "class" : "probabilities",
          weights: !!weights,
          smooth: labelSmoothing > 0,
          reduction,
          half: dtype === "f16",
        } satisfies ClassSpec,
        outputs: { y: { shape: reduction === "none" ? kept : [], dtype } },
        dynamic: ["ignore"],
      };
    },

    variants,
    proof: () => import("./proofs/crossEntropy.ts"),
    cost: ({ types }) => ({
      flops: 5 * countOf(types["x"]!.shape),
      bytes: Object.values(types).reduce((all, type) => all + sizeOf(type), 0),
    }),
  }) as ClassLoss<Options>;
}

const KNOWN = ["reduction", "axis", "ignoreIndex", "dtype"];

/**
 * −log softmax(x)[target] over an axis of logits, in one pass and without the softmax in memory. The target is a class for each row (i32, u32: x's shape without the axis)
 * or a probability for each element; weights are one for each class. `mean` divides by the weights of the targets that count (for probabilities by the rows).
 */
export const crossEntropy: ClassLoss<CrossEntropyOptions> = /* @__PURE__ */ classLoss("crossEntropy", false, [
  ...KNOWN,
  "labelSmoothing",
]);

/** −x[target] · weight over an axis of logarithms of probabilities: what is left of {@link crossEntropy} behind a log-softmax. */
export const nllLoss: ClassLoss = /* @__PURE__ */ classLoss("nllLoss", true, KNOWN);
