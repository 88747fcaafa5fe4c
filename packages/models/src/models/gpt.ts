// GPT-2: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", with Hugging Face's names of weights and configuration.
import { matmul } from "@tilewright/kernels-matmul";
import { add, gather, slice } from "@tilewright/kernels-pointwise";
import { fail, showShape, type Value } from "@tilewright/runtime";
import { normal } from "../init.ts";
import type { Scope } from "../layer.ts";
import type { Cache } from "../layers/attention.ts";
import { layerNorm } from "../layers/norm.ts";
import { transformerLayer } from "../layers/transformer.ts";
import { defineModel, type Model } from "../model.ts";
import { activationOf } from "./huggingface.ts";

/** What of a `config.json` is read; the rest of it may be there. */
export interface GptConfig {
  readonly vocab_size: number;
  readonly n_positions: number;
  readonly n_embd: number;
  readonly n_layer: number;
  readonly n_head: number;
  /** Default 4 · n_embd. */
  readonly n_inner?: number | null | undefined;
  /** Default "gelu_new". */
  readonly activation_function?: string | undefined;
  /** Default 1e-5. */
  readonly layer_norm_epsilon?: number | undefined;
}

/** `input_ids` u32 [batch, rows]. */
export interface Gpt extends Model<"input_ids", never, "last_hidden_state" | "logits"> {
  readonly config: GptConfig;
}

/**
 * A decoder with tied word embeddings: `last_hidden_state` [batch, rows, n_embd] and `logits` [batch, rows, vocabulary] of whole texts.
 * To write on, token by token, see {@link decoder}.
 *
 *     const model = gpt(config);                         // the config.json of a GPT-2
 *     await load(model, "https://…/model.safetensors", { device });
 *
 * It is built at once. @param how the seed of first values, where none are loaded
 */
export function gpt(config: GptConfig, { seed = 0 }: { readonly seed?: number | undefined } = {}): Gpt {
  activationOf("gpt", "activation_function", config.activation_function ?? "gelu_new"); // a wrong one is said at once
  const model = defineModel<"input_ids", never, "last_hidden_state" | "logits">(
    {
      name: "gpt",
      sample: { input_ids: { shape: [1, 1], dtype: "u32" } },
      forward(scope, { input_ids }) {
        const x = hidden(scope, config, input_ids);
        return { last_hidden_state: x, logits: logits(scope, config, x) };
      },
      rename(name) {
        const own = name.replace(/^transformer\./, "");
        // A copy of the word embeddings, and masks that are counted out anew.
        return own === "lm_head.weight" || /^h\.\d+\.attn\.(masked_)?bias$/.test(own) ? undefined : own;
      },
    },
    { seed },
  );
  return { ...model, config };
}

const words = (scope: Scope, { vocab_size, n_embd }: GptConfig) =>
  scope.parameter("wte.weight", [vocab_size, n_embd], normal(0.02));

/**
 * The last layer's rows, normalised.
 * @param positions u32 [rows]; 0, 1, … unless given
 * @param caches one a layer: rows before these are seen, and these are appended
 */
export function hidden(scope: Scope, config: GptConfig, ids: Value, positions?: Value, caches?: readonly Cache[]): Value {
  const { n_embd: width, n_positions: most, n_head: heads, layer_norm_epsilon: epsilon = 1e-5 } = config;
  const { tape } = scope;
  if (ids.shape.length !== 2) fail("gpt", "shape", `input_ids is ${showShape(ids.shape)}; needed is [batch, rows].`);
  const rows = ids.shape[1]!;
  if (rows > most) fail("gpt", "shape", `input_ids is ${showShape(ids.shape)}; this model has ${most} positions. Cut the text.`);
  const block = transformerLayer({
    attention: { heads, causal: true, fused: true, filter: "io", names: { qkv: "c_attn", output: "c_proj" } },
    hidden: config.n_inner ?? 4 * width,
    feedForward: {
      activation: activationOf("gpt", "activation_function", config.activation_function ?? "gelu_new"),
      filter: "io",
      names: { up: "c_fc", down: "c_proj" },
    },
    order: "pre",
    epsilon,
    names: { attention: "attn", attentionNorm: "ln_1", feedForward: "mlp", feedForwardNorm: "ln_2" },
  });
  const table = scope.parameter("wpe.weight", [most, width], normal(0.02));
  const places = positions
    ? tape.call(gather, { x: table, indices: positions })
    : tape.call(slice, { x: table }, { starts: [0], ends: [rows], axes: [0] });
  let x = tape.call(add, { a: tape.call(gather, { x: words(scope, config), indices: ids }), b: places });
  for (let i = 0; i < config.n_layer; i++) x = scope.run(`h.${i}`, block, x, { cache: caches?.[i] });
  return scope.run("ln_f", layerNorm({ epsilon }), x);
}

/** Scores of every word, by the word embeddings themselves. */
export const logits = (scope: Scope, config: GptConfig, x: Value): Value =>
  scope.tape.call(matmul, { a: x, b: words(scope, config) }, { transB: true });
