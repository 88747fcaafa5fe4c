// A BERT in a folder of Hugging Face's (config.json, tokenizer.json, model.safetensors), and what it makes of texts: vectors of length 1.
import { type Bert, type BertConfig, bert, type Folder, type LoadHow, load, readJson } from "@tilewright/models";
import { type Tokenizer, tokenizer } from "@tilewright/models/tokenizer";

export interface Encoder {
  readonly model: Bert<"sentence">;
  readonly tokenizer: Tokenizer;
  /** Tokens of a text that are read. */
  readonly most: number;
}

/** Reads a folder. The weights go straight to the device, if there is one. @throws KernelError */
export async function open(from: Folder, how: LoadHow = {}): Promise<Encoder> {
  const config = await readJson<BertConfig>(from, "config.json");
  const optional = async <T>(name: string) => ((await from.open(name)) ? readJson<T>(from, name) : undefined);
  const words = tokenizer(await readJson(from, "tokenizer.json"), await optional("tokenizer_config.json"));
  const limits = await optional<{ max_seq_length?: number }>("sentence_bert_config.json");
  const model = bert(config, { head: "sentence" });
  await load(model, from, how);
  return { model, tokenizer: words, most: Math.min(limits?.max_seq_length ?? Infinity, config.max_position_embeddings) };
}

export interface Embedded {
  /** One a text, each of length 1: their products are cosines. */
  readonly vectors: readonly Float32Array[];
  readonly tokens: number;
  readonly seconds: number;
}

/** Texts that go through the model at once. */
const BATCH = 16;

/** A vector for each text. @param on a device, or `"cpu"` for the kernels' references */
export async function embed(
  { model, tokenizer: words, most }: Encoder,
  texts: readonly string[],
  on: GPUDevice | "cpu",
  onProgress?: (done: number, total: number) => void,
): Promise<Embedded> {
  const began = performance.now();
  // Texts of about the same length go together, so that little is filled up and few programs are compiled.
  const order = [...texts.keys()].sort((a, b) => texts[a]!.length - texts[b]!.length);
  const vectors: Float32Array[] = Array.from({ length: texts.length });
  let tokens = 0;
  for (let at = 0; at < order.length; at += BATCH) {
    const some = order.slice(at, at + BATCH);
    const inputs = words.batch(
      some.map((i) => texts[i]!),
      { most, multiple: 16 },
    );
    const { sentence_embedding: got } = await model.run(inputs, on === "cpu" ? { on } : { device: on });
    const width = got.shape[1]!;
    const all = Float32Array.from(got.data);
    for (const [row, i] of some.entries()) vectors[i] = all.slice(row * width, (row + 1) * width);
    for (const counts of inputs.attention_mask.data) tokens += counts;
    onProgress?.(at + some.length, order.length);
  }
  return { vectors, tokens, seconds: (performance.now() - began) / 1000 };
}

export const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

export interface Ranked {
  readonly text: string;
  readonly similarity: number;
}

/** The texts, those nearest to the question first. */
export async function rank(
  encoder: Encoder,
  question: string,
  texts: readonly string[],
  on: GPUDevice | "cpu",
  onProgress?: (done: number, total: number) => void,
): Promise<{ readonly ranked: readonly Ranked[]; readonly embedded: Embedded }> {
  const embedded = await embed(encoder, [question, ...texts], on, onProgress);
  const [asked, ...others] = embedded.vectors;
  const ranked = others.map((vector, i) => ({ text: texts[i]!, similarity: cosine(asked!, vector) }));
  return { ranked: ranked.sort((a, b) => b.similarity - a.similarity), embedded };
}

/** `7 texts, 61 tokens, in 0.30 s` */
export const summary = ({ vectors, tokens, seconds }: Embedded): string =>
  `${vectors.length} texts, ${tokens} tokens, in ${seconds.toFixed(2)} s`;
