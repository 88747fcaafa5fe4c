import { gather } from "@tilewright/kernels-pointwise";
import type { Value } from "@tilewright/runtime";
import { type Init, normal } from "../init.ts";
import { type Layer, layer } from "../layer.ts";

/** Rows of a table by index: x is u32 or i32 [...], y [..., width]. Parameter: `weight` [vocabulary, width]. */
export const embedding = (vocabulary: number, width: number, { init = normal(0.02) }: { readonly init?: Init } = {}): Layer =>
  layer("embedding", (scope, x: Value) =>
    scope.tape.call(gather, { x: scope.parameter("weight", [vocabulary, width], init), indices: x }),
  );
