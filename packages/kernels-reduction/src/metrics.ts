// How good a classifier is, counted on the GPU.
import { countOf, defineKernel, fail, type Kernel, showShape, sizeOf } from "@tilewright/runtime";
import { axesOf, type Layout, layoutOf, reducedShape, VIEW_PARAMS, type ViewParam, viewOf, viewParams } from "./layout.ts";
import { adding, each } from "./variants.ts";

export interface AccuracyOptions {
  /** `none` gives 1 for each row that is right, `sum` how many are, `mean` their share. Default "mean". */
  reduction?: "none" | "sum" | "mean" | undefined;
  /** Where the classes are. Default -1. */
  axis?: number | undefined;
}

export interface AccuracySpec extends Layout {
  readonly reduction: "none" | "sum" | "mean";
  readonly half: false;
}

const ACCURACY = { x: "in", labels: "in", y: "out" } as const;

/** How often the largest of x along the axis is at the label: x are logits or probabilities [..., classes], labels [...] (i32, u32), y f32. */
export const accuracy: Kernel<typeof ACCURACY, ViewParam, AccuracyOptions, AccuracySpec> = /* @__PURE__ */ defineKernel({
  name: "accuracy",
  operands: ACCURACY,
  params: VIEW_PARAMS,

  resolve({ x, labels }, { reduction = "mean", axis = -1, ...unknown }: AccuracyOptions) {
    for (const key in unknown) fail("accuracy", "feature", `there is no option ${key}; there are reduction, axis.`);
    if (!["none", "sum", "mean"].includes(reduction))
      fail("accuracy", "feature", `reduction is "${reduction}"; it may be none, sum or mean.`);
    if (x.dtype !== "f32" && x.dtype !== "f16") fail("accuracy", "dtype", `x is ${x.dtype}; needed is f32 or f16.`);
    if (labels.dtype !== "i32" && labels.dtype !== "u32")
      fail("accuracy", "dtype", `labels are ${labels.dtype}; needed is i32 or u32.`);
    const axes = axesOf("accuracy", x.shape.length, axis);
    const kept = reducedShape(x.shape, axes, false);
    if (`${labels.shape}` !== `${kept}` || axes.length === 0)
      fail(
        "accuracy",
        "shape",
        `labels are ${showShape(labels.shape)}; needed is ${showShape(kept)}, x ${showShape(x.shape)} without its axis.`,
      );
    const view = viewOf("accuracy", x.shape, axes);
    if (view.n === 0) fail("accuracy", "shape", `x is ${showShape(x.shape)}; there must be a class at least.`);
    return {
      params: viewParams(view),
      spec: { ...layoutOf(view), reduction, half: false } satisfies AccuracySpec,
      outputs: { y: { shape: reduction === "none" ? kept : [], dtype: "f32" } },
    };
  },

  variants: /* @__PURE__ */ adding<ViewParam, AccuracySpec>(async () => (await import("./text/accuracy.ts")).program),

  proof: () => import("./proofs/accuracy.ts"),

  cost: ({ types }) => ({ flops: countOf(types["x"]!.shape), bytes: sizeOf(types["x"]!) + sizeOf(types["labels"]!) }),
});

export interface ConfusionOptions {
  readonly classes: number;
}
export interface ConfusionSpec {
  /** Nothing was predicted. */
  readonly empty: boolean;
}
const CONFUSION = { predicted: "in", labels: "in", y: "out" } as const;

/** How often label i was predicted as class j: y[i, j], u32 [classes, classes]; predicted and labels are classes of one shape. Each cell counts for itself: for few classes. */
export const confusionMatrix: Kernel<typeof CONFUSION, "classes" | "n", ConfusionOptions, ConfusionSpec> =
  /* @__PURE__ */ defineKernel({
    name: "confusionMatrix",
    operands: CONFUSION,
    params: { classes: "u32", n: "u32" },

    resolve({ predicted, labels }, { classes, ...unknown }: ConfusionOptions) {
      for (const key in unknown) fail("confusionMatrix", "feature", `there is no option ${key}; there is classes.`);
      if (!Number.isInteger(classes) || classes < 1)
        fail("confusionMatrix", "shape", `classes is ${classes}; needed is how many there are.`);
      for (const [operand, { dtype }] of Object.entries({ predicted, labels }))
        if (dtype !== "i32" && dtype !== "u32") fail("confusionMatrix", "dtype", `${operand} is ${dtype}; needed is i32 or u32.`);
      if (`${predicted.shape}` !== `${labels.shape}`)
        fail(
          "confusionMatrix",
          "shape",
          `predicted is ${showShape(predicted.shape)} and labels ${showShape(labels.shape)}; needed is one shape.`,
        );
      const n = countOf(labels.shape);
      return {
        params: { classes, n },
        spec: { empty: n === 0 } satisfies ConfusionSpec,
        outputs: { y: { shape: [classes, classes], dtype: "u32" } },
      };
    },

    variants: [
      /* @__PURE__ */ each<"classes" | "n", ConfusionSpec>(async () => (await import("./text/confusionMatrix.ts")).program),
    ],

    proof: () => import("./proofs/confusionMatrix.ts"),

    cost: ({ types }) => ({
      flops: countOf(types["labels"]!.shape),
      bytes: sizeOf(types["labels"]!) + sizeOf(types["predicted"]!) + sizeOf(types["y"]!),
    }),
  });
