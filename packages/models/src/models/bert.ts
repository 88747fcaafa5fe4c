// BERT: Devlin et al. 2018, arXiv:1810.04805, with Hugging Face's names of weights, configuration, inputs and outputs.
import { matmul } from "@tilewright/kernels-matmul";
import { add, div, gather, of, pointwise, slice } from "@tilewright/kernels-pointwise";
import { rmsNorm } from "@tilewright/kernels-reduction";
import { countOf, fail, showShape, type Tape, tensor, type Value } from "@tilewright/runtime";
import { normal, zeros } from "../init.ts";
import { layer, type Scope } from "../layer.ts";
import { dense } from "../layers/dense.ts";
import { embedding } from "../layers/embedding.ts";
import { layerNorm } from "../layers/norm.ts";
import { transformerLayer } from "../layers/transformer.ts";
import { times } from "../matrix.ts";
import { defineModel, type Model } from "../model.ts";
import { activationOf, checkSizes } from "./huggingface.ts";

/** What of a `config.json` is read; the rest of it may be there. */
export interface BertConfig {
  /** Only "bert" is built. */
  readonly model_type?: string | undefined;
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly intermediate_size: number;
  readonly max_position_embeddings: number;
  readonly type_vocab_size: number;
  /** "gelu" (by erf, the default), "gelu_new" (by tanh), "relu" or "silu". */
  readonly hidden_act?: string | undefined;
  /** Default 1e-12. */
  readonly layer_norm_eps?: number | undefined;
  /** Only "absolute" is built. */
  readonly position_embedding_type?: string | undefined;
  /** Of a classifier. Default: as many as `id2label` names, or 2. */
  readonly num_labels?: number | undefined;
  readonly id2label?: Readonly<Record<string, string>> | undefined;
}

/** What each head gives; all give `last_hidden_state` [batch, rows, hidden]. */
interface Heads {
  readonly pooler: "pooler_output";
  readonly pretraining: "pooler_output" | "prediction_logits" | "seq_relationship_logits";
  readonly maskedTokens: "prediction_logits";
  readonly classification: "pooler_output" | "logits";
  readonly tokenClassification: "logits";
  readonly sentence: "sentence_embedding";
}
export type BertHead = keyof Heads;

export interface BertOptions<H extends BertHead = BertHead> {
  /**
   * What stands on the encoder, by the names of Hugging Face's classes:
   * - `pooler` (default; BertModel): `pooler_output` [batch, hidden];
   * - `pretraining` (BertForPreTraining): also `prediction_logits` [batch, rows, vocabulary] and `seq_relationship_logits` [batch, 2];
   * - `maskedTokens` (BertForMaskedLM): `prediction_logits`;
   * - `classification` (BertForSequenceClassification): `pooler_output` and `logits` [batch, labels];
   * - `tokenClassification` (BertForTokenClassification): `logits` [batch, rows, labels];
   * - `sentence` (sentence-transformers' mean pooling): `sentence_embedding` [batch, hidden], the mean of the rows that the mask counts.
   */
  readonly head?: H | undefined;
  /** Sentence embeddings of length 1, so that their products are cosines. Default true. */
  readonly normalise?: boolean | undefined;
  /** Of first values, where none are loaded. */
  readonly seed?: number | undefined;
}

/** Inputs are u32 [batch, rows]: tokens; which segment each is of (all 0 where left out); 1 where a token counts, 0 where it fills (all 1). */
export type Bert<H extends BertHead = "pooler"> = Model<
  "input_ids",
  "token_type_ids" | "attention_mask",
  "last_hidden_state" | Heads[H]
>;

const sumOfThree = /* @__PURE__ */ pointwise("sumOfThree", ["a", "b", "c"], ({ a, b, c }) => of(add, of(add, a, b), c));

const SIZES = [
  ...(["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"] as const),
  ...(["max_position_embeddings", "type_vocab_size"] as const),
];

/**
 * An encoder and a head.
 *
 *     const model = bert(config);                        // the config.json of a BERT
 *     await load(model, "https://…/model.safetensors");
 *     const { last_hidden_state } = await model.run({ input_ids: tensor(ids, [1, ids.length], "u32") }, { device });
 *
 * It is built at once; weights may be called `bert.…` or not, LayerNorm's `gamma` and `beta` or `weight` and `bias`; those of other heads are not read.
 */
