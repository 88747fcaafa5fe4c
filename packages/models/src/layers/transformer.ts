import type { Value } from "@tilewright/runtime";
import { type Layer, layer, type Scope } from "../layer.ts";
import { type AttentionInputs, type AttentionOptions, type Memory, multiHeadAttention } from "./attention.ts";
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

/** Self-attention and a feed-forward network, each with a residual and a norm: 9 dispatches (with fused projections 7). x is [batch, rows, width]. */
export function transformerLayer({
  attention,
  hidden,
  feedForward: inner,
  names = {},
  ...options
}: TransformerLayerOptions): Layer<readonly [x: Value, more?: Omit<AttentionInputs, "residual" | "context"> | undefined]> {
  const name = { ...NAMES, ...names };
  const attend = multiHeadAttention(attention);
  const feed = feedForward(hidden, inner);
  const part = normed(options);
  return layer("transformerLayer", (scope, x, more = {}) => {
    const h = part(scope, name.attentionNorm, x, (y, residual) => scope.run(name.attention, attend, y, { ...more, residual }));
    return part(scope, name.feedForwardNorm, h, (y, residual) => scope.run(name.feedForward, feed, y, residual));
  });
}

export interface DecoderLayerOptions extends Omit<TransformerLayerOptions, "names"> {
  /** Of the attention to the other text. Default: as `attention`, neither causal nor fused. */
  readonly crossAttention?: AttentionOptions | undefined;
  /** Names of its parts; "" is its own. */
  readonly names?: { readonly [K in keyof typeof NAMES | "cross" | "crossNorm"]?: string } | undefined;
}

/** What a decoder's layer reads besides x: the other text, or the memory of it, and which of it may be seen. */
export interface DecoderLayerInputs extends Omit<AttentionInputs, "residual" | "context" | "memory"> {
  /** [batch, rows, width]. */
  readonly context?: Value | undefined;
  readonly memory?: Memory | undefined;
  readonly contextMask?: Value | undefined;
}

/** Causal self-attention, attention to another text, and a feed-forward network, each with a residual and a norm: Vaswani et al., figure 1, right. */
export function decoderLayer({
  attention,
  crossAttention = { ...attention, fused: false },
  hidden,
  feedForward: inner,
  names = {},
  ...options
}: DecoderLayerOptions): Layer<readonly [x: Value, more: DecoderLayerInputs]> {
  const name = { ...NAMES, cross: "crossAttention", crossNorm: "crossAttentionNorm", ...names };
  const attend = multiHeadAttention({ causal: true, ...attention });
  const cross = multiHeadAttention({ ...crossAttention, causal: false });
  const feed = feedForward(hidden, inner);
  const part = normed(options);
  return layer("decoderLayer", (scope, x, { context, memory, contextMask: mask, ...more }) => {
    const own = part(scope, name.attentionNorm, x, (y, residual) => scope.run(name.attention, attend, y, { ...more, residual }));
    const both = part(scope, name.crossNorm, own, (y, residual) =>
      scope.run(name.cross, cross, y, { context, memory, mask, residual }),
    );
    return part(scope, name.feedForwardNorm, both, (y, residual) => scope.run(name.feedForward, feed, y, residual));
  });
}

const NAMES = {
  attention: "attention",
  attentionNorm: "attentionNorm",
  feedForward: "feedForward",
  feedForwardNorm: "feedForwardNorm",
};

/** A part of a layer with its residual and its norm, in either order. */
function normed({ order = "post", norm = "layer", epsilon }: Pick<TransformerLayerOptions, "order" | "norm" | "epsilon">) {
  const normalise = norm === "rms" ? rmsNorm({ epsilon }) : layerNorm({ epsilon });
  return (scope: Scope, name: string, x: Value, part: (y: Value, residual: Value) => Value): Value =>
    order === "pre" ? part(scope.run(name, normalise, x), x) : scope.run(name, normalise, part(x, x));
}
