// GPT-2: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", with Hugging Face's names of weights and configuration.
import { add, gather, slice } from "@tilewright/kernels-pointwise";
import { fail, showShape } from "@tilewright/runtime";
import { normal } from "../init.ts";
import type { Scope } from "../layer.ts";
import { layerNorm } from "../layers/norm.ts";
import { transformerLayer } from "../layers/transformer.ts";
import { rowsOf, times } from "../matrix.ts";
import { activationOf, checkSizes } from "./huggingface.ts";
import { type Decoding, defineLanguageModel, type LanguageModel } from "./language-model.ts";

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

export interface Gpt extends LanguageModel {
  readonly config: GptConfig;
}

/**
 * A decoder with tied word embeddings. To write on, token by token, see {@link decoder}.
 *
 *     const model = gpt(config);                         // the config.json of a GPT-2
 *     await load(model, "https://…/model.safetensors", { device });
 *
 * It is built at once. @param how the seed of first values, where none are loaded
 */
export function gpt(config: GptConfig, { seed = 0 }: { readonly seed?: number | undefined } = {}): Gpt {
  checkSizes("gpt", config, ["vocab_size", "n_positions", "n_embd", "n_layer", "n_head"]);
  const { n_embd: width, n_positions: most, n_head: heads, vocab_size: vocabulary, layer_norm_epsilon: epsilon = 1e-5 } = config;
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
  const words = (scope: Scope) => scope.matrix("wte.weight", [vocabulary, width], normal(0.02), { inputs: 1 });

  const decoding: Decoding = {
    ...{ layers: config.n_layer, kvHeads: heads, headSize: width / heads, positions: most, vocabulary },
    tables: () => ({}),
    hidden(scope, ids, _, reading) {
      const { tape } = scope;
      if (ids.shape.length !== 2) fail("gpt", "shape", `input_ids is ${showShape(ids.shape)}; needed is [batch, rows].`);
      const rows = ids.shape[1]!;
      if (rows > most)
        fail("gpt", "shape", `input_ids is ${showShape(ids.shape)}; this model has ${most} positions. Cut the text.`);
      const table = scope.parameter("wpe.weight", [most, width], normal(0.02));
      const places = reading
        ? tape.call(gather, { x: table, indices: reading.positions })
        : tape.call(slice, { x: table }, { starts: [0], ends: [rows], axes: [0] });
      let x = tape.call(add, { a: rowsOf(scope, words(scope), ids), b: places });
      for (let i = 0; i < config.n_layer; i++) x = scope.run(`h.${i}`, block, x, { cache: reading?.caches[i] });
      return scope.run("ln_f", layerNorm({ epsilon }), x);
    },
    logits: (scope, x) => times(scope, x, words(scope)),
  };
  const rename = (name: string) => {
    const own = name.replace(/^transformer\./, "");
    // A copy of the word embeddings, and masks that are counted out anew.
    return own === "lm_head.weight" || /^h\.\d+\.attn\.(masked_)?bias$/.test(own) ? undefined : own;
  };
  return { ...defineLanguageModel("gpt", decoding, { rename, seed }), config };
}
