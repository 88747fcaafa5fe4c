// Each model a second time, in ONNX operators, and something small to ask of both.
import { toOnnx } from "@tilewright/kernels-rnn";
import {
  averagePool1d,
  bert,
  cnnMnist,
  conv1d,
  foldResnet,
  globalAveragePool1d,
  gpt,
  gru,
  learnedPositions,
  lenet5,
  linearRegression,
  logisticRegression,
  lstm,
  maxPool1d,
  type RecurrentOptions,
  type Resnet,
  resnet18,
  resnet50,
  rnn,
  sequential,
  textLstm,
  transformer,
} from "@tilewright/models";
import { type HostTensor, tensor } from "@tilewright/runtime";
import { fill } from "@tilewright/runtime/cases";
import type { Pair } from "./check.ts";
import type { Graph } from "./graph.ts";
import { llamas } from "./llama.ts";
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
    { head: "pretraining" },
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

/** Over [batch, channels, length]. */
const convolutions1d = (): Pair => ({
  model: sequential([
    conv1d(6, 3, { padding: 1, activation: "relu" }),
    maxPool1d(2),
    conv1d(8, 4, { strides: 2, dilations: 2, groups: 2 }),
    averagePool1d(2, { strides: 1 }),
    globalAveragePool1d(),
  ]),
  inputs: { x: fill("uniform", [2, 3, 40], "f32", 5) },
  graph(g) {
    const one = g.node("Relu", [g.node("Conv", ["x", "0.weight", "0.bias"], { pads: [1, 1] })]);
    const two = g.node("MaxPool", [one], { kernel_shape: [2], strides: [2] });
    const three = g.node("Conv", [two, "2.weight", "2.bias"], { strides: [2], dilations: [2], group: 2 });
    const four = g.node("AveragePool", [three], { kernel_shape: [2], strides: [1] });
    return { y: g.node("Flatten", [g.node("GlobalAveragePool", [four])]) };
  },
});

const regressions = (model: () => ReturnType<typeof linearRegression>, end: (g: Graph, y: string) => string) => (): Pair => ({
  model: model(),
  inputs: { x: fill("uniform", [5, 7], "f32", 6) },
  graph: (g) => ({ y: end(g, dense(g, "x", "linear")) }),
});

const positions = (): Pair => ({
  model: sequential({ places: learnedPositions(9) }),
  inputs: { x: fill("uniform", [2, 4, 6], "f32", 7) },
  graph: (g) => ({ y: g.node("Add", ["x", g.node("Gather", ["places.weight", g.ints([0, 1, 2, 3])])]) }),
});

const KINDS = { lstm, gru, rnn };

/** ONNX has the batch second, its own order of gates, and a direction a dimension of y. */
export function recurrence(
  g: Graph,
  kind: keyof typeof KINDS,
  x: string,
  path: string,
  units: number,
  { layers = 1, bidirectional = false }: RecurrentOptions = {},
): { readonly y: string; readonly last: string } {
  let y = g.node("Transpose", [x], { perm: [1, 0, 2] });
  let last = y;
  for (let layer = 0; layer < layers; layer++) {
    const of = (name: string): HostTensor => {
      const parts = (bidirectional ? ["", "_reverse"] : [""]).map((end) => g.value(`${path}.${name}_l${layer}${end}`));
      return tensor(
        parts.flatMap(({ data }) => Array.from(data, Number)),
        [parts.length, ...parts[0]!.shape],
      );
    };
    const weights = { w: of("weight_ih"), r: of("weight_hh"), bias: of("bias_ih"), rBias: of("bias_hh") };
    const { w, r, b } = toOnnx(kind, weights);
    const all = g.node(kind.toUpperCase(), [y, g.tensor(w), g.tensor(r), g.tensor(b!)], {
      hidden_size: units,
      ...(bidirectional && { direction: "bidirectional" }),
      ...(kind === "gru" && { linear_before_reset: 1 }),
    });
    y = g.node("Reshape", [g.node("Transpose", [all], { perm: [0, 2, 1, 3] }), g.ints([0, 0, -1])]);
    // Forward ends in the last row, backward in the first.
    const row = (dir: number, at: number) =>
      g.node("Reshape", [
        g.node("Slice", [all, g.ints([at, dir]), g.ints([at < 0 ? 1 << 20 : at + 1, dir + 1]), g.ints([0, 1])]),
        g.ints([-1, units]),
      ]);
    last = bidirectional ? g.node("Concat", [row(0, -1), row(1, 0)], { axis: 1 }) : row(0, -1);
  }
  return { y: g.node("Transpose", [y], { perm: [1, 0, 2] }), last };
}