export function bert<H extends BertHead = "pooler">(
  config: BertConfig,
  { head = "pooler" as H, normalise = true, seed = 0 }: BertOptions<H> = {},
): Bert<H> {
  checkSizes("bert", config, SIZES);
  const { hidden_size: width, num_hidden_layers: layers, vocab_size: vocabulary, hidden_act = "gelu" } = config;
  const { layer_norm_eps: epsilon = 1e-12, position_embedding_type = "absolute" } = config;
  if (config.model_type !== undefined && config.model_type !== "bert")
    fail("bert", "feature", `model_type is "${config.model_type}"; only "bert" is built.`);
  if (position_embedding_type !== "absolute")
    fail("bert", "feature", `position_embedding_type is "${position_embedding_type}"; only "absolute" is built.`);
  const activation = activationOf("bert", "hidden_act", hidden_act);
  const block = transformerLayer({
    attention: {
      heads: config.num_attention_heads,
      names: { query: "self.query", key: "self.key", value: "self.value", output: "output.dense" },
    },
    hidden: config.intermediate_size,
    feedForward: { activation, names: { up: "intermediate.dense", down: "output.dense" } },
    epsilon,
    names: { attentionNorm: "attention.output.LayerNorm", feedForward: "", feedForwardNorm: "output.LayerNorm" },
  });
  const norm = layerNorm({ epsilon });
  const embeddings = layer("bertEmbeddings", (scope, ids: Value, types?: Value | undefined) => embed(scope, config, ids, types));
  const firstOf = layer("firstRow", ({ tape }, x: Value) =>
    tape.reshape(tape.call(slice, { x }, { starts: [0], ends: [1], axes: [1] }), [x.shape[0]!, width]),
  );

  const labels = config.num_labels ?? (config.id2label ? Object.keys(config.id2label).length : 2);
  const classifier = dense(labels);
  const pooled = (scope: Scope, x: Value) =>
    scope.run("pooler.dense", dense(width, { activation: "tanh" }), scope.run("pooler", firstOf, x));
  const mean = layer("meanOfRows", ({ tape }, x: Value, mask: Value | undefined) => meanOf(tape, x, mask, normalise));

  /** What a head gives, and whose weights it reads. */
  const heads: { readonly [K in BertHead]: HeadOf<K> } = {
    pooler: { reads: ["pooler"], outputs: (scope, x) => ({ pooler_output: pooled(scope, x) }) },
    pretraining: {
      reads: ["pooler", "cls.predictions", "cls.seq_relationship"],
      outputs(scope, x) {
        const pooler_output = pooled(scope, x);
        const seq_relationship_logits = scope.run("cls.seq_relationship", dense(2), pooler_output);
        return { pooler_output, prediction_logits: predictions(scope, x), seq_relationship_logits };
      },
    },
    maskedTokens: { reads: ["cls.predictions"], outputs: (scope, x) => ({ prediction_logits: predictions(scope, x) }) },
    classification: {
      reads: ["pooler", "classifier"],
      outputs(scope, x) {
        const pooler_output = pooled(scope, x);
        return { pooler_output, logits: scope.run("classifier", classifier, pooler_output) };
      },
    },
    tokenClassification: {
      reads: ["classifier"],
      outputs: (scope, x) => ({ logits: scope.run("classifier", classifier, x) }),
    },
    sentence: { reads: [], outputs: (scope, x, mask) => ({ sentence_embedding: scope.run("mean", mean, x, mask) }) },
  };
  if (!Object.hasOwn(heads, head)) fail("bert", "feature", `head is "${head}"; there are ${Object.keys(heads).join(", ")}.`);
  const { reads, outputs } = heads[head];

  return defineModel<"input_ids", "token_type_ids" | "attention_mask", "last_hidden_state" | Heads[H]>(
    {
      name: "bert",
      sample: { input_ids: { shape: [1, 1], dtype: "u32" } },

      forward(scope, { input_ids: ids, token_type_ids: types, attention_mask: given }) {
        const [batch = 1, rows = 1] = ids.shape;
        for (const [name, value] of Object.entries({ input_ids: ids, token_type_ids: types, attention_mask: given }))
          if (value && (value.shape.length !== 2 || `${value.shape}` !== `${ids.shape}`))
            fail("bert", "shape", `${name} is ${showShape(value.shape)}; needed is [batch, rows], the same for all inputs.`);
        const mask = given && scope.tape.reshape(given, [batch, 1, 1, rows]);
        let x = scope.run("embeddings.LayerNorm", norm, scope.run("embeddings", embeddings, ids, types));
        for (let i = 0; i < layers; i++) x = scope.run(`encoder.layer.${i}`, block, x, { mask });
        return { last_hidden_state: x, ...outputs(scope, x, given) } as { [K in "last_hidden_state" | Heads[H]]: Value };
      },

      rename(name) {
        const own = name
          .replace(/^bert\./, "")
          .replace(/LayerNorm\.gamma$/, "LayerNorm.weight")
          .replace(/LayerNorm\.beta$/, "LayerNorm.bias");
        // Counted out anew, or a copy of the word embeddings.
        if (own === "embeddings.position_ids" || own.startsWith("cls.predictions.decoder.")) return undefined;
        return HEADS.test(own) && !reads.some((part) => own.startsWith(`${part}.`)) ? undefined : own;
      },
    },
    { seed },
  );

  function predictions(scope: Scope, x: Value): Value {
    const h = scope.run("cls.predictions.transform.dense", dense(width, { activation }), x);
    const a = scope.run("cls.predictions.transform.LayerNorm", norm, h);
    const words = scope.matrix(WORDS, [vocabulary, width], normal(0.02), { inputs: 1 }); // tied
    return times(scope, a, words, { bias: scope.parameter("cls.predictions.bias", [vocabulary], zeros) });
  }
}

