import { add } from "@tilewright/kernels-pointwise";
import type { Value } from "@tilewright/runtime";
import { type Layer, layer } from "../layer.ts";
import { type Layers, named } from "./sequential.ts";

/** x + what the layers make of it. Where the last is a `dense`, `conv2d`, `feedForward` or `multiHeadAttention` without activation, it adds x itself. */
export function residual(layers: Layers): Layer {
  const all = named(layers);
  return layer("residual", (scope, x: Value) => {
    let y = x;
    all.forEach(([name, one], i) => {
      const adds = one.adds && i === all.length - 1;
      y = adds ? scope.run(name, one as Layer<readonly [Value, Value]>, y, x) : scope.run(name, one, y);
    });
    return all.at(-1)?.[1].adds ? y : scope.tape.call(add, { a: y, b: x });
  });
}