const recurrent = (kind: keyof typeof KINDS, units: number, options: RecurrentOptions) => (): Pair => ({
  model: sequential({ [kind]: KINDS[kind](units, options) }),
  inputs: { x: fill("uniform", [2, 5, 3], "f32", 8) },
  graph(g) {
    const { y, last } = recurrence(g, kind, "x", kind, units, options);
    return { y: options.returns === "last" ? last : y };
  },
});

const text = (): Pair => ({
  model: textLstm({ vocabulary: 30, units: 8, width: 6 }),
  inputs: { input_ids: ids },
  graph(g) {
    const { y } = recurrence(g, "lstm", g.node("Gather", ["embedding.weight", "input_ids"]), "lstm", 8);
    const logits = dense(g, y, "dense");
    return { last_hidden_state: y, logits, probabilities: g.node("Softmax", [logits], { axis: -1 }) };
  },
});

/** Convolution, norm and relu one behind the other, as in torchvision's classes. */
const residual = (model: () => Resnet, blocks: readonly number[], bottleneck: boolean) => (): Pair => ({
  model: model(),
  inputs: { x: fill("uniform", [1, 3, 32, 32], "f32", 9) },
  graph(g) {
    const conv = (x: string, path: string, norm: string, size: number, stride = 1): string => {
      const pads = Array(4).fill((size - 1) / 2);
      const y = g.node("Conv", [x, `${path}.weight`], { pads, strides: [stride, stride] });
      return g.node("BatchNormalization", [y, ...["weight", "bias", "running_mean", "running_var"].map((n) => `${norm}.${n}`)]);
    };
    const relu = (x: string) => g.node("Relu", [x]);
    const pool = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
    let x = g.node("MaxPool", [relu(conv("x", "conv1", "bn1", 7, 2))], pool);
    blocks.forEach((count, stage) => {
      for (let i = 0; i < count; i++) {
        const at = `layer${stage + 1}.${i}`;
        const stride = i === 0 && stage > 0 ? 2 : 1;
        const changes = i === 0 && (stage > 0 || bottleneck);
        const around = changes ? conv(x, `${at}.downsample.0`, `${at}.downsample.1`, 1, stride) : x;
        const sizes = bottleneck ? [1, 3, 1] : [3, 3];
        const strided = bottleneck ? 1 : 0;
        const inner = sizes.reduce((y, size, k) => {
          const z = conv(y, `${at}.conv${k + 1}`, `${at}.bn${k + 1}`, size, k === strided ? stride : 1);
          return k < sizes.length - 1 ? relu(z) : z;
        }, x);
        x = relu(g.node("Add", [inner, around]));
      }
    });
    const features = g.node("Flatten", [g.node("GlobalAveragePool", [x])]);
    return { features, logits: dense(g, features, "fc") };
  },
});

