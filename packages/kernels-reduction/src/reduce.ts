// Kernels that make one number of each row: sum, mean, max, argmax … What each takes and gives; how it folds: text/reduce.ts.
import { ALL, FLOATS } from "./dtypes.ts";
import { type ArgOptions, type Reduction, reduction, search } from "./reduction.ts";

/** Σx. Of nothing 0. Integers wrap. */
export const sum: Reduction = /* @__PURE__ */ reduction("sum", { takes: ALL });

/** Σx / n, in float32, of integers too. Of nothing NaN, as in NumPy. */
export const mean: Reduction = /* @__PURE__ */ reduction("mean", { takes: ALL, real: true });

/** Πx. Of nothing 1. Integers wrap. */
export const prod: Reduction = /* @__PURE__ */ reduction("prod", { takes: ALL });

/** The largest element; NaN where there is one. Of nothing -infinity, or the least integer. */
export const max: Reduction = /* @__PURE__ */ reduction("max", { takes: ALL });
/** The least element; NaN where there is one. Of nothing infinity, or the largest integer. */
export const min: Reduction = /* @__PURE__ */ reduction("min", { takes: ALL });

/** Where the largest element is, i32: the first NaN if there is one, else the first (`selectLast`: the last) of the largest. */
export const argMax: Reduction<ArgOptions> = /* @__PURE__ */ search("argMax");
/** Where the least element is, i32. See {@link argMax}. */
export const argMin: Reduction<ArgOptions> = /* @__PURE__ */ search("argMin");

/** Σ|x| */
export const normL1: Reduction = /* @__PURE__ */ reduction("normL1", { takes: ["f32", "f16", "i32"] });

/** Σx² */
export const sumSquare: Reduction = /* @__PURE__ */ reduction("sumSquare", { takes: ALL });

/** Σ(x − mean)² / n, in one pass in which nothing cancels. Of nothing NaN. */
export const variance: Reduction = /* @__PURE__ */ reduction("variance", { takes: ALL, real: true });

/** √Σx². Squares are float32's: elements beyond 1.8e19 overflow, below 1e-19 vanish. */
export const normL2: Reduction = /* @__PURE__ */ reduction("normL2", { takes: FLOATS });

/** log Σx */
export const logSum: Reduction = /* @__PURE__ */ reduction("logSum", { takes: FLOATS });

/** log Σ exp x, without overflow: the largest element is taken out first. Of nothing -infinity. */
export const logSumExp: Reduction = /* @__PURE__ */ reduction("logSumExp", { takes: FLOATS });

/** 1 where any element is not 0, else 0; u32. Of nothing 0. */
export const any: Reduction = /* @__PURE__ */ reduction("any", { takes: ALL, gives: "u32" });
/** 1 where no element is 0, else 0; u32. Of nothing 1. */
export const all: Reduction = /* @__PURE__ */ reduction("all", { takes: ALL, gives: "u32" });