interface HeadOf<H extends BertHead> {
  /** Beginnings of its weights' names. */
  readonly reads: readonly string[];
  outputs(scope: Scope, x: Value, mask: Value | undefined): { readonly [K in Heads[H]]: Value };
}

/** Weights of some head. */
const HEADS = /^(pooler|cls|classifier|qa_outputs)\./;

/** The mean of the rows that count: x [batch, rows, width] → [batch, width]; a sum does where only its direction matters. */
function meanOf(tape: Tape, x: Value, mask: Value | undefined, normalise: boolean): Value {
  const [batch = 1, rows = 1, width = 1] = x.shape;
  const ones = (shape: readonly number[]) => tape.constant(tensor(new Float32Array(countOf(shape)).fill(1), shape));
  const asFloats = (bits: Value) => tape.call(gather, { x: tape.constant(tensor([0, 1])), indices: bits });
  const counts = mask ? tape.reshape(asFloats(mask), [batch, 1, rows]) : ones([batch, 1, rows]);
  const sum = tape.reshape(tape.call(matmul, { a: counts, b: x }), [batch, width]);
  if (!normalise)
    return tape.call(div, { a: sum, b: tape.reshape(tape.call(matmul, { a: counts, b: ones([rows, 1]) }), [batch, 1]) });
  // x / √(mean of x²) is √width long.
  const gamma = tape.constant(tensor(new Float32Array(width).fill(1 / Math.sqrt(width)), [width]));
  return tape.call(rmsNorm, { x: sum, gamma }, { epsilon: 1e-24 }).y;
}

const WORDS = "embeddings.word_embeddings.weight";

/** Words, positions and segments added up; positions count from 0 in every row. */
function embed(scope: Scope, config: BertConfig, ids: Value, types: Value | undefined): Value {
  const { hidden_size: width, max_position_embeddings: most, type_vocab_size: segments } = config;
  const { tape } = scope;
  const rows = ids.shape[1]!;
  if (rows > most) fail("bert", "shape", `input_ids is ${showShape(ids.shape)}; this model has ${most} positions. Cut the text.`);
  const head = (x: Value, count: number) => tape.call(slice, { x }, { starts: [0], ends: [count], axes: [0] });
  const table = (name: string, size: number) => scope.parameter(`${name}.weight`, [size, width], normal(0.02));
  const words = scope.run("word_embeddings", embedding(config.vocab_size, width), ids);
  const places = head(table("position_embeddings", most), rows);
  const kinds = types
    ? scope.run("token_type_embeddings", embedding(segments, width), types)
    : head(table("token_type_embeddings", segments), 1);
  return tape.call(sumOfThree, { a: words, b: places, c: kinds });
}
