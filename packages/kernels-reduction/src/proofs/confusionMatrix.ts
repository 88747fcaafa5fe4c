// What confusionMatrix is.
import type { ConfusionSpec } from "../metrics.ts";
import { prove } from "./numbers.ts";

export const { reference, bound } = prove<"classes" | "n", ConfusionSpec, "y">((f, { params }, at) => {
  const counts = new Float64Array(params.classes ** 2);
  for (let k = 0; k < params.n; k++) {
    const [label, guess] = [f.value(at("labels", k)), f.value(at("predicted", k))];
    if (label >= 0 && label < params.classes && guess >= 0 && guess < params.classes) counts[label * params.classes + guess]!++;
  }
  return { y: Array.from(counts, (count) => f.of(count)) };
});
