import type { Value } from "@tilewright/runtime";
import { type Layer, layer } from "../layer.ts";
import { defineModel, type Model } from "../model.ts";

/** Layers in order: a list, whose names are 0, 1, …, or a record of names. */
export type Layers = readonly Layer[] | { readonly [name: string]: Layer };
export const named = (layers: Layers): [string, Layer][] => Object.entries(layers);

export type Sequential = Layer & Model<"x", never, "y">;

/**
 * One layer behind the other: a model with the input `x` and the output `y`, built from the first input's shape, and a layer of others.
 *
 *     const model = sequential([conv2d(8, 3, { activation: "relu" }), maxPool2d(2), flatten(), dense(10)]);
 *     const { y } = await model.run({ x: tensor(images, [32, 1, 28, 28]) }, { device });
 *
 * @param seed of the parameters' first values
 */
export function sequential(
  layers: Layers,
  { name = "sequential", seed }: { readonly name?: string; readonly seed?: number } = {},
): Sequential {
  const all = named(layers);
  const apply: Layer["apply"] = (scope, x) => {
    let y = x;
    for (let i = 0; i < all.length; i++) {
      const [name, one] = all[i]!;
      const after = all[i + 1];
      const both = after && one.ahead?.(after[1], y);
      if (both) {
        const { next } = scope.run(name, both, y);
        y = scope.run(
          after[0],
          layer(after[1].kind, () => next),
        );
        i++;
      } else y = scope.run(name, one, y);
    }
    return y;
  };
  const model = defineModel({ name, forward: (scope, { x }: { readonly x: Value }) => ({ y: apply(scope, x) }) }, { seed });
  return { kind: "sequential", apply, ...model };
}
