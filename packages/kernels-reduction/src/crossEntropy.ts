// Losses over classes: softmax cross-entropy fused from logits, and negative log-likelihood; of each row, their sum or their mean.
import { countOf, type DType, defineKernel, fail, type Kernel, showShape, sizeOf } from "@tilewright/runtime";
import { axesOf, type Layout, layoutOf, reducedShape, VIEW_PARAMS, type ViewParam, viewOf, viewParams } from "./layout.ts";
import { adding } from "./variants.ts";

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

function classLoss<Options extends CrossEntropyOptions>(name: string, logs: boolean): ClassLoss<Options> {
  const known = ["reduction", "axis", "ignoreIndex", "dtype", ...(logs ? [] : ["labelSmoothing"])];
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

    variants: adding<ClassParam, ClassSpec>(async () => {
      const { fused, picking } = await import("./text/crossEntropy.ts");
      return logs ? picking : fused;
    }, logs),
    proof: () => import("./proofs/crossEntropy.ts"),
    cost: ({ types }) => ({
      flops: 5 * countOf(types["x"]!.shape),
      bytes: Object.values(types).reduce((all, type) => all + sizeOf(type), 0),
    }),
  }) as ClassLoss<Options>;
}

/**
 * −log softmax(x)[target] over an axis of logits, in one pass and without the softmax in memory. The target is a class for each row (i32, u32: x's shape without the axis)
 * or a probability for each element; weights are one for each class. `mean` divides by the weights of the targets that count (for probabilities by the rows).
 */
export const crossEntropy: ClassLoss<CrossEntropyOptions> = /* @__PURE__ */ classLoss("crossEntropy", false);

/** −x[target] · weight over an axis of logarithms of probabilities: what is left of {@link crossEntropy} behind a log-softmax. */
export const nllLoss: ClassLoss = /* @__PURE__ */ classLoss("nllLoss", true);
