// The encoder–decoder of Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762, with the names of weights and configuration that Hugging Face's Marian has.
import { fail, showShape, type Value } from "@tilewright/runtime";
import { normal, zeros } from "../init.ts";
import type { Scope } from "../layer.ts";
import { type AttentionInputs, type AttentionOptions, keepKeys, type Memory } from "../layers/attention.ts";
import { layerNorm } from "../layers/norm.ts";
import { sinusoidalPositions } from "../layers/positions.ts";
import { decoderLayer, transformerLayer } from "../layers/transformer.ts";
import { type Matrix, rowsOf, times } from "../matrix.ts";
import { defineModel, type Model } from "../model.ts";
import { activationOf } from "./huggingface.ts";

/** What of a `config.json` is read; the rest of it may be there. */
export interface TransformerConfig {
  readonly vocab_size: number;
  /** Of the target text, where it has words of its own. */
  readonly decoder_vocab_size?: number | undefined;
  readonly d_model: number;
  readonly encoder_layers: number;
  readonly decoder_layers: number;
  readonly encoder_attention_heads: number;
  readonly decoder_attention_heads: number;
  readonly encoder_ffn_dim: number;
  readonly decoder_ffn_dim: number;
  /** Default 512. */
  readonly max_position_embeddings?: number | undefined;
  /** Default "relu". */
  readonly activation_function?: string | undefined;
  /** Embeddings times √d_model. Default true, as in the paper. */
  readonly scale_embedding?: boolean | undefined;
  /** Both texts have one table of words. Default true. */
  readonly share_encoder_decoder_embeddings?: boolean | undefined;
  /** Norms before attention and feed-forward, and one at the end of each stack. Default false, as in the paper. */
  readonly normalize_before?: boolean | undefined;
  /** Only false is built. */
  readonly normalize_embedding?: boolean | undefined;
  /** Only sinusoidal positions are built: true. */
  readonly static_position_embeddings?: boolean | undefined;
  /** What a target begins with, and ends with: for translating. */
  readonly decoder_start_token_id?: number | undefined;
  readonly eos_token_id?: number | undefined;
  /** Tokens (alone) that are never chosen. */
  readonly bad_words_ids?: readonly (readonly number[])[] | undefined;
}

/**
 * Inputs are u32: `input_ids` [batch, rows], the source; `decoder_input_ids` [batch, rows], the target so far, beginning with its start token;
 * `attention_mask` as `input_ids`: 1 where a source token counts, 0 where it fills (all 1 where left out).
 */
export interface Transformer
  extends Model<
    "input_ids" | "decoder_input_ids",
    "attention_mask",
    "encoder_last_hidden_state" | "last_hidden_state" | "logits"
  > {
  readonly config: TransformerConfig;
}

/**
 * An encoder and a decoder with tied word embeddings: what the encoder makes of the source, the decoder's rows, and `logits` of the token behind
 * each of them. Sines of all positions stand before cosines, as in the authors' program. To write a target token by token, see {@link translator}.
 *
 *     const model = transformer(config);                 // the config.json of a Marian
 *     await load(model, "https://…/model.safetensors", { device });
 *
 * It is built at once. @param how the seed of first values, where none are loaded
 */
export function transformer(config: TransformerConfig, { seed = 0 }: { readonly seed?: number | undefined } = {}): Transformer {
  if (config.normalize_embedding) fail("transformer", "feature", "normalize_embedding is true; only false is built.");
  if (config.static_position_embeddings === false)
    fail("transformer", "feature", "static_position_embeddings is false; only sinusoidal positions are built.");
  layersOf(config); // a wrong activation is said at once
  const ids = { shape: [1, 1], dtype: "u32" } as const;
  const model = defineModel<
    "input_ids" | "decoder_input_ids",
    "attention_mask",
    "encoder_last_hidden_state" | "last_hidden_state" | "logits"
  >(
    {
      name: "transformer",
      sample: { input_ids: ids, decoder_input_ids: ids },
      forward(scope, { input_ids, decoder_input_ids, attention_mask }) {
        if (attention_mask && `${attention_mask.shape}` !== `${input_ids.shape}`)
          fail(
            "transformer",
            "shape",
            `attention_mask is ${showShape(attention_mask.shape)}, input_ids ${showShape(input_ids.shape)}; they must be equal.`,
          );
        const [batch = 1, rows = 1] = input_ids.shape;
        const mask = attention_mask && scope.tape.reshape(attention_mask, [batch, 1, 1, rows]);
        const context = encode(scope, config, input_ids, mask);
        const x = decode(scope, config, decoder_input_ids, () => ({ context, contextMask: mask }));
        return { encoder_last_hidden_state: context, last_hidden_state: x, logits: scores(scope, config, x) };
      },
      rename(name) {
        const own = name.replace(/^model\./, "");
        // Counted out anew, or copies of the word embeddings.
        if (/\.embed_positions\.weight$/.test(own) || own === "lm_head.weight") return undefined;
        return shares(config) && /\.embed_tokens\.weight$/.test(own) ? undefined : own;
      },
    },
    { seed },
  );
  return { ...model, config };
}

