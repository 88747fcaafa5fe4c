// A decoder in the worker: from files, or a small one of random weights.
import { type Decoder, decoder, type Gpt, type GptConfig, generate, gpt, load, read } from "@tilewright/models";
import { countOf, tensor } from "@tilewright/runtime";
import { attentionOf } from "./attention.ts";
import type { Attention, Files, Sampling, TextModel, Written } from "./protocol.ts";
import { CHARACTERS, plainTokens, type Tokens, vocabularyTokens } from "./tokens.ts";

const SMALL: GptConfig = { vocab_size: CHARACTERS, n_positions: 256, n_embd: 64, n_layer: 2, n_head: 4 };
const ROOM = 1024; // positions of a cache at most
const SEEN = 48; // tokens of an attention map at most

export interface Texts {
  readonly about: TextModel;
  write(prompt: string, how: Sampling, signal: AbortSignal, onText: (text: string) => void): Promise<Written>;
  attention(text: string): Promise<Attention>;
  destroy(): void;
}

export async function openTexts(device: GPUDevice, files: Files | undefined): Promise<Texts> {
  const config = files ? (JSON.parse(await files.config.text()) as GptConfig) : SMALL;
  const model = gpt(config, { seed: 1 });
  if (files) await load(model, files.weights, { device });
  else await spread(model);
  const tokens = files?.vocabulary ? vocabularyTokens(await files.vocabulary.text()) : plainTokens(config.vocab_size);
  const reader = await decoder(model, { device, room: Math.min(ROOM, config.n_positions) });
  return {
    about: {
      random: !files,
      parameters: [...model.parameters.values()].reduce((sum, { shape }) => sum + countOf(shape), 0),
      layers: config.n_layer,
      heads: config.n_head,
      width: config.n_embd,
      positions: config.n_positions,
      vocabulary: config.vocab_size,
      tokens: tokens.kind,
    },
    write: (prompt, how, signal, onText) => write(reader, tokens, prompt, how, signal, onText),
    attention: (text) => look(device, model, tokens, text),
    destroy() {
      reader.destroy();
      model.destroy();
    },
  };
}

/** Untrained attention would look at everything alike: larger queries and keys make its maps worth a look. */
async function spread(model: Gpt): Promise<void> {
  for (const parameter of model.parameters.values()) {
    if (!parameter.name.endsWith("c_attn.weight") && !parameter.name.endsWith("wte.weight")) continue;
    const { data, shape } = await read(parameter);
    parameter.value = tensor(
      Float32Array.from(data, (x) => 4 * x),
      shape,
    );
  }
}

async function write(
  reader: Decoder,
  tokens: Tokens,
  prompt: string,
  how: Sampling,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<Written> {
  const ids = tokens.encode(prompt);
  if (ids.length === 0) throw new Error("a prompt is needed, of one character at least");
  reader.rewind();
  const made: number[] = [];
  const start = performance.now();
  let first = start;
  let last = start;
  try {
    for await (const token of generate(reader, ids, { ...how, topK: how.topK, signal })) {
      last = performance.now();
      if (made.push(token) === 1) first = last;
      onText(tokens.decode(made));
    }
  } catch (error) {
    if (!signal.aborted) throw error; // what was written stays
  }
  return { tokens: made.length, firstMs: first - start, restMs: last - first };
}

async function look(device: GPUDevice, model: Gpt, tokens: Tokens, text: string): Promise<Attention> {
  const ids = tokens.encode(text).slice(0, Math.min(SEEN, model.config.n_positions));
  if (ids.length === 0) throw new Error("a text is needed, of one character at least");
  const seen = attentionOf(model);
  const net = await seen.compile(device, { input_ids: { shape: [1, ids.length], dtype: "u32" } });
  try {
    const maps = await net.run({ input_ids: tensor(Uint32Array.from(ids), [1, ids.length]) });
    return {
      tokens: ids.map((id) => tokens.decode([id])),
      heads: model.config.n_head,
      layers: Array.from({ length: model.config.n_layer }, (_, i) => Float32Array.from(maps[`layer${i}`]!.data)),
    };
  } finally {
    net.destroy(); // the parameters are the model's
  }
}
