// Llama and Qwen2 in ONNX operators; the angles as transformers' modelling code has them, computed here anew.
import { type LlamaConfig, llama } from "@tilewright/models";
import { tensor } from "@tilewright/runtime";
import type { Pair } from "./check.ts";
import type { Graph } from "./graph.ts";
import { apart, attention, causal, columns, dense, repeated } from "./parts.ts";

const ids = tensor(new Uint32Array([1, 29, 3, 7, 0, 5, 9, 9]), [2, 4]);
const ROWS = 4;

export const tiny: LlamaConfig = {
  ...{ vocab_size: 30, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 4 },
  ...{ num_key_value_heads: 2, max_position_embeddings: 12, rms_norm_eps: 1e-5 },
};
export const qwenTiny: LlamaConfig = {
  ...{ ...tiny, model_type: "qwen2", head_dim: 6, rope_theta: 1e6, tie_word_embeddings: true },
};
export const scaledTiny: LlamaConfig = {
  ...{ ...tiny, num_key_value_heads: 4, rope_theta: 500, attention_bias: true, mlp_bias: true, head_dim: 8 },
  rope_scaling: {
    ...{ rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 64 },
  },
};
export const mistralTiny: LlamaConfig = { ...tiny, model_type: "mistral", sliding_window: 2 };

/** Llama 3's rule as its authors wrote it: by wavelengths. */
function frequency(i: number, size: number, { rope_theta = 10000, rope_scaling }: LlamaConfig): number {
  const f = 1 / rope_theta ** ((2 * i) / size);
  if (!rope_scaling) return f;
  const {
    factor = 0,
    low_freq_factor: low = 0,
    high_freq_factor: high = 0,
    original_max_position_embeddings: first = 0,
  } = rope_scaling;
  const wavelength = (2 * Math.PI) / f;
  if (wavelength < first / high) return f;
  if (wavelength > first / low) return f / factor;
  const smooth = (first / wavelength - low) / (high - low);
  return ((1 - smooth) * f) / factor + smooth * f;
}

const pair = (config: LlamaConfig) => (): Pair => ({
  model: llama(config),
  inputs: { input_ids: ids },
  graph(g: Graph) {
    const heads = config.num_attention_heads;
    const kvHeads = config.num_key_value_heads ?? heads;
    const size = config.head_dim ?? config.hidden_size / heads;
    const [half, bias] = [size / 2, config.attention_bias ?? config.model_type === "qwen2"];
    const norm = (x: string, path: string) => {
      const mean = g.node("ReduceMean", [g.node("Mul", [x, x]), g.ints([-1])]);
      return g.node("Mul", [
        g.node("Div", [x, g.node("Sqrt", [g.node("Add", [mean, g.scalar(config.rms_norm_eps!)])])]),
        `${path}.weight`,
      ]);
    };
    const table = (f: (x: number) => number) =>
      g.tensor({
        data: Array.from({ length: ROWS * size }, (_, at) => f(Math.floor(at / size) * frequency(at % half, size, config))),
        shape: [ROWS, size],
      });
    const [cos, sin] = [table(Math.cos), table(Math.sin)];
    const turn = (x: string) => {
      const turned = g.node("Concat", [g.node("Neg", [columns(g, x, half, size)]), columns(g, x, 0, half)], { axis: -1 });
      return g.node("Add", [g.node("Mul", [x, cos]), g.node("Mul", [turned, sin])]);
    };
    const mask = config.sliding_window
      ? g.tensor({
          data: Array.from({ length: ROWS * ROWS }, (_, at) => {
            const before = Math.floor(at / ROWS) - (at % ROWS);
            return before < 0 || before >= config.sliding_window! ? -1e9 : 0;
          }),
          shape: [ROWS, ROWS],
        })
      : causal(g, ROWS);
    let x = g.node("Gather", ["embed_tokens.weight", "input_ids"]);
    for (const layer of [0, 1]) {
      const at = `layers.${layer}`;
      const h = norm(x, `${at}.input_layernorm`);
      const part = (name: string, count: number) => apart(g, dense(g, h, `${at}.self_attn.${name}_proj`, { bias }), count);
      const [q, k, v] = [turn(part("q", heads)), turn(part("k", kvHeads)), part("v", kvHeads)];
      const seen = attention(g, q, repeated(g, k, heads, kvHeads), repeated(g, v, heads, kvHeads), size, mask);
      x = g.node("Add", [x, dense(g, seen, `${at}.self_attn.o_proj`, { bias: config.attention_bias ?? false })]);
      const y = norm(x, `${at}.post_attention_layernorm`);
      const inner = (name: string, of: string) => dense(g, of, `${at}.mlp.${name}_proj`, { bias: config.mlp_bias ?? false });
      const gate = inner("gate", y);
      const gated = g.node("Mul", [g.node("Mul", [gate, g.node("Sigmoid", [gate])]), inner("up", y)]);
      x = g.node("Add", [x, inner("down", gated)]);
    }
    const last = norm(x, "norm");
    const words = config.tie_word_embeddings ? "embed_tokens.weight" : "lm_head.weight";
    return {
      last_hidden_state: last,
      logits: g.node("MatMul", [last, g.node("Transpose", [words], { perm: [1, 0] })]),
    };
  },
});

export const llamas: Readonly<Record<string, () => Pair>> = {
  "Llama-tiny": pair(tiny),
  "Llama-tiny with scaled angles and biases": pair(scaledTiny),
  "Qwen2-tiny": pair(qwenTiny),
  "Mistral-tiny": pair(mistralTiny),
};
