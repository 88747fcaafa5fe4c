// Each model a second time, in ONNX operators, and something small to ask of both.
import { bert, cnnMnist, gpt, lenet5 } from "@tilewright/models";
import { tensor } from "@tilewright/runtime";
import { fill } from "@tilewright/runtime/cases";
import type { Pair } from "./check.ts";
import type { Graph } from "./graph.ts";
import { apart, attention, causal, columns, dense, gelu, layerNorm } from "./parts.ts";

const ids = tensor(new Uint32Array([1, 29, 3, 7, 0, 5, 9, 9]), [2, 4]);

const cnn = (): Pair => ({
  model: cnnMnist(),
  inputs: { x: fill("positive", [2, 1, 28, 28], "f32", 1) },
  graph(g) {
    const conv = g.node("Relu", [g.node("Conv", ["x", "conv.weight", "conv.bias"])]);
    const flat = g.node("Flatten", [g.node("MaxPool", [conv], { kernel_shape: [2, 2], strides: [2, 2] })]);
    return { y: g.node("Softmax", [dense(g, flat, "dense")], { axis: -1 }) };
  },
});

const lenet = (): Pair => ({
  model: lenet5(),
  inputs: { x: fill("positive", [1, 1, 28, 28], "f32", 2) },
  graph(g) {
    const pool = (x: string) => g.node("AveragePool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
    const tanh = (x: string) => g.node("Tanh", [x]);
    const one = pool(tanh(g.node("Conv", ["x", "conv1.weight", "conv1.bias"], { pads: [2, 2, 2, 2] })));
    const two = g.node("Flatten", [pool(tanh(g.node("Conv", [one, "conv2.weight", "conv2.bias"])))]);
    return { y: dense(g, tanh(dense(g, tanh(dense(g, two, "fc1")), "fc2")), "fc3") };
  },
});

/** Post-norm, as Devlin et al.; Hugging Face's names. */
const bertTiny = (): Pair => ({
  model: bert(
    {
      ...{ vocab_size: 30, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 4 },
      ...{ intermediate_size: 20, max_position_embeddings: 12, type_vocab_size: 2 },
    },
    { pretrainingHeads: true },
  ),
  inputs: {
    input_ids: ids,
    token_type_ids: tensor(new Uint32Array([0, 0, 1, 1, 0, 1, 0, 0]), [2, 4]),
    attention_mask: tensor(new Uint32Array([1, 1, 1, 1, 1, 1, 0, 0]), [2, 4]),
  },
  graph(g) {
    const norm = (x: string, path: string) => layerNorm(g, x, path, 1e-12);
    const table = (name: string, at: string) => g.node("Gather", [`embeddings.${name}_embeddings.weight`, at]);
    const words = table("word", "input_ids");
    const sum = g.node("Add", [
      g.node("Add", [words, table("position", g.ints([0, 1, 2, 3]))]),
      table("token_type", "token_type_ids"),
    ]);
    const seen = g.node("Reshape", [g.node("Cast", ["attention_mask"], { to: 1 }), g.ints([2, 1, 1, 4])]);
    const mask = g.node("Mul", [g.node("Sub", [seen, g.scalar(1)]), g.scalar(1e9)]);
    let x = norm(sum, "embeddings.LayerNorm");
    for (const layer of [0, 1]) {
      const at = `encoder.layer.${layer}`;
      const [q, k, v] = ["query", "key", "value"].map((name) => apart(g, dense(g, x, `${at}.attention.self.${name}`), 4));
      const heads = dense(g, attention(g, q!, k!, v!, 4, mask), `${at}.attention.output.dense`);
      const h = norm(g.node("Add", [x, heads]), `${at}.attention.output.LayerNorm`);
      const inner = gelu(g, dense(g, h, `${at}.intermediate.dense`));
      x = norm(g.node("Add", [h, dense(g, inner, `${at}.output.dense`)]), `${at}.output.LayerNorm`);
    }
    const first = g.node("Gather", [x, g.tensor({ data: new Int32Array([0]), shape: [] })], { axis: 1 });
    const pooled = g.node("Tanh", [dense(g, first, "pooler.dense")]);
    const transformed = gelu(g, dense(g, x, "cls.predictions.transform.dense"));
    const scores = g.node("MatMul", [
      norm(transformed, "cls.predictions.transform.LayerNorm"),
      g.node("Transpose", ["embeddings.word_embeddings.weight"], { perm: [1, 0] }),
    ]);
    return {
      last_hidden_state: x,
      pooler_output: pooled,
      prediction_logits: g.node("Add", [scores, "cls.predictions.bias"]),
      seq_relationship_logits: dense(g, pooled, "cls.seq_relationship"),
    };
  },
});

/** Pre-norm, weights [inputs, units], queries, keys and values side by side. */
const gptTiny = (): Pair => ({
  model: gpt({ vocab_size: 30, n_positions: 12, n_embd: 16, n_layer: 2, n_head: 4 }),
  inputs: { input_ids: ids },
  graph(g: Graph) {
    const io = { io: true };
    let x = g.node("Add", [
      g.node("Gather", ["wte.weight", "input_ids"]),
      g.node("Gather", ["wpe.weight", g.ints([0, 1, 2, 3])]),
    ]);
    for (const layer of [0, 1]) {
      const at = `h.${layer}`;
      const all = dense(g, layerNorm(g, x, `${at}.ln_1`), `${at}.attn.c_attn`, io);
      const [q, k, v] = [0, 1, 2].map((i) => apart(g, columns(g, all, 16 * i, 16 * (i + 1)), 4));
      x = g.node("Add", [x, dense(g, attention(g, q!, k!, v!, 4, causal(g, 4)), `${at}.attn.c_proj`, io)]);
      const inner = gelu(g, dense(g, layerNorm(g, x, `${at}.ln_2`), `${at}.mlp.c_fc`, io), "tanh");
      x = g.node("Add", [x, dense(g, inner, `${at}.mlp.c_proj`, io)]);
    }
    const last = layerNorm(g, x, "ln_f");
    return {
      last_hidden_state: last,
      logits: g.node("MatMul", [last, g.node("Transpose", ["wte.weight"], { perm: [1, 0] })]),
    };
  },
});

/** What is checked, by name; each call makes it anew. */
export const pairs: Readonly<Record<string, () => Pair>> = {
  cnnMnist: cnn,
  lenet5: lenet,
  "BERT-tiny": bertTiny,
  "GPT-2-tiny": gptTiny,
};
