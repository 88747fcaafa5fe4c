// Words spelt for the radio: "hi" becomes "Hotel India". An encoder–decoder whose weights are written by a formula.
import { load, type Source, type Transformer, type TransformerConfig, type Translator, transformer } from "@tilewright/models";
import { type HostTensor, tensor } from "@tilewright/runtime";

/** What is wrong with what was given. */
export class DataError extends Error {
  override readonly name = "DataError";
}

/** The alphabet of the International Civil Aviation Organization, 1956. */
const WORDS = (
  "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike " +
  "November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu"
).split(" ");
/** Tokens of the source: a … z and the end. Of the target: the words, the end, the start. */
const END = 26;
const START = 27;
/** Letters and the end. */
export const LONGEST = 32;

const config: TransformerConfig = {
  ...{ vocab_size: 27, decoder_vocab_size: 28, share_encoder_decoder_embeddings: false, d_model: 128, scale_embedding: false },
  ...{ encoder_layers: 1, decoder_layers: 1, encoder_attention_heads: 1, decoder_attention_heads: 1 },
  ...{ encoder_ffn_dim: 4, decoder_ffn_dim: 4, max_position_embeddings: LONGEST },
  ...{ decoder_start_token_id: START, eos_token_id: END, bad_words_ids: [[START]] },
};

const WIDTH = config.d_model;
const HALF = WIDTH / 2;
/** Where a row's position is told: the sines and cosines of the 16 shortest waves. */
const PLACES = Array.from({ length: 32 }, (_, i) => (i < 16 ? i : HALF + i - 16));
/** Where its token is told: the sines and cosines of long waves hardly change with the position, so each token has one of these dimensions. */
const TOKENS = Array.from({ length: 40 }, (_, i) => (i < 20 ? HALF - 21 + i : WIDTH - 41 + i));
/** The sine of the longest wave is as good as 0: after a norm it tells what the norm took away. */
const ZERO = HALF - 1;

/**
 * Weights that spell. Embeddings put a token into its dimension. The decoder's attention to the source compares positions alone: a query at row t is
 * likest to the key of row t, and the value there is the letter's dimension, which is its word's. All that is not needed is zeros; norms are ones.
 */
export function weights(model: Transformer): Record<string, HostTensor> {
  const cross = "decoder.layers.0.encoder_attn";
  const at = (index: number, width: number) => [Math.floor(index / width), index % width] as const;
  const table = (index: number) => {
    const [token, dim] = at(index, WIDTH);
    return TOKENS[token] === dim ? 8 : 0;
  };
  const placed = (gain: number) => (index: number) => {
    const [row, dim] = at(index, WIDTH);
    if (!PLACES.includes(row)) return 0;
    return dim === row ? gain : dim === ZERO ? -gain : 0;
  };
  const kept = (gain: number) => (index: number) => {
    const [row, dim] = at(index, WIDTH);
    return row === dim && TOKENS.includes(dim) ? gain : 0;
  };
  const written: Readonly<Record<string, (index: number) => number>> = {
    "encoder.embed_tokens.weight": table,
    "decoder.embed_tokens.weight": table,
    [`${cross}.q_proj.weight`]: placed(200),
    [`${cross}.k_proj.weight`]: placed(1),
    [`${cross}.v_proj.weight`]: kept(1),
    [`${cross}.out_proj.weight`]: kept(10),
  };
  return Object.fromEntries(
    [...model.parameters.values()].map(({ name, shape }) => {
      const value = written[name] ?? (/norm\.weight$/.test(name) ? () => 1 : () => 0);
      const count = shape.reduce((a, b) => a * b, 1);
      return [
        name,
        tensor(
          Float32Array.from({ length: count }, (_, i) => value(i)),
          shape,
        ),
      ];
    }),
  );
}

/** The model, with weights of a file (of this architecture), or those of the formula. */
export async function speller(file?: Source): Promise<Transformer> {
  const model = transformer(config);
  await load(model, file ?? { tensors: weights(model) });
  return model;
}

/** A word as tokens. @throws DataError for anything but letters, and words that are too long */
export function encode(word: string): number[] {
  const letters = Array.from(word.toLowerCase(), (letter) => letter.charCodeAt(0) - 97);
  const wrong = letters.findIndex((token) => !(token >= 0 && token < 26));
  if (wrong >= 0) throw new DataError(`"${word}" has a ${JSON.stringify(word[wrong])}; only the letters a to z have words.`);
  if (letters.length >= LONGEST)
    throw new DataError(`"${word}" has ${letters.length} letters; the model has room for ${LONGEST - 1}.`);
  return [...letters, END];
}

/** The words for a word, the likeliest first, each with its probability. */
export async function spell(
  reader: Pick<Translator, "translate">,
  word: string,
): Promise<readonly { readonly words: string; readonly probability: number }[]> {
  const found = await reader.translate(encode(word), { lengthPenalty: 0 });
  return found.map(({ tokens, score }) => ({
    words: tokens.map((token) => WORDS[token] ?? "?").join(" "),
    probability: Math.exp(score),
  }));
}

/** What it should be, by the alphabet itself. */
export const spelt = (word: string): string =>
  encode(word)
    .slice(0, -1)
    .map((token) => WORDS[token])
    .join(" ");