/** Post-norm, relu, √width · words + positions; sines before cosines. Pre-norm has a norm at the end of each stack. */
const encoderDecoder = (before: boolean, shared: boolean) => (): Pair => ({
  model: transformer({
    ...{ vocab_size: 30, d_model: 16, encoder_layers: 2, decoder_layers: 2, encoder_attention_heads: 4 },
    ...{ decoder_attention_heads: 2, encoder_ffn_dim: 20, decoder_ffn_dim: 24, max_position_embeddings: 12 },
    ...(before && { normalize_before: true }),
    ...(!shared && { share_encoder_decoder_embeddings: false, decoder_vocab_size: 25 }),
  }),
  inputs: {
    input_ids: ids,
    decoder_input_ids: tensor(new Uint32Array([2, 9, 4, 2, 1, 20]), [2, 3]),
    attention_mask: tensor(new Uint32Array([1, 1, 1, 1, 1, 1, 0, 0]), [2, 4]),
  },
  graph(g) {
    const table = (side: string) => (shared ? "shared.weight" : `${side}.embed_tokens.weight`);
    const embed = (side: string, name: string, rows: number) => {
      const places = Array.from({ length: rows * 16 }, (_, at) => {
        const angle = Math.floor(at / 16) / 10_000 ** ((at % 8) / 8);
        return at % 16 < 8 ? Math.sin(angle) : Math.cos(angle);
      });
      const x = g.node("Mul", [g.node("Gather", [table(side), name]), g.scalar(4)]);
      return g.node("Add", [x, g.tensor({ data: places, shape: [rows, 16] })]);
    };
    const attend = (x: string, from: string, path: string, heads: number, mask: string) => {
      const [q, k, v] = (["q", "k", "v"] as const).map((name) =>
        apart(g, dense(g, name === "q" ? x : from, `${path}.${name}_proj`), heads),
      );
      return dense(g, attention(g, q!, k!, v!, 16 / heads, mask), `${path}.out_proj`);
    };
    const part = (x: string, norm: string, f: (y: string) => string) =>
      before ? g.node("Add", [x, f(layerNorm(g, x, norm))]) : layerNorm(g, g.node("Add", [x, f(x)]), norm);
    const feed = (x: string, at: string) =>
      part(x, `${at}.final_layer_norm`, (y) => dense(g, g.node("Relu", [dense(g, y, `${at}.fc1`)]), `${at}.fc2`));
    const end = (x: string, side: string) => (before ? layerNorm(g, x, `${side}.layer_norm`) : x);

    const seen = g.node("Reshape", [g.node("Cast", ["attention_mask"], { to: 1 }), g.ints([2, 1, 1, 4])]);
    const mask = g.node("Mul", [g.node("Sub", [seen, g.scalar(1)]), g.scalar(1e9)]);
    let source = embed("encoder", "input_ids", 4);
    for (const layer of [0, 1]) {
      const at = `encoder.layers.${layer}`;
      source = feed(
        part(source, `${at}.self_attn_layer_norm`, (y) => attend(y, y, `${at}.self_attn`, 4, mask)),
        at,
      );
    }
    source = end(source, "encoder");
    let x = embed("decoder", "decoder_input_ids", 3);
    for (const layer of [0, 1]) {
      const at = `decoder.layers.${layer}`;
      const own = part(x, `${at}.self_attn_layer_norm`, (y) => attend(y, y, `${at}.self_attn`, 2, causal(g, 3)));
      const both = part(own, `${at}.encoder_attn_layer_norm`, (y) => attend(y, source, `${at}.encoder_attn`, 2, mask));
      x = feed(both, at);
    }
    x = end(x, "decoder");
    const scores = g.node("MatMul", [x, g.node("Transpose", [table("decoder")], { perm: [1, 0] })]);
    return {
      encoder_last_hidden_state: source,
      last_hidden_state: x,
      logits: g.node("Add", [scores, "final_logits_bias"]),
    };
  },
});

const resnet18Pair = residual(() => resnet18({ classes: 10 }), [2, 2, 2, 2], false);

/** What is checked in every lane, by name; each call makes it anew. */
export const pairs: Readonly<Record<string, () => Pair>> = {
  cnnMnist: cnn,
  lenet5: lenet,
  "BERT-tiny": bertTiny,
  "GPT-2-tiny": gptTiny,
  ...llamas,
  "convolutions and pools over one dimension": convolutions1d,
  linearRegression: regressions(
    () => linearRegression({ outputs: 3 }),
    (_, y) => y,
  ),
  "logisticRegression of two": regressions(logisticRegression, (g, y) => g.node("Sigmoid", [y])),
  "logisticRegression of four": regressions(
    () => logisticRegression({ classes: 4 }),
    (g, y) => g.node("Softmax", [y], { axis: -1 }),
  ),
  learnedPositions: positions,
  "lstm, two layers": recurrent("lstm", 4, { layers: 2 }),
  "lstm, two layers of both directions": recurrent("lstm", 4, { layers: 2, bidirectional: true, returns: "last" }),
  "gru of both directions": recurrent("gru", 3, { bidirectional: true }),
  textLstm: text,
  transformer: encoderDecoder(false, true),
  "transformer, norms first, two vocabularies": encoderDecoder(true, false),
  "rnn, its last row": recurrent("rnn", 4, { returns: "last" }),
};

/** CPU drivers compile its convolutions for most of a minute: it is left out of the low lanes. */
export const slow: typeof pairs = {
  "ResNet-18, folded": () => ({ ...resnet18Pair(), made: (model) => foldResnet(model as Resnet) }),
};

/** Held against ONNX Runtime on the CPU alone: the same kernels as others'. */
export const onCpu: typeof pairs = {
  "ResNet-18": resnet18Pair,
  "ResNet-50": residual(() => resnet50({ classes: 10 }), [3, 4, 6, 3], true),
};
