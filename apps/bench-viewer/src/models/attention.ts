// What a decoder's heads look at: the weights that fused attention never writes down, calculated beside it.

import { matmul } from "@tilewright/kernels-matmul";
import { slice, transpose } from "@tilewright/kernels-pointwise";
import { softmax } from "@tilewright/kernels-reduction";
import { defineModel, type Gpt, type Model } from "@tilewright/models";
import type { Value } from "@tilewright/runtime";

/** The model's own calls, and softmax(q · kᵀ / √d) of each layer: `layer0`, `layer1` …, [1, heads, rows, rows]. It has the model's parameters. */
export function attentionOf(model: Gpt): Model<"input_ids", never, string> {
  const made = defineModel<"input_ids", never, string>({
    name: "attention",
    sample: { input_ids: { shape: [1, 1], dtype: "u32" } },
    forward(scope, { input_ids }) {
      model.forward(scope, { input_ids });
      const layers = scope.tape.calls
        .filter(({ kernel }) => kernel.name === "attention")
        .map(({ inputs, options }) => ({ q: inputs["q"], ...options }) as Seen);
      return Object.fromEntries(
        layers.map(({ q: all, kvHeads, causal }, i) => {
          // [1, rows, queries, keys and values of each head, d], as the layer hands them over
          const byHead = (first: number) => {
            const mine = scope.tape.call(slice, { x: all }, { axes: [2], starts: [first], ends: [first + kvHeads] });
            return scope.tape.call(transpose, { x: mine }, { axes: [0, 2, 1, 3] });
          };
          const scores = scope.tape.call(matmul, { a: byHead(0), b: byHead(kvHeads) }, { transB: true });
          return [`layer${i}`, scope.tape.call(softmax, { x: scores }, { scale: 1 / Math.sqrt(all.shape[3]!), causal })];
        }),
      );
    },
  });
  for (const [name, parameter] of made.parameters) parameter.value = model.parameters.get(name)!.value;
  return made;
}

interface Seen {
  readonly q: Value;
  readonly kvHeads: number;
  readonly causal?: boolean;
}
