// A small model with random weights and a tokenizer of single letters, for those who have no other: what it writes means nothing.
import { type Folder, folder, llama, save } from "@tilewright/models";

// What prints of ASCII, as a byte-level tokenizer writes it: a space is Ġ, a new line Ċ.
const LETTERS = ["Ċ", "Ġ", ...Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))];
const END = LETTERS.length;

const config = {
  ...{ model_type: "llama", vocab_size: END + 1, hidden_size: 64, intermediate_size: 128, num_hidden_layers: 2 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, max_position_embeddings: 512, eos_token_id: END },
};

const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
const tokenizer = {
  version: "1.0",
  added_tokens: [
    { id: END, content: "<end>", single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
  ],
  ...{ normalizer: null, pre_tokenizer: bytes, post_processor: null, decoder: bytes },
  model: {
    ...{ type: "BPE", unk_token: "?", merges: [] },
    vocab: Object.fromEntries([...LETTERS, "<end>"].map((token, id) => [token, id])),
  },
};

/** A folder as one of a trained model is. */
export async function randomFolder(seed = 1): Promise<Folder> {
  const file = (name: string, ...parts: BlobPart[]) => new File(parts, name);
  return folder([
    file("config.json", JSON.stringify(config)),
    file("tokenizer.json", JSON.stringify(tokenizer)),
    file("model.safetensors", await save(llama(config, { seed }))),
  ]);
}
