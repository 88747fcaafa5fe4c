// Llama and its kin: Touvron et al. 2023, arXiv:2302.13971, with Hugging Face's names of weights and configuration.
import { ropeAngles } from "@tilewright/kernels-attention";
import { fail, showShape, type Value } from "@tilewright/runtime";
import { glorot, normal } from "../init.ts";
import { layer, type Scope } from "../layer.ts";
import { embedding } from "../layers/embedding.ts";
import { rmsNorm } from "../layers/norm.ts";
import { transformerLayer } from "../layers/transformer.ts";
import { times } from "../matrix.ts";
import { activationOf, checkSizes } from "./huggingface.ts";
import { type Decoding, defineLanguageModel, type LanguageModel } from "./language-model.ts";
import { frequenciesOf, type RopeScaling } from "./rope-scaling.ts";

/** What of a `config.json` is read; the rest of it may be there. */
export interface LlamaConfig {
  /** "llama" (the default), "qwen2" or "mistral". */
  readonly model_type?: string | undefined;
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  /** Default: num_attention_heads. */
  readonly num_key_value_heads?: number | null | undefined;
  /** Default: hidden_size / num_attention_heads. */
  readonly head_dim?: number | null | undefined;
  readonly max_position_embeddings: number;
  /** Default "silu". */
  readonly hidden_act?: string | undefined;
  /** Default 1e-6. */
  readonly rms_norm_eps?: number | undefined;
  /** Default 10,000. */
  readonly rope_theta?: number | undefined;
  readonly rope_scaling?: RopeScaling | null | undefined;
  /** What transformers 5 writes instead of the two above. */
  readonly rope_parameters?: (RopeScaling & { readonly rope_theta?: number | undefined }) | null | undefined;
  /** Scores of words by the word embeddings; otherwise by `lm_head.weight`. Default false. */
  readonly tie_word_embeddings?: boolean | undefined;
  /** Of queries, keys, values and outputs. Default false; Qwen2's queries, keys and values always have them. */
  readonly attention_bias?: boolean | undefined;
  /** Default false. */
  readonly mlp_bias?: boolean | undefined;
  /** Keys that a row sees, itself among them; all where it is null or absent. */
  readonly sliding_window?: number | null | undefined;
  /** Qwen2: whether `sliding_window` holds. Default false; only false is built. */
  readonly use_sliding_window?: boolean | undefined;
}

export interface Llama extends LanguageModel {
  readonly config: LlamaConfig;
}

/** The fields of which models differ in their defaults. */
const KINDS: Readonly<Record<string, { readonly bias: boolean; readonly window: boolean }>> = {
  llama: { bias: false, window: false },
  mistral: { bias: false, window: true },
  qwen2: { bias: true, window: false },
};

const SIZES = [
  ...(["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"] as const),
  "max_position_embeddings" as const,
];

/**
 * A decoder with RMS norms, rotary positions, grouped queries and SwiGLU: Llama 1 to 3, Qwen2 and 2.5, Mistral.
 * To write on, token by token, see {@link decoder}.
 *
 *     const model = llama(config);                       // the config.json
 *     await load(model, "https://…/model.safetensors", { device, quantize: "q4" });
 *
 * It is built at once. @param how the seed of first values, where none are loaded
 */
export function llama(config: LlamaConfig, { seed = 0 }: { readonly seed?: number | undefined } = {}): Llama {
  checkSizes("llama", config, SIZES);
  const { hidden_size: width, num_attention_heads: heads, vocab_size: vocabulary, num_hidden_layers: layers } = config;
  const { model_type = "llama", max_position_embeddings: positions, rms_norm_eps: epsilon = 1e-6 } = config;
  const { tie_word_embeddings: tied = false } = config;
  if (!Object.hasOwn(KINDS, model_type))
    fail("llama", "feature", `model_type is "${model_type}"; there are ${Object.keys(KINDS).join(", ")}.`);
  const kind = KINDS[model_type]!;
  if (config.use_sliding_window) fail("llama", "feature", "use_sliding_window is true; only false is built.");
  const headSize = config.head_dim ?? width / heads;
  const kvHeads = config.num_key_value_heads ?? heads;
  const frequencies = frequenciesOf("llama", headSize, config);
  const block = transformerLayer({
    attention: {
      ...{ heads, kvHeads, headSize, causal: true, bias: config.attention_bias ?? kind.bias },
      outputBias: config.attention_bias ?? false,
      window: kind.window && config.sliding_window ? config.sliding_window - 1 : undefined,
      names: { query: "q_proj", key: "k_proj", value: "v_proj", output: "o_proj" },
    },
    hidden: config.intermediate_size,
    feedForward: {
      ...{ gated: true, bias: config.mlp_bias ?? false },
      activation: activationOf("llama", "hidden_act", config.hidden_act ?? "silu"),
      names: { up: "up_proj", down: "down_proj", gate: "gate_proj" },
    },
    ...{ order: "pre", norm: "rms", epsilon },
    names: {
      ...{ attention: "self_attn", attentionNorm: "input_layernorm" },
      ...{ feedForward: "mlp", feedForwardNorm: "post_attention_layernorm" },
    },
  });
  const words = embedding(vocabulary, width, { init: normal(0.02) });
  const head = layer("lmHead", (scope: Scope, x: Value) => {
    const init = tied ? normal(0.02) : glorot(width, vocabulary);
    return times(scope, x, scope.matrix("weight", [vocabulary, width], init, { inputs: 1 }));
  });

  const decoding: Decoding = {
    ...{ layers, kvHeads, headSize, positions, vocabulary },
    tables: (rows) => ropeAngles(rows, headSize, { frequencies }),
    hidden(scope, ids, { cos, sin }, reading) {
      if (ids.shape.length !== 2) fail("llama", "shape", `input_ids is ${showShape(ids.shape)}; needed is [batch, rows].`);
      if (ids.shape[1]! > positions)
        fail("llama", "shape", `input_ids is ${showShape(ids.shape)}; this model has ${positions} positions. Cut the text.`);
      const angles = { cos: cos!, sin: sin!, positions: reading?.positions };
      let x = scope.run("embed_tokens", words, ids);
      for (let i = 0; i < layers; i++) x = scope.run(`layers.${i}`, block, x, { angles, cache: reading?.caches[i] });
      return scope.run("norm", rmsNorm({ epsilon }), x);
    },
    logits: (scope, x) => scope.run(tied ? "embed_tokens" : "lm_head", head, x),
  };
  const rename = (name: string) => {
    const own = name.replace(/^model\./, "");
    // A copy of the word embeddings, and angles that are counted out anew.
    return (tied && own === "lm_head.weight") || own.endsWith("rotary_emb.inv_freq") ? undefined : own;
  };
  return { ...defineLanguageModel("llama", decoding, { rename, seed }), config };
}
