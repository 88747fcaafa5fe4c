import type { Activation as Fused } from "@tilewright/kernels-matmul";
import { gelu, geluTanh, relu, sigmoid, silu, tanh } from "@tilewright/kernels-pointwise";
import { softmax } from "@tilewright/kernels-reduction";
import { fail, type Value } from "@tilewright/runtime";
import { type Layer, layer, type Scope } from "../layer.ts";

/** Those that a matmul or a convolution applies before it stores, and softmax over the last dimension, which is a dispatch of its own. */
export type Activation = Fused | "softmax";

const kernels = { relu, sigmoid, tanh, silu, "gelu-tanh": geluTanh, "gelu-erf": gelu };

/** An activation as a layer of its own; behind a `dense` or `conv2d` give it there, which costs no dispatch. Others: `layer("elu", ({ tape }, x) => tape.call(elu, { x }))`. */
export function activation(name: Activation): Layer {
  if (name !== "softmax" && !Object.hasOwn(kernels, name))
    fail("activation", "feature", `there is no activation "${name}"; there are ${Object.keys(kernels).join(", ")}, softmax.`);
  return layer(name, ({ tape }: Scope, x: Value) =>
    name === "softmax" ? tape.call(softmax, { x }) : tape.call(kernels[name], { x }),
  );
}

/** What of an activation a kernel's epilogue does, and what is left to do behind it. */
export const epilogue = (
  name: Activation | undefined,
): { readonly fused: Fused | undefined; readonly after: (scope: Scope, x: Value) => Value } =>
  name === "softmax"
    ? { fused: undefined, after: ({ tape }, x) => tape.call(softmax, { x }) }
    : { fused: name, after: (_, x) => x };
