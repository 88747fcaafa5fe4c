import type { Activation } from "@tilewright/kernels-matmul";
import { mul } from "@tilewright/kernels-pointwise";
import type { Value } from "@tilewright/runtime";
import { type Layer, layer } from "../layer.ts";
import { type DenseOptions, dense } from "./dense.ts";

export interface FeedForwardOptions extends Pick<DenseOptions, "bias" | "filter"> {
  /** Default "gelu-erf". */
  readonly activation?: Activation | undefined;
  /** activation(gate(x)) · up(x) inside: with "silu" SwiGLU, Shazeer 2020, arXiv:2002.05202. Default false. */
  readonly gated?: boolean | undefined;
  /** Names of its dense layers. Default up, down, gate. */
  readonly names?: { readonly up?: string; readonly down?: string; readonly gate?: string } | undefined;
}

/** down(activation(up(x))) [+ residual], `hidden` wide inside, as wide as x outside. */
export function feedForward(
  hidden: number,
  { activation = "gelu-erf", gated = false, names = {}, ...options }: FeedForwardOptions = {},
): Layer<readonly [x: Value, residual?: Value | undefined]> {
  const { up = "up", down = "down", gate = "gate" } = names;
  const first = dense(hidden, { ...options, activation: gated ? undefined : activation });
  const gating = dense(hidden, { ...options, activation });
  return layer(
    "feedForward",
    (scope, x, residual) => {
      let h = scope.run(up, first, x);
      if (gated) h = scope.tape.call(mul, { a: scope.run(gate, gating, x), b: h });
      return scope.run(down, dense(x.shape.at(-1)!, options), h, residual);
    },
    { adds: true },
  );
}
