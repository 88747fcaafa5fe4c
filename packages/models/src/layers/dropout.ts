import { fail, type Value } from "@tilewright/runtime";
import { type Layer, layer } from "../layer.ts";

/** Nothing, in inference: x itself, at no cost. */
export function dropout(rate: number): Layer {
  if (!(rate >= 0 && rate < 1)) fail("dropout", "shape", `rate is ${rate}; needed is a number from 0 to below 1.`);
  return layer("dropout", (_scope, x: Value) => x);
}
