// Losses of one prediction and one label each.

import {
  type BinaryOptions,
  type HingeOptions,
  type HuberOptions,
  LOG1P,
  type LogLossOptions,
  type Loss,
  lossOf,
  zero,
} from "./loss.ts";

/** (x − label)² */
export const mseLoss: Loss = /* @__PURE__ */ lossOf("mseLoss", {
  text: "(x - t) * (x - t)",
});

/** |x − label| */
export const maeLoss: Loss = /* @__PURE__ */ lossOf("maeLoss", {
  text: "abs(x - t)",
});

/** ½d² up to delta, delta · (d − ½delta) beyond, d = |x − label|: Huber 1964, doi:10.1214/aoms/1177703732 */
export const huberLoss: Loss<HuberOptions> = /* @__PURE__ */ lossOf<HuberOptions>(
  "huberLoss",
  {
    functions: "fn huber(d: T) -> T { return select(p.a * (d - 0.5 * p.a), 0.5 * d * d, d <= T(p.a)); }",
    text: "huber(abs(x - t))",
  },
  "delta",
  1,
);

/** max(0, 1 − label · x), labels being −1 and 1. */
export const hingeLoss: Loss<HingeOptions> = /* @__PURE__ */ lossOf<HingeOptions>(
  "hingeLoss",
  {
    // By the bits, since max and comparisons may drop NaN: 0 for everything from -0 to -infinity.
    functions: "fn hinge(d: T) -> T { return select(d, T(), bitcast<U>(d) - U(0x80000000u) <= U(0x7f800000u)); }",
    text: "hinge(1.0 - (t * (1.0 + p.a) - p.a) * x)",
  },
  "zeroOne",
);

/** Binary cross-entropy from logits: (1 − t)·x + (1 + (posWeight − 1)·t)·(log(1 + exp(−|x|)) + max(−x, 0)); nothing overflows. */
export const binaryCrossEntropy: Loss<BinaryOptions> = /* @__PURE__ */ lossOf<BinaryOptions>(
  "binaryCrossEntropy",
  {
    functions: LOG1P,
    text: `(1.0 - t) * x + (1.0 + (p.a - 1.0) * t) * (log1p(exp(-abs(x))) + max(-x, ${zero}))`,
  },
  "posWeight",
  1,
);

/** Binary cross-entropy of probabilities: −t · log(x + epsilon) − (1 − t) · log(1 − x + epsilon). Of logits {@link binaryCrossEntropy} is safer. */
export const logLoss: Loss<LogLossOptions> = /* @__PURE__ */ lossOf<LogLossOptions>(
  "logLoss",
  {
    text: "-t * safe_log(x + p.a) - (1.0 - t) * safe_log(1.0 - x + p.a)",
  },
  "epsilon",
  1e-7,
);

/** Kullback–Leibler divergence: label · (log label − x), x being logarithms of probabilities; 0 where the label is 0. */
export const klDivergence: Loss = /* @__PURE__ */ lossOf("klDivergence", {
  text: `select(t * (safe_log(t) - x), ${zero}, t == ${zero})`,
});
