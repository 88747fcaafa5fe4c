// Small tokenizer.json files, made here: byte-level pairs as GPT-2 has them, word pieces as BERT has them.

/** GPT-2's letters for bytes: those that print stand for themselves, the others for letters from 256 on. */
const bytes = (): string[] => {
  const own = (b: number) => (b > 32 && b < 127) || (b > 160 && b < 173) || (b > 173 && b < 256);
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCodePoint(own(b) ? b : next++));
};

const special = (id: number, content: string) => ({
  ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
});
const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };

/** Bytes, `merges` of two tokens ("t h"), and <|endoftext|> last. */
export function bytePairs(merges: readonly string[]): object {
  const tokens = [...bytes(), ...merges.map((pair) => pair.replace(" ", "")), "<|endoftext|>"];
  return {
    version: "1.0",
    added_tokens: [special(tokens.length - 1, "<|endoftext|>")],
    ...{ normalizer: null, pre_tokenizer: byteLevel, post_processor: null, decoder: byteLevel },
    model: {
      ...{ type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: "", end_of_word_suffix: "" },
      ...{ fuse_unk: false, byte_fallback: false, vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
    },
  };
}

/** Pieces of words behind [PAD] [UNK] [CLS] [SEP] [MASK]. */
export function wordPieces(pieces: readonly string[]): object {
  const names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
  const part = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  const mark = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const single = [mark("[CLS]", 0), part("A", 0), mark("[SEP]", 0)];
  return {
    version: "1.0",
    added_tokens: names.map((name, id) => special(id, name)),
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single,
      pair: [...single, part("B", 1), mark("[SEP]", 1)],
      special_tokens: Object.fromEntries(["[CLS]", "[SEP]"].map((id) => [id, { id, ids: [names.indexOf(id)], tokens: [id] }])),
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      ...{ type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100 },
      vocab: Object.fromEntries([...names, ...pieces].map((piece, id) => [piece, id])),
    },
  };
}