const shares = ({ share_encoder_decoder_embeddings: shared = true }: TransformerConfig) => shared;

type Side = "encoder" | "decoder";

const countOf = (config: TransformerConfig, side: Side): number =>
  side === "encoder" || shares(config) ? config.vocab_size : (config.decoder_vocab_size ?? config.vocab_size);

function words(scope: Scope, config: TransformerConfig, side: Side): Matrix {
  const { d_model } = config;
  const name = shares(config) ? "shared.weight" : `${side}.embed_tokens.weight`;
  return scope.matrix(name, [countOf(config, side), d_model], normal(d_model ** -0.5), { inputs: 1 });
}

/** Words and where they stand. */
function embed(scope: Scope, config: TransformerConfig, side: Side, ids: Value, positions?: Value): Value {
  const { d_model, scale_embedding = true, max_position_embeddings: most = 512 } = config;
  const name = side === "encoder" ? "input_ids" : "decoder_input_ids";
  if (ids.shape.length !== 2) fail("transformer", "shape", `${name} is ${showShape(ids.shape)}; needed is [batch, rows].`);
  if (!positions && ids.shape[1]! > most)
    fail("transformer", "shape", `${name} is ${showShape(ids.shape)}; this model has ${most} positions. Cut the text.`);
  const x = rowsOf(scope, words(scope, config, side), ids);
  const places = sinusoidalPositions({ most, order: "halves", scale: scale_embedding ? Math.sqrt(d_model) : 1 });
  return scope.run(`${side}.embed_positions`, places, x, positions);
}

const attentionOf = (heads: number): AttentionOptions => ({
  heads,
  names: { query: "q_proj", key: "k_proj", value: "v_proj", output: "out_proj" },
});

function layersOf(config: TransformerConfig) {
  const activation = activationOf("transformer", "activation_function", config.activation_function ?? "relu");
  const options = {
    feedForward: { activation, names: { up: "fc1", down: "fc2" } },
    order: config.normalize_before ? ("pre" as const) : ("post" as const),
  };
  const names = {
    attention: "self_attn",
    attentionNorm: "self_attn_layer_norm",
    feedForward: "",
    feedForwardNorm: "final_layer_norm",
  };
  return {
    encoder: transformerLayer({
      ...options,
      attention: attentionOf(config.encoder_attention_heads),
      hidden: config.encoder_ffn_dim,
      names,
    }),
    decoder: decoderLayer({
      ...options,
      attention: attentionOf(config.decoder_attention_heads),
      hidden: config.decoder_ffn_dim,
      names: { ...names, cross: CROSS, crossNorm: "encoder_attn_layer_norm" },
    }),
  };
}
const CROSS = "encoder_attn";

const finished = (scope: Scope, config: TransformerConfig, side: Side, x: Value): Value =>
  config.normalize_before ? scope.run(`${side}.layer_norm`, layerNorm(), x) : x;

/** What the encoder makes of a source. @param mask u32 [batch, 1, 1, rows] */
export function encode(scope: Scope, config: TransformerConfig, ids: Value, mask?: Value): Value {
  const { encoder } = layersOf(config);
  let x = embed(scope, config, "encoder", ids);
  for (let i = 0; i < config.encoder_layers; i++) x = scope.run(`encoder.layers.${i}`, encoder, x, { mask });
  return finished(scope, config, "encoder", x);
}

/** What layers of a decoder read besides the target. */
export type Beside = Pick<AttentionInputs, "mask" | "cache" | "memory" | "context"> & {
  readonly contextMask?: Value | undefined;
};

/** The decoder's rows. @param positions u32 [rows]; 0, 1, … unless given */
export function decode(
  scope: Scope,
  config: TransformerConfig,
  ids: Value,
  beside: (layer: number) => Beside,
  positions?: Value,
): Value {
  const { decoder } = layersOf(config);
  let x = embed(scope, config, "decoder", ids, positions);
  for (let i = 0; i < config.decoder_layers; i++) x = scope.run(`decoder.layers.${i}`, decoder, x, beside(i));
  return finished(scope, config, "decoder", x);
}

/** Keeps what a layer of the decoder reads of a source. */
export const remember = (scope: Scope, config: TransformerConfig, layer: number, context: Value, into: Memory): void =>
  scope.run(`decoder.layers.${layer}.${CROSS}`, keepKeys(attentionOf(config.decoder_attention_heads)), context, into);

/** Scores of every word of the target. */
export function scores(scope: Scope, config: TransformerConfig, x: Value): Value {
  const count = countOf(config, "decoder");
  const bias = scope.tape.reshape(scope.parameter("final_logits_bias", [1, count], zeros), [count]);
  return times(scope, x, words(scope, config, "decoder"), { bias });
}
