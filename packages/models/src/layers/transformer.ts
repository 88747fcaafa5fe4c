import type { Value } from "@tilewright/runtime";
import { type Layer, layer } from "../layer.ts";
import { type AttentionInputs, type AttentionOptions, multiHeadAttention } from "./attention.ts";
import { type FeedForwardOptions, feedForward } from "./feed-forward.ts";
import { layerNorm, rmsNorm } from "./norm.ts";

export interface TransformerLayerOptions {
  readonly attention: AttentionOptions;
  /** Width inside the feed-forward part. */
  readonly hidden: number;
  readonly feedForward?: FeedForwardOptions | undefined;
  /** "post": norm(x + f(x)), as Vaswani et al. and BERT, the default; "pre": x + f(norm(x)), as GPT-2. */
  readonly order?: "post" | "pre" | undefined;
  /** Default "layer". */
  readonly norm?: "layer" | "rms" | undefined;
  readonly epsilon?: number | undefined;
  /** Names of its parts; "" is its own. */
  readonly names?: { readonly [K in "attention" | "attentionNorm" | "feedForward" | "feedForwardNorm"]?: string } | undefined;
}

/** Self-attention and a feed-forward network, each with a residual and a norm: 9 dispatches (with fused projections 8). x is [batch, rows, width]. */
export function transformerLayer({
  attention,
  hidden,
  feedForward: inner,
  order = "post",
  norm = "layer",
  epsilon,
  names = {},
}: TransformerLayerOptions): Layer<readonly [x: Value, more?: Omit<AttentionInputs, "residual" | "context"> | undefined]> {
  const at = {
    attention: "attention",
    attentionNorm: "attentionNorm",
    feedForward: "feedForward",
    feedForwardNorm: "feedForwardNorm",
  };
  const name = { ...at, ...names };
  const attend = multiHeadAttention(attention);
  const feed = feedForward(hidden, inner);
  const normalise = norm === "rms" ? rmsNorm({ epsilon }) : layerNorm({ epsilon });
  return layer("transformerLayer", (scope, x, more = {}) => {
    if (order === "pre") {
      const h = scope.run(name.attention, attend, scope.run(name.attentionNorm, normalise, x), { ...more, residual: x });
      return scope.run(name.feedForward, feed, scope.run(name.feedForwardNorm, normalise, h), h);
    }
    const h = scope.run(name.attentionNorm, normalise, scope.run(name.attention, attend, x, { ...more, residual: x }));
    return scope.run(name.feedForwardNorm, normalise, scope.run(name.feedForward, feed, h, h));
  });
}
