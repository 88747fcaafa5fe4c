import type { Value } from "@tilewright/runtime";
import { type Init, normal } from "../init.ts";
import { type Layer, layer } from "../layer.ts";
import { rowsOf } from "../matrix.ts";

/** Rows of a table by index: x is u32 or i32 [...], y [..., width]. Parameter: `weight` [vocabulary, width]. */
export const embedding = (vocabulary: number, width: number, { init = normal(0.02) }: { readonly init?: Init } = {}): Layer =>
  layer("embedding", (scope, x: Value) => rowsOf(scope, scope.matrix("weight", [vocabulary, width], init, { inputs: 1 }), x));
