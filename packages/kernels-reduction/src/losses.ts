// Losses of one prediction and one label each; as text: text/losses.ts.
import { type BinaryOptions, type HingeOptions, type HuberOptions, type LogLossOptions, type Loss, lossOf } from "./loss.ts";

/** (x − label)² */
export const mseLoss: Loss = /* @__PURE__ */ lossOf("mseLoss");

/** |x − label| */
export const maeLoss: Loss = /* @__PURE__ */ lossOf("maeLoss");

/** ½d² up to delta, delta · (d − ½delta) beyond, d = |x − label|: Huber 1964, doi:10.1214/aoms/1177703732 */
export const huberLoss: Loss<HuberOptions> = /* @__PURE__ */ lossOf<HuberOptions>("huberLoss", "delta", 1);

/** max(0, 1 − label · x), labels being −1 and 1. */
export const hingeLoss: Loss<HingeOptions> = /* @__PURE__ */ lossOf<HingeOptions>("hingeLoss", "zeroOne");

/** Binary cross-entropy from logits: (1 − t)·x + (1 + (posWeight − 1)·t)·(log(1 + exp(−|x|)) + max(−x, 0)); nothing overflows. */
export const binaryCrossEntropy: Loss<BinaryOptions> = /* @__PURE__ */ lossOf<BinaryOptions>(
  "binaryCrossEntropy",
  "posWeight",
  1,
);

/** Binary cross-entropy of probabilities: −t · log(x + epsilon) − (1 − t) · log(1 − x + epsilon). Of logits {@link binaryCrossEntropy} is safer. */
export const logLoss: Loss<LogLossOptions> = /* @__PURE__ */ lossOf<LogLossOptions>("logLoss", "epsilon", 1e-7);

/** Kullback–Leibler divergence: label · (log label − x), x being logarithms of probabilities; 0 where the label is 0. */
export const klDivergence: Loss = /* @__PURE__ */ lossOf("klDivergence");
