// Text to tokens and back, by @huggingface/tokenizers (an optional peer dependency): tokenizer.json as it lies beside a model's weights.
import { Tokenizer as Inner } from "@huggingface/tokenizers";
import { fail, type Result, tensor } from "@tilewright/runtime";

export interface Tokenizer {
  /** @param how `special`: with the tokens that the model wants around a text. Default true */
  encode(text: string, how?: { readonly special?: boolean }): number[];
  /** @param how `special`: with those tokens' names in the text. Default false */
  decode(ids: readonly number[], how?: { readonly special?: boolean }): string;
  /**
   * Texts side by side, u32 [texts, rows] each, filled up to the longest. A text may be a pair.
   * @param how `most` tokens, to which texts are cut (special ones at the ends stay); `multiple`: rows are filled up to one of it, so that
   * fewer programs are compiled
   */
  batch(
    texts: readonly (string | readonly [string, string])[],
    how?: { readonly most?: number; readonly multiple?: number },
  ): Batch;
  /** The token's number, as of "[MASK]". */
  idOf(token: string): number | undefined;
  tokenOf(id: number): string | undefined;
}

/** What an encoder reads. */
export interface Batch {
  readonly input_ids: Result;
  readonly token_type_ids: Result;
  readonly attention_mask: Result;
}

/**
 * @param json what a `tokenizer.json` says
 * @param config what the `tokenizer_config.json` beside it says
 * @throws KernelError `shape`, `feature`
 */
export function tokenizer(json: unknown, config: unknown = {}): Tokenizer {
  if (typeof json !== "object" || json === null || !("model" in json))
    fail("tokenizer", "shape", "this is no tokenizer.json: it has no model.");
  let inner: Inner;
  try {
    inner = new Inner(json as object, config as object);
  } catch (error) {
    return fail("tokenizer", "feature", `this tokenizer.json cannot be read: ${(error as Error).message}`);
  }
  const { padding } = json as { padding?: { pad_id?: number } | null };
  const { pad_token } = (config ?? {}) as { pad_token?: string | { content?: string } };
  const padName = typeof pad_token === "object" ? pad_token.content : pad_token;
  const pad = padding?.pad_id ?? inner.token_to_id(padName ?? "[PAD]") ?? 0;

  return {
    encode: (text, { special = true } = {}) => inner.encode(text, { add_special_tokens: special }).ids,
    decode: (ids, { special = false } = {}) =>
      ids.length === 0 ? "" : inner.decode([...ids], { skip_special_tokens: !special, clean_up_tokenization_spaces: false }),
    idOf: (token) => inner.token_to_id(token),
    tokenOf: (id) => inner.id_to_token(id),

    batch(texts, { most = Infinity, multiple = 1 } = {}) {
      if (texts.length === 0) fail("tokenizer", "shape", "there are no texts.");
      const encoded = texts.map((text) => {
        const [one, two] = typeof text === "string" ? [text, undefined] : text;
        const { ids, token_type_ids } = inner.encode(one, { text_pair: two ?? null, return_token_type_ids: true });
        if (ids.length <= most) return { ids, types: token_type_ids };
        const last = inner.encode("").ids.length > 1 ? 1 : 0; // a token that ends every text
        const cut = (of: readonly number[]) => [...of.slice(0, most - last), ...of.slice(of.length - last)];
        return { ids: cut(ids), types: cut(token_type_ids) };
      });
      const longest = Math.max(1, ...encoded.map(({ ids }) => ids.length));
      const rows = Math.min(Math.ceil(longest / multiple) * multiple, Math.max(longest, most));
      const side = (of: (text: (typeof encoded)[number], i: number) => number | undefined, rest: number) =>
        tensor(
          Uint32Array.from({ length: rows * texts.length }, (_, i) => of(encoded[Math.floor(i / rows)]!, i % rows) ?? rest),
          [texts.length, rows],
        );
      return {
        input_ids: side(({ ids }, i) => ids[i], pad),
        token_type_ids: side(({ types }, i) => types[i], 0),
        attention_mask: side(({ ids }, i) => (i < ids.length ? 1 : undefined), 0),
      };
    },
  };
}
