// A small BERT with random weights and a tokenizer of letters, for those who have no other: texts with the same letters are near, no more.
import { bert, type Folder, folder, save } from "@tilewright/models";

const MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const LETTERS = Array.from("abcdefghijklmnopqrstuvwxyz0123456789.,;:!?'\"-()");
const VOCABULARY = [...MARKS, ...LETTERS, ...LETTERS.map((letter) => `##${letter}`)];

const config = {
  ...{ model_type: "bert", vocab_size: VOCABULARY.length, hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4 },
  ...{ intermediate_size: 128, max_position_embeddings: 256, type_vocab_size: 2 },
};

const tokenizer = {
  version: "1.0",
  added_tokens: MARKS.map((content, id) => ({
    ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
  })),
  normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
    pair: [],
    special_tokens: Object.fromEntries(["[CLS]", "[SEP]"].map((id) => [id, { id, ids: [MARKS.indexOf(id)], tokens: [id] }])),
  },
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  model: {
    ...{ type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100 },
    vocab: Object.fromEntries(VOCABULARY.map((token, id) => [token, id])),
  },
};

/** A folder as one of a trained model is. */
export async function randomFolder(seed = 1): Promise<Folder> {
  const file = (name: string, ...parts: BlobPart[]) => new File(parts, name);
  return folder([
    file("config.json", JSON.stringify(config)),
    file("tokenizer.json", JSON.stringify(tokenizer)),
    file("model.safetensors", await save(bert(config, { head: "sentence", seed }))),
  ]);
}

export const QUESTION = "How do I bake bread?";
export const TEXTS = [
  "Knead the dough, let it rise, and put it into a hot oven.",
  "The recipe asks for flour, water, yeast and salt.",
  "Bread is best on the day it is baked.",
  "The train to the coast leaves at nine.",
  "Her bicycle had a flat tyre again.",
  "Interest rates were left as they are.",
];
